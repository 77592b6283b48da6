// SPDX-License-Identifier: BSD-3-Clause
/* options.c - reads viosd's command line and finds vios-netd. Runs once, before anything else. */
#include "vios-core/daemon/options.h"

#include "vios-core/base/runpath.h"
#include "vios-core/model/frame_config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PLANE "vios-netd"

static const char help[] =
	"Usage: viosd --vios NAME [OPTION]...\n"
	"The control plane of one VIOS: starts and supervises its data plane, tells the clients' "
	"muxes the\n"
	"state of each path, and answers viosctl.\n"
	"\n"
	"  --vios NAME          the VIOS of the frame that this is, for example vios1\n"
	"  --run DIR            the frame's run directory (default " RUNPATH_DEFAULT ")\n"
	"  --frame FILE         the frame's configuration (default RUN/frame.json)\n"
	"  --netd PATH          the data plane (default: " PLANE " beside this program, else\n"
	"                       " VIOS_LIBEXECDIR "/" PLANE ")\n"
	"  --no-cluster         work alone, without Corosync\n"
	"  --stop-data-plane    stop the data plane, too, when told to end (SIGTERM); else it runs "
	"on\n"
	"  --log-level LEVEL    error, warn, info (default) or debug\n"
	"  --help, --version\n";

enum {
	OPT_VIOS = 1,
	OPT_RUN,
	OPT_FRAME,
	OPT_NETD,
	OPT_ALONE,
	OPT_STOP,
	OPT_LOG,
	OPT_HELP,
	OPT_VERSION
};

static const struct option longs[] = {
	{"vios", required_argument, NULL, OPT_VIOS},
	{"run", required_argument, NULL, OPT_RUN},
	{"frame", required_argument, NULL, OPT_FRAME},
	{"netd", required_argument, NULL, OPT_NETD},
	{"no-cluster", no_argument, NULL, OPT_ALONE},
	{"stop-data-plane", no_argument, NULL, OPT_STOP},
	{"log-level", required_argument, NULL, OPT_LOG},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static int leave(int *exit_code, int code)
{
	*exit_code = code;
	return 1;
}

static int take(int option, const char *value, struct options *out, int *exit_code)
{
	switch (option) {
	case OPT_VIOS:
		out->vios = value;
		return 0;
	case OPT_RUN:
		out->run = value;
		return 0;
	case OPT_FRAME:
		out->frame = value;
		return 0;
	case OPT_NETD:
		snprintf(out->netd, sizeof(out->netd), "%s", value);
		return 0;
	case OPT_ALONE:
		out->no_cluster = true;
		return 0;
	case OPT_STOP:
		out->stop_data_plane = true;
		return 0;
	case OPT_LOG:
		out->log_level_text = value;
		if (log_level_parse(value, &out->log_level) == 0)
			return 0;
		log_refuse("--log-level %s is not known; give error, warn, info or debug", value);
		return leave(exit_code, 2);
	case OPT_HELP:
		fputs(help, stdout);
		return leave(exit_code, 0);
	case OPT_VERSION:
		puts("viosd " VIOS_VERSION);
		return leave(exit_code, 0);
	default:
		log_refuse("option %s is not known, or lacks its value; see viosd --help", value);
		return leave(exit_code, 2);
	}
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

static int check(const struct options *out, int n_left, char **left, int *exit_code)
{
	if (n_left > 0) {
		log_refuse("argument %s is not expected; see viosd --help", left[0]);
		return leave(exit_code, 2);
	}
	if (!out->vios) {
		log_refuse("--vios is missing; give the name of the VIOS that this is, for example "
			   "--vios vios1");
		return leave(exit_code, 2);
	}
	if (!model_name_valid(out->vios)) {
		log_refuse(
			"--vios %s is not a valid name; give 1 to %d letters, digits, - and _, a "
			"letter first",
			out->vios, MODEL_NAME_MAX);
		return leave(exit_code, 2);
	}
	return 0;
}

int options_parse(int argc, char **argv, struct options *out, int *exit_code)
{
	int option, r;

	*out = (struct options){
		.run = RUNPATH_DEFAULT, .log_level = LOGL_INFO, .log_level_text = "info"};
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		const char *value = option == '?' ? argv[optind - 1] : optarg;
		r = take(option, value, out, exit_code);
		if (r != 0)
			return r;
	}
	r = check(out, argc - optind, argv + optind, exit_code);
	return r != 0 ? r : find_netd(out, exit_code);
}
