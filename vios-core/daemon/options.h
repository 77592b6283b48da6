/* SPDX-License-Identifier: BSD-3-Clause */
/* options.h - viosd's command line. */
#ifndef VIOS_DAEMON_OPTIONS_H
#define VIOS_DAEMON_OPTIONS_H

#include <limits.h>
#include <stdbool.h>

struct options {
	const char *vios; /* borrowed from argv, as all strings but the arrays */
	const char *run;
	const char *frame;    /* NULL: RUN/frame.json */
	char state[PATH_MAX]; /* directory of the replicated state's files */
	const char *log_level_text;
	bool no_cluster;
	bool stop_data_plane; /* on SIGTERM, too */
	char netd[PATH_MAX];  /* where vios-netd is */
	char scsid[PATH_MAX]; /* where vios-scsid is, or should be */
	const char *fencer;   /* NULL: where vios-fencer is installed */
};

/* 0: go on; 1: exit with *exit_code (help and version are on stdout, faults on stderr). */
int options_parse(int argc, char **argv, struct options *out, int *exit_code);

#endif
