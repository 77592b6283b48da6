/* SPDX-License-Identifier: BSD-3-Clause */
/* vios_table.c - parameters and actions of ocf:vios:vios. Pure: constants, in enum vios_param's
 * order. */
#include "ha/pacemaker/agent_tables.h"

#define TEXT                                                                                       \
	"One of the two Virtual I/O Servers of a frame, as an instance of a promotable clone "     \
	"with "                                                                                    \
	"one instance a node. The pair fails over by itself within milliseconds; Pacemaker "       \
	"starts "                                                                                  \
	"and stops the VIOS, fences them, and says which of the two is preferred.\n\n"             \
	"Promoted is a preference: promote switches all clients to this VIOS in order, without "   \
	"loss, and restarts nothing. Where the pair takes its clients later shows up as a "        \
	"promotion score. Stop lets the other VIOS take all clients over before anything "         \
	"ends.\n\n"                                                                                \
	"The node attributes #health-vios (green, yellow, red), vios-uplink (up, down) and "       \
	"vios-disks (ok, degraded: a target does not run, failed: a path to a disk fails or is "   \
	"recovering) are for rules of other resources."

static const struct agent_param params[] = {
	{"vios", AGENT_NAME, NULL, false, false, "VIOS of this node",
		"The VIOS that runs on the node, as frame.json names it. Without it the node's own "
		"name is taken, as is right for a clone."},
	{"run", AGENT_SOCKET, "/run/vios", false, false, "run directory of the frame",
		"The frame's run directory, which both VIOS share; it holds frame.json."},
	{"viosd", AGENT_PATH, VIOS_SBINDIR "/viosd", false, false, "viosd program",
		"The program that is started: viosd(8)."},
	{"state", AGENT_PATH, "/var/lib/vios", false, false, "directory of the pair's state",
		"Below it each VIOS keeps the pair's state, in a directory with the name of the "
		"VIOS. It must be on a disk that outlives a reboot."},
	{"log", AGENT_PATH, NULL, false, false, "log file of viosd",
		"Where the output of viosd is appended; without it RUN/VIOS/viosd.log."},
	{"options", AGENT_WORDS, "", false, false, "further options of viosd",
		"Words that are added to the command line of viosd."},
	{"drain_wait", AGENT_BOOL, "false", false, false, "rather fail than stop the last VIOS",
		"What stop does when the other VIOS cannot take the clients over. false: it says "
		"so "
		"in the log and stops all the same. true: it waits for the other VIOS, and fails "
		"shortly before its timeout; a failed stop may be answered with fencing, which "
		"vios-framed refuses for the last VIOS that serves."},
	{0},
};

static const struct agent_action actions[] = {
	{"start", 60, 0, -1, NULL},
	{"stop", 60, 0, -1, NULL},
	{"monitor", 20, 10, 0, "Unpromoted"},
	{"monitor", 20, 9, 0, "Promoted"},
	{"monitor", 20, 61, 10, "Unpromoted"},
	{"monitor", 20, 59, 10, "Promoted"},
	{"promote", 30, 0, -1, NULL},
	{"demote", 30, 0, -1, NULL},
	{"notify", 20, 0, -1, NULL},
	{"reload-agent", 20, 0, -1, NULL},
	{"meta-data", 5, 0, -1, NULL},
	{"validate-all", 20, 0, -1, NULL},
	{0},
};

const struct agent vios_agent = {
	.name = "vios",
	.brief = "Virtual I/O Server of a dual-VIOS frame",
	.text = TEXT,
	.params = params,
	.actions = actions,
};
