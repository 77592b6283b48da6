/* SPDX-License-Identifier: BSD-3-Clause */
/* client_table.c - parameters and actions of ocf:vios:client. Pure: constants, in enum
 * client_param's order. */
#include "ha/pacemaker/agent_tables.h"

#define TEXT                                                                                       \
	"The multiplexer of one client partition, viomuxd(8), which serves the client's virtual "  \
	"adapters from both VIOS of the frame. A VirtualDomain or systemd resource that runs the " \
	"client is ordered after it and placed with it.\n\n"                                       \
	"It belongs to the frame's host, as a cluster node or a remote node, and never into a "    \
	"VIOS: "                                                                                   \
	"with a VIOS that is powered off the client's adapters would go, too."

static const struct agent_param params[] = {
	{"client", AGENT_NAME, NULL, true, true, "the client partition",
		"The client partition's name, as viosctl lsclient shows it."},
	{"run", AGENT_SOCKET, "/run/vios", false, false, "run directory of the frame",
		"The frame's run directory."},
	{"viomuxd", AGENT_PATH, VIOS_SBINDIR "/viomuxd", false, false, "viomuxd program",
		"The program that is started: viomuxd(8)."},
	{"log", AGENT_PATH, NULL, false, false, "log file of viomuxd",
		"Where the output of viomuxd is appended; without it RUN/clients/CLIENT/mux.log."},
	{"options", AGENT_WORDS, "", false, false, "further options of viomuxd",
		"Words that are added to the command line of viomuxd."},
	{0},
};

static const struct agent_action actions[] = {
	{"start", 30, 0, -1, NULL},
	{"stop", 30, 0, -1, NULL},
	{"monitor", 20, 10, 0, NULL},
	{"meta-data", 5, 0, -1, NULL},
	{"validate-all", 20, 0, -1, NULL},
	{0},
};

const struct agent client_agent = {
	.name = "client",
	.brief = "Adapters of a client partition in a dual-VIOS frame",
	.text = TEXT,
	.params = params,
	.actions = actions,
};
