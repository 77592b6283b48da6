// SPDX-License-Identifier: BSD-3-Clause
/* verb_lists.c - viosctl lspath, lsclient, ioslevel: short listings. */
#include "vios-core/base/log.h"
#include "vios-core/cli/facts.h"
#include "vios-core/cli/format.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/verbs.h"

#include <stdio.h>
#include <string.h>

static int lspath_run(const struct cli *cli)
{
	char fault[VIEW_FAULT_BYTES] = "";
	struct facts_held held;
	struct format format;
	int r = format_get(cli, &format);

	if (r != CLI_OK)
		return r;
	r = facts_get(cli, FACTS_STATE | FACTS_STATUS | FACTS_DEVICES_IF, &held);
	if (r == CLI_OK) {
		json_t *records = view_lspath(&held.facts, args_get(&cli->args, "dev"), fault);
		if (!records)
			r = facts_refuse(fault);
		else if (cli->json)
			r = cli_print_json(json_incref(records));
		else
			r = cli_print(lay_lspath(records, &format.lay));
		json_decref(records);
	}
	facts_free(&held);
	return r;
}

static const struct arg_option lspath_options[] = {
	{"-dev", ARG_VALUE, false, "NAME", "of this adapter (lpar1/eth0) or device (hdisk1)"},
	{"-fmt", ARG_VALUE, false, "C", "C between the fields"},
	{NULL},
};

const struct verb verb_lspath = {
	.name = "lspath",
	.usage = "[-dev NAME] [-fmt C]",
	.does = "lists the paths of adapters and devices through each VIOS",
	.help = "Enabled: can serve. Failed: cannot, or an error was met on the way to a disk "
		"(EIO, ...), or the path has been well again for less than the hold time "
		"(recovering). Defined: is being made. Missing: the device has no path on that "
		"side.\n",
	.options = lspath_options,
	.picks_side = true,
	.run = lspath_run,
};

static int lsclient_run(const struct cli *cli)
{
	char fault[VIEW_FAULT_BYTES] = "";
	struct facts_held held;
	int r = facts_get(cli, FACTS_STATE | FACTS_STATUS_IF, &held);

	if (r == CLI_OK) {
		json_t *records = view_lsclient(&held.facts, args_get(&cli->args, "name"), fault);
		if (!records)
			r = facts_refuse(fault);
		else if (cli->json)
			r = cli_print_json(json_incref(records));
		else
			r = cli_print(lay_lsclient(records));
		json_decref(records);
	}
	facts_free(&held);
	return r;
}

static const struct arg_option lsclient_options[] = {
	{"-name", ARG_VALUE, false, "CLIENT", "this client"},
	{NULL},
};

const struct verb verb_lsclient = {
	.name = "lsclient",
	.usage = "[-name CLIENT]",
	.does = "lists clients and their adapters",
	.help = "",
	.options = lsclient_options,
	.run = lsclient_run,
};

static int ioslevel_run(const struct cli *cli)
{
	json_t *status = NULL;
	const char *level;
	int r = cli_ask(cli, CLI_READS, "status", NULL, 2000, &status);

	if (r != CLI_OK)
		return r;
	level = json_string_value(json_object_get(status, "version"));
	level = level ? level : VIOS_VERSION;
	if (cli->json)
		r = cli_print_json(json_pack(
			"{s:s, s:s}", "vios", cli_text(status, "answered_by"), "level", level));
	else
		puts(level);
	json_decref(status);
	return r;
}

const struct verb verb_ioslevel = {
	.name = "ioslevel",
	.usage = "",
	.does = "prints the level of the software",
	.help = "Of the VIOS that answers; a viosd that does not tell its own has that of "
		"viosctl.\n",
	.run = ioslevel_run,
};
