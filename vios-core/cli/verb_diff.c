// SPDX-License-Identifier: BSD-3-Clause
/* verb_diff.c - viosctl diff: what is configured and does not run, or runs and is not configured.
 */
#include "vios-core/cli/facts.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/verbs.h"

static int run(const struct cli *cli)
{
	struct facts_held held;
	int r = facts_get(cli, FACTS_STATE | FACTS_RUNNING, &held);

	if (r == CLI_OK) {
		json_t *records = view_diff(&held.facts);
		bool same = json_array_size(records) == 0;
		if (cli->json)
			r = cli_print_json(json_incref(records));
		else
			r = cli_print(lay_diff(records));
		if (r == CLI_OK && !same)
			r = CLI_FAILED;
		json_decref(records);
	}
	facts_free(&held);
	return r;
}

const struct verb verb_diff = {
	.name = "diff",
	.usage = "",
	.does = "compares the configuration with what really runs",
	.help = "Prints nothing and ends with 0 when every data plane and every mux runs what is "
		"configured; else a\n"
		"line for each difference, and ends with 1. A client whose mux does not run is no "
		"difference.\n",
	.picks_side = true,
	.run = run,
};
