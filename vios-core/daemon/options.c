// SPDX-License-Identifier: BSD-3-Clause
/* options.c - reads viosd's command line and finds vios-netd. Runs once, before anything else. */
#include "vios-core/daemon/options.h"

#include "vios-core/base/cmdline.h"
#include "vios-core/base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PLANE "vios-netd"

static int leave(int *exit_code, int code)
{
	*exit_code = code;
	return 1;
}

static int find_netd(struct options *out, int *exit_code)
{
	char beside[PATH_MAX];
	ssize_t n;

	if (out->netd[0]) {
		if (access(out->netd, X_OK) == 0)
			return 0;
		log_refuse("--netd %s cannot be executed (%s); give the path of " PLANE, out->netd,
			strerror(errno));
		return leave(exit_code, 1);
	}
	n = readlink("/proc/self/exe", beside, sizeof(beside) - sizeof(PLANE) - 1);
	beside[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(beside, '/');
	if (slash) {
		memcpy(slash + 1, PLANE, sizeof(PLANE));
		if (access(beside, X_OK) == 0)
			snprintf(out->netd, sizeof(out->netd), "%s", beside);
	}
	if (!out->netd[0] && access(VIOS_LIBEXECDIR "/" PLANE, X_OK) == 0)
		snprintf(out->netd, sizeof(out->netd), "%s", VIOS_LIBEXECDIR "/" PLANE);
	if (out->netd[0])
		return 0;
	log_refuse(PLANE " is neither beside viosd nor in " VIOS_LIBEXECDIR
			 "; install it, or give --netd PATH");
	return leave(exit_code, 1);
}

int options_parse(int argc, char **argv, struct options *out, int *exit_code)
{
	const char *netd = NULL, *state = NULL;
	const struct cmdline_option options[] = {
		{"vios", "NAME", "the VIOS of the frame that this is, for example vios1",
			&out->vios, .name_required = true},
		{"frame", "FILE", "the frame's configuration (default RUN/frame.json)",
			&out->frame},
		{"state", "DIR",
			"where the pair's state is kept, on a disk (default RUN/NAME/state)",
			&state},
		{"netd", "PATH",
			"the data plane (default: " PLANE
			" beside this program, else\n" VIOS_LIBEXECDIR "/" PLANE ")",
			&netd},
		{"no-cluster", .help = "work alone, without Corosync", .flag = &out->no_cluster},
		{"stop-data-plane",
			.help = "stop the data plane, too, when told to end (SIGTERM); else it "
				"runs on",
			.flag = &out->stop_data_plane},
		{0},
	};
	const struct cmdline cl = {
		.program = "viosd",
		.usage = "--vios NAME [OPTION]...",
		.does = "The control plane of one VIOS: starts and supervises its data plane, "
			"tells the clients' muxes the\n"
			"state of each path, and answers viosctl.\n",
		.options = options,
	};
	struct cmdline_common common;

	*out = (struct options){0};
	if (cmdline_parse(&cl, argc, argv, &common, exit_code) < 0)
		return 1;
	out->run = common.run;
	out->log_level_text = common.log_level;
	if (state)
		snprintf(out->state, sizeof(out->state), "%s", state);
	else
		snprintf(out->state, sizeof(out->state), "%s/%s/state", out->run, out->vios);
	if (netd)
		snprintf(out->netd, sizeof(out->netd), "%s", netd);
	return find_netd(out, exit_code);
}
