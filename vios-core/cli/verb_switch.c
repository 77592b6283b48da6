// SPDX-License-Identifier: BSD-3-Clause
/* verb_switch.c - viosctl switch: moves adapters to the other VIOS, or to a named one. */
#include "vios-core/base/log.h"
#include "vios-core/cli/verbs.h"

#include <stdio.h>

#define SWITCH_CALL_MS 8000u /* viosd gives each mux 5 s */

static void print_text(const json_t *result)
{
	size_t i;
	json_t *entry;

	json_array_foreach(json_object_get(result, "switched"), i, entry) printf("%s: %s -> %s\n",
		cli_text(entry, "adapter"), cli_text(entry, "from"), cli_text(entry, "to"));
	json_array_foreach(json_object_get(result, "unchanged"), i, entry)
		printf("%s: is there already\n", json_string_value(entry));
	fflush(stdout);
}

static int run(const struct cli *cli)
{
	bool all = args_has(&cli->args, "all");
	const char *adapter = cli->args.n_words ? cli->args.words[0] : NULL;
	json_t *result, *failure;
	size_t i;

	if (all == (adapter != NULL)) {
		log_refuse("which adapter? give either CLIENT/ADAPTER, as in `viosctl status`, or "
			   "--all");
		return CLI_USAGE;
	}
	int r = cli_ask(cli, CLI_CHANGES, "switch",
		json_pack("{s:s*, s:b, s:s*}", "adapter", adapter, "all", all, "to",
			args_get(&cli->args, "to")),
		SWITCH_CALL_MS, &result);
	if (r != CLI_OK)
		return r;
	r = json_array_size(json_object_get(result, "failed")) ? CLI_FAILED : CLI_OK;
	if (!cli->json)
		print_text(result);
	json_array_foreach(json_object_get(result, "failed"), i, failure)
		log_refuse("%s was not switched: %s", cli_text(failure, "adapter"),
			cli_text(failure, "reason"));
	if (cli->json)
		return cli_print_json(result) == CLI_OK ? r : CLI_FAILED;
	json_decref(result);
	return r;
}

static const struct arg_option options[] = {
	{"--all", ARG_NONE, false, NULL, "every adapter"},
	{"--to", ARG_VALUE, false, "VIOS", "to this VIOS"},
	{NULL},
};

const struct verb verb_switch = {
	.name = "switch",
	.usage = "ADAPTER|--all [--to VIOS]",
	.does = "moves an adapter, or all, to the other VIOS",
	.help = "ADAPTER is CLIENT/ADAPTER, as `viosctl status` shows it. Without --to an adapter "
		"moves to the VIOS\n"
		"that it is not on; with --to, adapters that are there already stay. The clients "
		"keep running.\n"
		"Fails (exit code 1) if one of them could not be moved, and says which and why.\n",
	.options = options,
	.words_max = 1,
	.run = run,
};
