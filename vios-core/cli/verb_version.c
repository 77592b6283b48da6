// SPDX-License-Identifier: BSD-3-Clause
/* verb_version.c - viosctl version. Asks nobody. */
#include "vios-core/cli/verbs.h"

#include <stdio.h>

static int run(const struct cli *cli)
{
	if (cli->json)
		return cli_print_json(json_pack("{s:s}", "version", VIOS_VERSION));
	puts("viosctl " VIOS_VERSION);
	return CLI_OK;
}

const struct verb verb_version = {
	.name = "version",
	.usage = "",
	.does = "prints the version of viosctl",
	.help = "",
	.run = run,
};
