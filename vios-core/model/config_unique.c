/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_unique.c - what only one object may have: names, numbers, addresses, devices. Pure; any
 * thread; owns nothing beyond a call. Each rule collects its uses, sorts them and looks at
 * neighbours, so that a large state costs n log n.
 */
#include "vios-core/model/config_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/model/adapter_schema.h"

/* One use of a value. Two with the same scope, word and number are one too many. */
struct use {
	const char *scope, *word; /* never NULL */
	uint64_t number;
	enum config_kind kind;
	const void *object;
	const char *map, *member; /* the path of the value: MAP.SCOPE.MEMBER, or MEMBER */
};

struct uses {
	const struct config *config;
	size_t n;
	struct use *use;
};

enum show { SHOW_WORD, SHOW_NUMBER, SHOW_MAC };

static void add(struct uses *uses, struct use use)
{
	if (use.word[0] != '\0' || use.number != 0)
		uses->use[uses->n++] = use;
}

static int compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int order = strcmp(x->scope, y->scope);

	if (order == 0)
		order = strcmp(x->word, y->word);
	if (order == 0 && x->number != y->number)
		order = x->number < y->number ? -1 : 1;
	if (order == 0 && x->kind != y->kind)
		order = x->kind < y->kind ? -1 : 1;
	if (order != 0)
		return order;
	return x->object < y->object ? -1 : x->object > y->object; /* of one list */
}

static bool same(const struct use *a, const struct use *b)
{
	return a->number == b->number && strcmp(a->word, b->word) == 0 &&
	       strcmp(a->scope, b->scope) == 0;
}

static struct adapter_mac_text show_value(const struct use *use, enum show show)
{
	struct adapter_mac_text text = {""};
	uint8_t mac[6];

	for (size_t i = 0; i < sizeof(mac); i++)
		mac[i] = (uint8_t)(use->number >> (40 - 8 * i));
	if (show == SHOW_MAC)
		text = adapter_mac_show(mac);
	return text;
}

static void fault(struct schema *s, const struct use *first, const struct use *again,
	enum show show, const char *advice)
{
	size_t was = config_push(s, again->kind, again->object, again->map);
	char name[CONFIG_NAME_MAX + 1];
	const char *kind = config_kind_name(first->kind);

	config_name(first->kind, first->object, name);
	if (again->map != NULL)
		schema_push(s, again->scope, 0);
	if (again->member != NULL)
		schema_push(s, again->member, 0);
	if (show == SHOW_NUMBER)
		schema_fault(s, "%llu is used by %s %s, too; %s", (unsigned long long)again->number,
			kind, name, advice);
	else
		schema_fault(s, "%.64s is used by %s %s, too; %s",
			show == SHOW_MAC ? show_value(again, show).text : again->word, kind, name,
			advice);
	schema_pop(s, was);
}

static void collect_ids(struct uses *u)
{
	const struct config *c = u->config;

	for (size_t i = 0; i < c->n_veth; i++)
		add(u, (struct use){"", "", c->veth[i].adapter.id, CONFIG_VETH, &c->veth[i], NULL,
			       "id"});
	for (size_t i = 0; i < c->n_vhost; i++)
		add(u, (struct use){"", "", c->vhost[i].adapter.id, CONFIG_VHOST, &c->vhost[i],
			       NULL, "id"});
}

static void collect_macs(struct uses *u)
{
	const struct config *c = u->config;

	for (size_t i = 0; i < c->n_veth; i++) {
		uint64_t number = 0;

		for (size_t j = 0; j < 6; j++)
			number = number << 8 | c->veth[i].adapter.mac[j];
		add(u, (struct use){"", "", number, CONFIG_VETH, &c->veth[i], NULL, "mac"});
	}
}

static void collect_partition_ids(struct uses *u)
{
	const struct config *c = u->config;

	for (size_t i = 0; i < c->n_client; i++)
		add(u, (struct use){
			       "", "", c->client[i].id, CONFIG_CLIENT, &c->client[i], NULL, "id"});
}

static void collect_node_ids(struct uses *u)
{
	const struct config *c = u->config;

	for (size_t i = 0; i < c->n_vios; i++)
		add(u, (struct use){"", "", c->vios[i].node_id, CONFIG_VIOS, &c->vios[i], NULL,
			       "node_id"});
}

