// SPDX-License-Identifier: BSD-3-Clause
/* change.c - sends one change and tells, as the original's commands do, what has become of the
 * devices. One thread, blocking; owns what it fetches. */
#include "vios-core/cli/change.h"
#include "vios-core/base/log.h"
#include "vios-core/cli/build.h"
#include "vios-core/cli/facts.h"
#include "vios-core/cli/jx.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CHANGE_MS 10000u

/* A SEA is known by the names that it has in the VIOS: "ent5 Available", "en5", "et5". */
static void print_sea(const struct cli *cli, const char *name)
{
	json_t *config = NULL, *side;
	const char *vios, *last = "";

	if (cli_ask(cli, CLI_READS, "config_get", NULL, CHANGE_MS, &config) != CLI_OK)
		return;
	json_t *clean = jx_clean(config);
	const json_t *list = json_object_get(json_object_get(clean, "state"), "sea");
	json_object_foreach(json_object_get(jx_find(list, "name", name), "sides"), vios, side)
	{
		const char *ent = jx_text(side, "ent");
		if (!ent[0] || strcmp(ent, last) == 0)
			continue;
		printf("%s Available\n", ent);
		if (strncmp(ent, "ent", 3) == 0)
			printf("en%s\net%s\n", ent + 3, ent + 3);
		last = ent;
	}
	if (!last[0])
		printf("%s Available\n", name);
	json_decref(clean);
	json_decref(config);
}

static void print_created(const struct cli *cli, const json_t *result)
{
	json_t *list = jx_clean(json_object_get(result, "created")), *object;
	size_t i;

	json_array_foreach(list, i, object)
	{
		if (jx_is(object, "kind", "sea"))
			print_sea(cli, jx_text(object, "name"));
		else if (!jx_is(object, "kind", "backing"))
			printf("%s Available\n", jx_text(object, "name"));
	}
	json_decref(list);
}

/* What viosd has to say of what it has mapped. */
static void print_warnings(const json_t *result)
{
	json_t *list = jx_clean(json_object_get(result, "warnings")), *one;
	size_t i;

	json_array_foreach(list, i, one) log_refuse("warning: %s", json_string_value(one));
	json_decref(list);
}

static void print_text(const struct cli *cli, const json_t *ops, const json_t *result)
{
	json_t *op;
	size_t i;

	print_created(cli, result);
	json_array_foreach(ops, i, op)
	{
		if (jx_is(op, "op", "remove"))
			printf("%s deleted\n", jx_text(op, "name"));
		else if (jx_is(op, "op", "set"))
			printf("%s changed\n", jx_text(op, "name"));
	}
	fflush(stdout);
	print_warnings(result);
	if (jx_is(result, "committed", "alone"))
		log_refuse("committed by one VIOS alone; the other takes it over when it is back");
}

int change_send(const struct cli *cli, const json_t *ops, const json_t *config)
{
	json_t *params = json_pack("{s:O}", "ops", ops), *result;
	json_t *version = json_object_get(config, "version");

	if (version)
		json_object_set(params, "base", version);
	int r = cli_ask(cli, CLI_CHANGES, "config_change", params, CHANGE_MS, &result);
	if (r != CLI_OK)
		return r;
	if (cli->json)
		return cli_print_json(result);
	print_text(cli, ops, result);
	json_decref(result);
	return CLI_OK;
}

int change_run(const struct cli *cli, unsigned needs, bool based, change_build_fn *build)
{
	char fault[BUILD_FAULT_BYTES] = "";
	json_t *ops = json_array();
	struct facts_held held;
	int r = facts_get(cli, needs, &held);

	if (r == CLI_OK) {
		int built = build(cli, &held.facts, ops, fault);
		if (built == 0) {
			r = change_send(cli, ops, based ? held.config : NULL);
		} else {
			log_refuse("%s", fault);
			r = built == -EINVAL ? CLI_USAGE : CLI_FAILED;
		}
	}
	json_decref(ops);
	facts_free(&held);
	return r;
}
