// SPDX-License-Identifier: BSD-3-Clause
/* verbs.c - the table of verbs, in the order of the help: looking, changing, both VIOS. */
#include "vios-core/cli/verbs.h"

const struct verb *const cli_verbs[] = {
	&verb_status,
	&verb_watch,
	&verb_lsmap,
	&verb_lsdev,
	&verb_lspath,
	&verb_lsclient,
	&verb_entstat,
	&verb_seastat,
	&verb_errlog,
	&verb_ioslevel,
	&verb_cluster,
	&verb_diff,
	&verb_mkclient,
	&verb_rmclient,
	&verb_mkvadapter,
	&verb_rmvadapter,
	&verb_mkvdev,
	&verb_rmvdev,
	&verb_chdev,
	&verb_cfgdev,
	&verb_viosbr,
	&verb_switch,
	&verb_quarantine,
	&verb_shutdown,
	&verb_version,
	NULL,
};

const struct arg_option cli_common[] = {
	{"--run", ARG_VALUE, false, "DIR", "the frame's run directory (default /run/vios)"},
	{"--vios", ARG_VALUE, false, "NAME", "this VIOS; without it, any that answers"},
	{"--json", ARG_NONE, false, NULL, "print JSON"},
	{"--log-level", ARG_VALUE, false, "LEVEL", "error, warn, info or debug"},
	{"--help", ARG_NONE, false, NULL, "explain"},
	{"--version", ARG_NONE, false, NULL, "print the version"},
	{NULL},
};