static void collect_adapter_names(struct uses *u)
{
	const struct config *c = u->config;

	for (size_t i = 0; i < c->n_veth; i++)
		add(u, (struct use){c->veth[i].client, c->veth[i].adapter.name, 0, CONFIG_VETH,
			       &c->veth[i], NULL, "name"});
	for (size_t i = 0; i < c->n_vhost; i++)
		add(u, (struct use){c->vhost[i].client, c->vhost[i].adapter.name, 0, CONFIG_VHOST,
			       &c->vhost[i], NULL, "adapter"});
}

static void collect_ents(struct uses *u)
{
	const struct config *c = u->config;

	for (size_t i = 0; i < c->n_physical; i++)
		add(u, (struct use){c->physical[i].vios, c->physical[i].name, 0, CONFIG_PHYSICAL,
			       &c->physical[i], NULL, "name"});
	for (size_t i = 0; i < c->n_sea; i++) {
		for (size_t j = 0; j < c->sea[i].n_sides; j++)
			add(u, (struct use){c->sea[i].sides[j].vios, c->sea[i].sides[j].ent, 0,
				       CONFIG_SEA, &c->sea[i], "sides", "ent"});
	}
}

static void collect_real_adapters(struct uses *u)
{
	const struct config *c = u->config;

	for (size_t i = 0; i < c->n_sea; i++) {
		for (size_t j = 0; j < c->sea[i].n_sides; j++)
			add(u, (struct use){c->sea[i].sides[j].vios,
				       c->sea[i].sides[j].real_adapter, 0, CONFIG_SEA, &c->sea[i],
				       "sides", "real_adapter"});
	}
}

static void collect_paths(struct uses *u)
{
	const struct config *c = u->config;

	for (size_t i = 0; i < c->n_backing; i++) {
		for (size_t j = 0; j < c->backing[i].n_paths; j++)
			add(u, (struct use){c->backing[i].paths[j].vios,
				       c->backing[i].paths[j].path, 0, CONFIG_BACKING,
				       &c->backing[i], "path", NULL});
	}
}

static void collect_unique_ids(struct uses *u)
{
	const struct config *c = u->config;

	for (size_t i = 0; i < c->n_backing; i++)
		add(u, (struct use){"", c->backing[i].unique_id, 0, CONFIG_BACKING, &c->backing[i],
			       NULL, "unique_id"});
}

static void collect_luns(struct uses *u)
{
	const struct config *c = u->config;

	/* The name of the server adapter is the word, so that LUN 0 counts. */
	for (size_t i = 0; i < c->n_vtd; i++)
		add(u, (struct use){"", c->vtd[i].vhost, c->vtd[i].lun, CONFIG_VTD, &c->vtd[i],
			       NULL, "lun"});
}

static const struct rule {
	void (*collect)(struct uses *uses);
	enum show show;
	const char *advice;
} rules[] = {
	{collect_node_ids, SHOW_NUMBER, "take the nodeid of each from corosync.conf"},
	{collect_partition_ids, SHOW_NUMBER, "give every client an id of its own"},
	{collect_ids, SHOW_NUMBER, "give every adapter an id of its own"},
	{collect_macs, SHOW_MAC, "give every adapter a MAC of its own"},
	{collect_adapter_names, SHOW_WORD, "names of a client's adapters must differ"},
	{collect_ents, SHOW_WORD, "choose a free name"},
	{collect_real_adapters, SHOW_WORD, "a physical adapter has one SEA; choose another one"},
	{collect_paths, SHOW_WORD, "remove that backing device or name another device"},
	{collect_unique_ids, SHOW_WORD, "they are one device; use that backing device"},
	{collect_luns, SHOW_NUMBER, "choose a free LUN or leave it out"},
};

int config_check_unique(const struct config *c, struct schema *s)
{
	size_t room = 1 + c->n_vios + c->n_client + c->n_veth + c->n_vhost + c->n_physical +
		      MODEL_VIOS_MAX * (c->n_sea + c->n_backing) + c->n_vtd;
	struct uses uses = {.config = c, .use = calloc(room, sizeof(*uses.use))};

	if (uses.use == NULL)
		return -ENOMEM;
	for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
		size_t first = 0;

		uses.n = 0;
		rules[r].collect(&uses);
		qsort(uses.use, uses.n, sizeof(*uses.use), compare_uses);
		for (size_t i = 1; i < uses.n; i++) {
			if (!same(&uses.use[first], &uses.use[i]))
				first = i;
			else
				fault(s, &uses.use[first], &uses.use[i], rules[r].show,
					rules[r].advice);
		}
	}
	free(uses.use);
	return 0;
}
