// SPDX-License-Identifier: BSD-3-Clause
/* verb_stat.c - viosctl entstat and seastat: what adapters have carried. */
#include "vios-core/base/log.h"
#include "vios-core/cli/facts.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/verbs.h"

static int entstat_run(const struct cli *cli)
{
	bool all = args_has(&cli->args, "all");
	char fault[VIEW_FAULT_BYTES] = "";
	struct facts_held held;

	if (args_has(&cli->args, "reset")) {
		log_refuse("-reset: counters only grow; take the difference of two looks");
		return CLI_FAILED;
	}
	if (cli->args.n_words == 0) {
		log_refuse("which adapter? give entstat [-all] NAME, as in viosctl lsdev");
		return CLI_USAGE;
	}
	int r = facts_get(cli, FACTS_STATE | FACTS_RUNNING | FACTS_DEVICES_IF, &held);
	if (r == CLI_OK) {
		json_t *records = view_entstat(&held.facts, cli->args.words[0], fault);
		if (!records)
			r = facts_refuse(fault);
		else if (cli->json)
			r = cli_print_json(json_incref(records));
		else
			r = cli_print(lay_entstat(records, all));
		json_decref(records);
	}
	facts_free(&held);
	return r;
}

static const struct arg_option entstat_options[] = {
	{"-all", ARG_NONE, false, NULL, "of a SEA, also of all that it bridges"},
	{"-reset", ARG_NONE, false, NULL, "not there: counters only grow"},
	{NULL},
};

const struct verb verb_entstat = {
	.name = "entstat",
	.usage = "[-all] ADAPTER",
	.does = "shows what an Ethernet adapter has carried",
	.help = "ADAPTER is ent0, ent5, vios1/ent5 or lpar1/eth0. What was received came from the "
		"wire, or from the\n"
		"client. A name that both VIOS have is shown for both without --vios.\n",
	.options = entstat_options,
	.words_max = 1,
	.picks_side = true,
	.run = entstat_run,
};

static int seastat_run(const struct cli *cli)
{
	char fault[VIEW_FAULT_BYTES] = "";
	struct facts_held held;
	int r = facts_get(cli, FACTS_STATE | FACTS_RUNNING, &held);

	if (r == CLI_OK) {
		json_t *records = view_seastat(&held.facts, args_get(&cli->args, "d"), fault);
		if (!records)
			r = facts_refuse(fault);
		else if (cli->json)
			r = cli_print_json(json_incref(records));
		else
			r = cli_print(lay_seastat(records));
		json_decref(records);
	}
	facts_free(&held);
	return r;
}

static const struct arg_option seastat_options[] = {
	{"-d", ARG_VALUE, true, "SEA", "this Shared Ethernet Adapter"},
	{NULL},
};

const struct verb verb_seastat = {
	.name = "seastat",
	.usage = "-d SEA",
	.does = "shows what each client has sent and got through a SEA",
	.help = "Needs accounting=enabled: viosctl chdev -dev SEA -attr accounting=enabled\n",
	.options = seastat_options,
	.picks_side = true,
	.run = seastat_run,
};
