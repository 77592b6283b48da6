// SPDX-License-Identifier: BSD-3-Clause
/* verb_shutdown.c - viosctl shutdown: ends one viosd, on request with its data plane. */
#include "vios-core/base/log.h"
#include "vios-core/cli/verbs.h"

#include <stdio.h>

#define SHUTDOWN_MS 3000u

static int run(const struct cli *cli)
{
	json_t *params, *result;

	if (!cli->vios) {
		log_refuse("which VIOS? shutdown needs --vios NAME");
		return CLI_USAGE;
	}
	params = json_pack("{s:b}", "data_planes", args_has(&cli->args, "data-planes"));
	int r = cli_ask(cli, CLI_CHANGES, "shutdown", params, SHUTDOWN_MS, &result);
	if (r != CLI_OK)
		return r;
	if (cli->json)
		return cli_print_json(result);
	json_decref(result);
	printf("%s: viosd ends%s\n", cli->vios,
		args_has(&cli->args, "data-planes") ? ", after its data plane"
						    : "; its data plane runs on");
	return CLI_OK;
}

static const struct arg_option options[] = {
	{"--data-planes", ARG_NONE, false, NULL, "end the data plane, too"},
	{NULL},
};

const struct verb verb_shutdown = {
	.name = "shutdown",
	.usage = "--vios NAME [--data-planes]",
	.does = "ends the viosd of --vios NAME",
	.help = "The data plane runs on, and the next viosd finds it again; with --data-planes it "
		"is stopped\n"
		"first. Move the clients to the other VIOS before that: viosctl switch --all --to "
		"OTHER.\n"
		"A service manager may start viosd again at once.\n",
	.options = options,
	.run = run,
};
