/* SPDX-License-Identifier: BSD-3-Clause */
/* verbs.h - every verb: what the table in verbs.c is made of. */
#ifndef VIOS_CLI_VERBS_H
#define VIOS_CLI_VERBS_H

#include "vios-core/cli/cli.h"

extern const struct verb verb_status;
extern const struct verb verb_watch;
extern const struct verb verb_lsmap;
extern const struct verb verb_lsdev;
extern const struct verb verb_lspath;
extern const struct verb verb_lsclient;
extern const struct verb verb_entstat;
extern const struct verb verb_seastat;
extern const struct verb verb_snap;
extern const struct verb verb_errlog;
extern const struct verb verb_ioslevel;
extern const struct verb verb_cluster;
extern const struct verb verb_diff;
extern const struct verb verb_lsrep;
extern const struct verb verb_mkclient;
extern const struct verb verb_rmclient;
extern const struct verb verb_mkvadapter;
extern const struct verb verb_rmvadapter;
extern const struct verb verb_mkvdev;
extern const struct verb verb_rmvdev;
extern const struct verb verb_chdev;
extern const struct verb verb_mkrep;
extern const struct verb verb_chrep;
extern const struct verb verb_rmrep;
extern const struct verb verb_mkvopt;
extern const struct verb verb_rmvopt;
extern const struct verb verb_loadopt;
extern const struct verb verb_unloadopt;
extern const struct verb verb_cfgdev;
extern const struct verb verb_viosbr;
extern const struct verb verb_switch;
extern const struct verb verb_quarantine;
extern const struct verb verb_shutdown;
extern const struct verb verb_version;

/* verb_status.c: the tables of a status as viosd sent it. enum cli_exit */
int status_print(const json_t *status);

#endif
