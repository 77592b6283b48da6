// SPDX-License-Identifier: BSD-3-Clause
/* facts.c - asks viosd for what a view needs, and makes it safe to print. One thread, blocking;
 * facts_free() frees what was fetched. */
#include "vios-core/cli/facts.h"
#include "vios-core/base/log.h"
#include "vios-core/cli/jx.h"

#define FACTS_MS 5000u
#define PART_MS 2000u

/* What another program says goes to a terminal only after jx_clean(); JSON output is escaped by
 * itself, and must stay as it came. */
static json_t *safe(const struct cli *cli, json_t *result)
{
	if (cli->json || !result)
		return result;
	json_t *clean = jx_clean(result);
	json_decref(result);
	return clean;
}

static int fetch(const struct cli *cli, unsigned needs, unsigned must, unsigned may,
	const char *method, json_t **out)
{
	json_t *result = NULL, *params = NULL;
	int r = CLI_OK;

	if (needs & may & FACTS_VIOS_IF)
		params = json_pack("{s:b}", "adapters", false);
	if (needs & must)
		r = cli_ask(cli, CLI_READS, method, NULL, FACTS_MS, &result);
	else if (needs & may)
		r = cli_ask_if_known(cli, method, params, &result);
	*out = r == CLI_OK ? safe(cli, result) : NULL;
	return r;
}

/* A viosd may tell of its own VIOS alone: the others are asked themselves. One that does not answer
 * is left out. */
static void complete(const struct cli *cli, const json_t *state, const char *method, json_t *result)
{
	json_t *all = json_object_get(result, "vios"), *vios;
	size_t i;

	json_array_foreach(json_object_get(state, "vios"), i, vios)
	{
		const char *name = jx_text(vios, "name");
		if (!json_is_object(all) || json_object_get(all, name))
			continue;
		json_t *more = safe(cli, cli_ask_at(cli, name, method, NULL, PART_MS));
		json_t *part = json_object_get(json_object_get(more, "vios"), name);
		if (part)
			json_object_set(all, name, part);
		json_decref(more);
	}
}

static int check_side(const struct cli *cli, const struct facts *facts)
{
	if (!facts->vios || !facts->state ||
		jx_find(json_object_get(facts->state, "vios"), "name", facts->vios))
		return CLI_OK;
	log_refuse("--vios %s is no VIOS of frame %s", facts->vios,
		cli_text(json_object_get(facts->state, "frame"), "name"));
	return CLI_FAILED;
}

int facts_get(const struct cli *cli, unsigned needs, struct facts_held *held)
{
	int r;

	*held = (struct facts_held){0};
	r = fetch(cli, needs, FACTS_STATE, 0, "config_get", &held->config);
	if (r == CLI_OK)
		r = fetch(cli, needs, FACTS_STATUS, FACTS_STATUS_IF | FACTS_VIOS_IF, "status",
			&held->status);
	if (r == CLI_OK)
		r = fetch(cli, needs, FACTS_DEVICES, FACTS_DEVICES_IF, "devices", &held->devices);
	if (r == CLI_OK)
		r = fetch(cli, needs, FACTS_RUNNING, 0, "running", &held->running);
	complete(cli, json_object_get(held->config, "state"), "devices", held->devices);
	complete(cli, json_object_get(held->config, "state"), "running", held->running);
	held->facts = (struct facts){
		.config = held->config,
		.state = json_object_get(held->config, "state"),
		.status = held->status,
		.devices = json_object_get(held->devices, "vios"),
		.running = held->running,
		.vios = cli->verb->picks_side ? cli->vios : NULL,
	};
	view_prepare(&held->facts);
	return r == CLI_OK ? check_side(cli, &held->facts) : r;
}

void facts_free(struct facts_held *held)
{
	view_done(&held->facts);
	json_decref(held->config);
	json_decref(held->status);
	json_decref(held->devices);
	json_decref(held->running);
	*held = (struct facts_held){0};
}

int facts_refuse(const char *fault)
{
	log_refuse("%s", fault);
	return CLI_FAILED;
}
