// SPDX-License-Identifier: BSD-3-Clause
/* verb_lsmap.c - viosctl lsmap: what is mapped where. */
#include "vios-core/base/log.h"
#include "vios-core/cli/facts.h"
#include "vios-core/cli/format.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/verbs.h"

static int check_fields(const struct lay_format *format, bool net)
{
	for (size_t i = 0; i < format->n_fields; i++) {
		const char *nearest = lay_lsmap_field(format->fields[i], net);
		if (!nearest)
			continue;
		log_refuse("-field %.64s is not known; %s%s%s", format->fields[i],
			nearest[0] ? "did you mean " : "see viosctl lsmap --help", nearest,
			nearest[0] ? "?" : "");
		return CLI_USAGE;
	}
	return CLI_OK;
}

static int show(const struct cli *cli, const struct lsmap_ask *ask, bool net,
	const struct lay_format *format)
{
	char fault[VIEW_FAULT_BYTES] = "";
	struct facts_held held;
	int r = facts_get(cli, FACTS_STATE | FACTS_DEVICES_IF | (net ? 0 : FACTS_VIOS_IF), &held);

	if (r == CLI_OK) {
		json_t *records = net ? view_lsmap_net(&held.facts, ask, fault)
				      : view_lsmap(&held.facts, ask, fault);
		if (!records)
			r = facts_refuse(fault);
		else if (cli->json)
			r = cli_print_json(json_incref(records));
		else
			r = cli_print(lay_lsmap(records, net, format));
		json_decref(records);
	}
	facts_free(&held);
	return r;
}

static int run(const struct cli *cli)
{
	static const char *const later[] = {"npiv", "vnic", "ams", "suspend"};
	bool net = args_has(&cli->args, "net");
	struct lsmap_ask ask = {
		.vadapter = args_get(&cli->args, "vadapter"),
		.type = args_get(&cli->args, "type"),
		.client_id = args_number(&cli->args, "cpid"),
	};
	struct format format;

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		if (args_has(&cli->args, later[i])) {
			log_refuse("-%s: there are no such adapters here yet", later[i]);
			return CLI_FAILED;
		}
	}
	if (net && ask.type) {
		log_refuse("-type does not go with -net; leave one out");
		return CLI_USAGE;
	}
	int r = format_get(cli, &format);
	format.lay.alone = ask.vadapter != NULL;
	if (r == CLI_OK)
		r = check_fields(&format.lay, net);
	return r == CLI_OK ? show(cli, &ask, net, &format.lay) : r;
}

static const struct arg_form forms[] = {
	{"all", "", "net npiv vnic ams suspend type cpid field fmt fmt2"},
	{"vadapter", "", "net npiv vnic type cpid field fmt fmt2"},
	{NULL},
};

static const struct arg_option options[] = {
	{"-all", ARG_NONE, false, NULL, "every server adapter"},
	{"-vadapter", ARG_VALUE, false, "ADAPTER", "this one: vhost0; with -net lpar1/eth0"},
	{"-net", ARG_NONE, false, NULL, "virtual Ethernet adapters and their SEA"},
	{"-type", ARG_VALUE, false, "TYPE", "devices of a type: disk, lv, file, optical"},
	{"-cpid", ARG_NUMBER, false, "N", "of the client partition with this number"},
	{"-field", ARG_WORDS, false, "FIELD",
		"only these: svsa physloc clientid target vtd status lun backing bdphysloc "
		"mirrored size; with "
		"-net svea physloc sea backing status bdphysloc"},
	{"-fmt", ARG_VALUE, false, "C", "a line for each adapter, C between the fields"},
	{"-fmt2", ARG_VALUE, false, "C", "the same; an empty field is nothing, not a blank"},
	{"-npiv", ARG_NONE, false, NULL, "not there yet"},
	{"-vnic", ARG_NONE, false, NULL, "not there yet"},
	{"-ams", ARG_NONE, false, NULL, "not there yet"},
	{"-suspend", ARG_NONE, false, NULL, "not there yet"},
	{NULL},
};

const struct verb verb_lsmap = {
	.name = "lsmap",
	.usage = "-all|-vadapter ADAPTER [-net] [-type TYPE] [-cpid N] [-field FIELD...] [-fmt C]",
	.does = "lists which device, or which SEA, serves which client",
	.help = "A server adapter is the pair's: both VIOS serve what it maps. With --vios the "
		"places are those of\n"
		"that VIOS, without it those that differ are listed for both.\n",
	.options = options,
	.forms = forms,
	.picks_side = true,
	.run = run,
};
