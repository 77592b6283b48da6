/* SPDX-License-Identifier: BSD-3-Clause */
/* state.c - the first state of a mux, and how its adapters follow what is wanted. Pure; owns
 * nothing.
 */
#include "ha/mux/state.h"

#include <string.h>

int state_find_vios(const struct state *st, const char *name)
{
	for (uint32_t i = 0; name && i < st->n_vios; i++)
		if (strcmp(st->vios[i].name, name) == 0)
			return (int)i;
	return -1;
}

int state_find_adapter(const struct state *st, const char *name)
{
	const size_t len = strlen(st->client);

	if (!name || strncmp(name, st->client, len) != 0 || name[len] != '/')
		return -1;
	for (uint32_t i = 0; i < st->n_adapters; i++)
		if (st->adapter[i].used && strcmp(st->adapter[i].config.name, name + len + 1) == 0)
			return (int)i;
	return -1;
}

void state_init(struct state *st, const struct model_frame *frame, const char *client,
	const struct model_client *config)
{
	memset(st, 0, sizeof(*st));
	memcpy(st->client, client, strnlen(client, MODEL_NAME_MAX));
	st->hang_ms = frame->hang_ms;
	st->n_vios = (uint32_t)frame->n_vios;
	for (uint32_t i = 0; i < st->n_vios; i++) {
		memcpy(st->vios[i].name, frame->vios[i].name, sizeof(st->vios[i].name));
		st->vios[i].pidfd = -1;
	}
	st->waiting = !config;
	if (config)
		st->wanted = *config;
	st->set_up = true;
}

bool state_take(struct state *st, const struct client_note *note)
{
	if (st->told && (note->epoch < st->epoch ||
				(note->epoch == st->epoch && note->version <= st->version)))
		return false;
	st->told = true;
	st->epoch = note->epoch;
	st->version = note->version;
	st->wanted = note->client;
	st->waiting &= !note->present;
	return true;
}

static const struct model_adapter *wanted(const struct state *st, const struct adapter *a)
{
	const struct model_adapter *w = model_client_adapter(&st->wanted, a->config.name);

	return w && w->id == a->config.id && w->type == a->config.type ? w : NULL;
}

static void add(struct state *st, struct adapter_context *c, const struct model_adapter *config,
	uint64_t start)
{
	uint32_t at = st->n_adapters;

	for (uint32_t i = 0; i < st->n_adapters; i++) {
		const struct adapter *a = &st->adapter[i];

		if (!a->used)
			at = i;
		else if (a->config.id == config->id || strcmp(a->config.name, config->name) == 0)
			return; /* it is there, or what had its name still is */
	}
	if (at == MODEL_ADAPTERS_MAX)
		return;
	if (at == st->n_adapters)
		st->n_adapters++;
	adapter_init(&st->adapter[at], config, st->hang_ms, st->n_vios,
		state_find_vios(st, config->preferred), start > st->start ? start : st->start + 1);
	for (uint32_t v = 0; v < st->n_vios; v++)
		if (c->control_up[v])
			adapter_control_up(&st->adapter[at], c, (int)v);
}

void state_follow(struct state *st, struct adapter_context *c, uint64_t start)
{
	for (uint32_t i = 0; i < st->n_adapters; i++) {
		struct adapter *a = &st->adapter[i];
		const struct model_adapter *w = a->used ? wanted(st, a) : NULL;

		if (w)
			adapter_configure(a, c, w, state_find_vios(st, w->preferred));
		if (a->used)
			adapter_leave(a, c, !w);
	}
	for (size_t i = 0; i < st->wanted.n_adapters; i++)
		if (st->wanted.adapters[i].type == MODEL_ETHERNET)
			add(st, c, &st->wanted.adapters[i], start);
}

void state_free(struct state *st, struct adapter_context *c, uint32_t adapter)
{
	struct adapter *a = &st->adapter[adapter];

	if (st->start < a->start)
		st->start = a->start;
	adapter_free(a, c);
	while (st->n_adapters > 0 && !st->adapter[st->n_adapters - 1].used)
		st->n_adapters--;
}
