/* SPDX-License-Identifier: BSD-3-Clause */
/* change.h - carries out a verb that changes the replicated state: one change, all or nothing. */
#ifndef VIOS_CLI_CHANGE_H
#define VIOS_CLI_CHANGE_H

#include "vios-core/cli/cli.h"
#include "vios-core/cli/view.h"

/* Adds the operations; see build.h. */
typedef int change_build_fn(
	const struct cli *cli, const struct facts *facts, json_t *ops, char *fault);

/* needs: enum facts_need, what build looks at. based: what it makes is only right for the version
 * that it has seen, and refused for another. Prints what has become of the devices. */
int change_run(const struct cli *cli, unsigned needs, bool based, change_build_fn *build);

/* The operations themselves; config: of config_get, whose version they are meant for, or NULL. */
int change_send(const struct cli *cli, const json_t *ops, const json_t *config);

#endif
