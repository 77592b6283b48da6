// SPDX-License-Identifier: BSD-3-Clause
/* options.c - reads viosd's command line and finds the data planes. Runs once, before anything
 * else. */
#include "vios-core/daemon/options.h"

#include "vios-core/base/cmdline.h"
#include "vios-core/base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int leave(int *exit_code, int code)
{
	*exit_code = code;
	return 1;
}

/* Where a data plane is: as given, beside viosd, or where they are installed. False: nowhere. */
static bool find_plane(const char *name, char out[PATH_MAX])
{
	char beside[PATH_MAX];
	ssize_t n;

	if (out[0])
		return true;
	n = readlink("/proc/self/exe", beside, sizeof(beside) - strlen(name) - 2);
	beside[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(beside, '/');
	if (slash) {
		strcpy(slash + 1, name);
		if (access(beside, X_OK) == 0)
			snprintf(out, PATH_MAX, "%s", beside);
	}
	if (!out[0])
		snprintf(out, PATH_MAX, "%s/%s", VIOS_LIBEXECDIR, name);
	return access(out, X_OK) == 0;
}

static int find_planes(struct options *out, int *exit_code)
{
	const bool netd_given = out->netd[0], scsid_given = out->scsid[0];

	if (!find_plane("vios-netd", out->netd)) {
		log_refuse("vios-netd is neither beside viosd nor in " VIOS_LIBEXECDIR
			   "; install it, or give --netd PATH");
		return leave(exit_code, 1);
	}
	if (netd_given && access(out->netd, X_OK) < 0) {
		log_refuse("--netd %s cannot be executed (%s); give the path of vios-netd",
			out->netd, strerror(errno));
		return leave(exit_code, 1);
	}
	/* Without one there is no virtual SCSI; `status` says why. */
	find_plane("vios-scsid", out->scsid);
	if (scsid_given && access(out->scsid, X_OK) < 0) {
		log_refuse("--scsid %s cannot be executed (%s); give the path of vios-scsid",
			out->scsid, strerror(errno));
		return leave(exit_code, 1);
	}
	return 0;
}

int options_parse(int argc, char **argv, struct options *out, int *exit_code)
{
	const char *netd = NULL, *scsid = NULL, *state = NULL;
	const struct cmdline_option options[] = {
		{"vios", "NAME", "the VIOS of the frame that this is, for example vios1",
			&out->vios, .name_required = true},
		{"frame", "FILE", "the frame's configuration (default RUN/frame.json)",
			&out->frame},
		{"state", "DIR",
			"where the pair's state is kept, on a disk (default RUN/NAME/state)",
			&state},
		{"netd", "PATH",
			"the data plane (default: vios-netd beside this program, else\n"
			"in " VIOS_LIBEXECDIR ")",
			&netd},
		{"scsid", "PATH",
			"the SCSI target (default: vios-scsid beside this program, else\n"
			"in " VIOS_LIBEXECDIR ")",
			&scsid},
		{"fencer", "PATH",
			"asks the cluster to fence (default: " VIOS_LIBEXECDIR "/vios-fencer)",
			&out->fencer},
		{"no-cluster", .help = "work alone, without Corosync", .flag = &out->no_cluster},
		{"stop-data-plane",
			.help = "stop the data planes, too, when told to end (SIGTERM); else they "
				"run on",
			.flag = &out->stop_data_plane},
		{0},
	};
	const struct cmdline cl = {
		.program = "viosd",
		.usage = "--vios NAME [OPTION]...",
		.does = "The control plane of one VIOS: starts and supervises its data planes, "
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
	if (scsid)
		snprintf(out->scsid, sizeof(out->scsid), "%s", scsid);
	return find_planes(out, exit_code);
}
