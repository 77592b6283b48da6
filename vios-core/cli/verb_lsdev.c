// SPDX-License-Identifier: BSD-3-Clause
/* verb_lsdev.c - viosctl lsdev and cfgdev: devices and their attributes. */
#include "vios-core/base/log.h"
#include "vios-core/cli/attr.h"
#include "vios-core/cli/facts.h"
#include "vios-core/cli/format.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/object.h"
#include "vios-core/cli/suggest.h"
#include "vios-core/cli/verbs.h"

#include <stdio.h>
#include <string.h>

static int print_attrs(const struct cli *cli, json_t *records, const char *attribute)
{
	int r;

	if (cli->json)
		return cli_print_json(records);
	r = cli_print(attribute ? lay_value(records) : lay_attrs(records));
	json_decref(records);
	return r;
}

/* Attributes of what the state has, and of what was found in a VIOS. */
static int attributes(const struct cli *cli, const struct facts *facts, const char *dev)
{
	const char *attribute = args_get(&cli->args, "attr");
	char fault[VIEW_FAULT_BYTES] = "";
	struct object object;
	json_t *records, *found = view_device_attrs(facts, dev, attribute);
	int r = object_find(facts->state, dev, facts->vios, &object, fault);

	if (r < 0 && !found)
		return facts_refuse(fault);
	records = r == 0 ? attr_records(object.kind, object.json, object.vios, attribute) : NULL;
	if (records && found)
		json_array_extend(records, found);
	if (!records)
		records = json_incref(found);
	json_decref(found);
	if (records)
		return print_attrs(cli, records, attribute);
	log_refuse("%s has no attribute %s; see viosctl lsdev -dev %s -attr", dev, attribute, dev);
	return CLI_FAILED;
}

static int listing(const struct cli *cli, const struct facts *facts, const char *dev)
{
	struct lsdev_ask ask = {
		.virtual_only = args_has(&cli->args, "virtual"),
		.type = args_get(&cli->args, "type"),
		.name = dev,
	};
	char fault[VIEW_FAULT_BYTES] = "";
	struct format format;
	int r = format_get(cli, &format);

	if (r != CLI_OK)
		return r;
	json_t *records = view_lsdev(facts, &ask, fault);
	if (!records)
		return facts_refuse(fault);
	if (cli->json)
		return cli_print_json(records);
	r = cli_print(lay_lsdev(records, &format.lay));
	json_decref(records);
	return r;
}

static int check_type(const char *type)
{
	size_t n = 0;

	for (; type && view_lsdev_types[n]; n++)
		if (strcmp(view_lsdev_types[n], type) == 0)
			return CLI_OK;
	if (!type)
		return CLI_OK;
	const char *nearest = suggest_nearest(type, view_lsdev_types, n);
	log_refuse("-type %.32s is not known; %s%s%s", type,
		nearest ? "did you mean " : "see viosctl lsdev --help", nearest ? nearest : "",
		nearest ? "?" : "");
	return CLI_USAGE;
}

static int run(const struct cli *cli)
{
	const char *dev = args_get(&cli->args, "dev");
	struct facts_held held;
	int r = check_type(args_get(&cli->args, "type"));

	if (r == CLI_OK && args_has(&cli->args, "attr") && !dev) {
		log_refuse("-attr needs -dev NAME; see viosctl lsdev --help");
		r = CLI_USAGE;
	}
	if (r != CLI_OK)
		return r;
	r = facts_get(cli, FACTS_STATE | FACTS_DEVICES_IF, &held);
	if (r == CLI_OK)
		r = args_has(&cli->args, "attr") ? attributes(cli, &held.facts, dev)
						 : listing(cli, &held.facts, dev);
	facts_free(&held);
	return r;
}

static const struct arg_option options[] = {
	{"-virtual", ARG_NONE, false, NULL, "only what the pair makes: no adapters, no disks"},
	{"-type", ARG_VALUE, false, "TYPE",
		"adapter, aggregation, disk, ent4sea, ethernet, file, lv, optical or sea"},
	{"-dev", ARG_VALUE, false, "NAME", "this device"},
	{"-attr", ARG_MAYBE, false, "[NAME]", "its attributes, or the value of one"},
	{"-fmt", ARG_VALUE, false, "C", "C between the fields"},
	{NULL},
};

const struct verb verb_lsdev = {
	.name = "lsdev",
	.usage = "[-virtual] [-type TYPE] [-fmt C]\n-dev NAME [-attr [NAME]]",
	.does = "lists devices, or the attributes of one",
	.help = "Without --vios what is in a VIOS is named VIOS/NAME. Defined is what is "
		"configured and was not found.\n",
	.options = options,
	.picks_side = true,
	.run = run,
};

static int cfgdev_run(const struct cli *cli)
{
	struct facts_held held;
	const char *dev = args_get(&cli->args, "dev");
	char fault[VIEW_FAULT_BYTES] = "";
	int r = facts_get(cli, FACTS_STATE | FACTS_DEVICES, &held);

	if (r == CLI_OK && dev) {
		json_t *records = view_lsdev(&held.facts, &(struct lsdev_ask){.name = dev}, fault);
		r = records ? CLI_OK : facts_refuse(fault);
		json_decref(records);
	}
	if (r == CLI_OK && cli->json)
		r = cli_print_json(json_incref(held.devices));
	facts_free(&held);
	return r;
}

static const struct arg_option cfgdev_options[] = {
	{"-dev", ARG_VALUE, false, "NAME", "only whether this one is there"},
	{NULL},
};

const struct verb verb_cfgdev = {
	.name = "cfgdev",
	.usage = "[-dev NAME]",
	.does = "waits until the devices are known",
	.help = "Devices are found by themselves when they come; cfgdev returns when viosd has "
		"answered with those\n"
		"that are there now. Prints nothing.\n",
	.options = cfgdev_options,
	.picks_side = true,
	.run = cfgdev_run,
};
