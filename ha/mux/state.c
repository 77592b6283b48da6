/* SPDX-License-Identifier: BSD-3-Clause */
/* state.c - the first state of a mux, how its adapters follow what is wanted, and what others hear
 * of them. Pure; owns nothing.
 */
#include "ha/mux/state.h"

#include <stdio.h>
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

int state_find_plane(const struct state *st, const char *adapter)
{
	const int i = state_find_adapter(st, adapter);

	if (!adapter)
		return 0;
	return i >= 0 && st->adapter[i].plane ? (int)st->adapter[i].plane : -1;
}

void state_init(struct state *st, const struct model_frame *frame, const char *client,
	const struct model_client *config)
{
	memset(st, 0, sizeof(*st));
	memcpy(st->client, client, strnlen(client, MODEL_NAME_MAX));
	st->hang_ms = frame->hang_ms;
	st->n_vios = (uint32_t)frame->n_vios;
	for (uint32_t i = 0; i < st->n_vios; i++)
		memcpy(st->vios[i].name, frame->vios[i].name, sizeof(st->vios[i].name));
	for (uint32_t i = 0; i < ADAPTER_PLANES * SELECT_PATHS; i++)
		st->plane[i / SELECT_PATHS][i % SELECT_PATHS].pidfd = -1;
	st->waiting = !config;
	if (config)
		st->wanted = *config;
	st->set_up = true;
}

bool state_take(struct state *st, const struct client_note *note)
{
	if (st->told && !client_note_newer(note, st->epoch, st->version))
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
	st->adapter[at].plane = config->type == MODEL_SCSI ? 1 + at : 0;
	for (uint32_t v = 0; v < st->n_vios; v++)
		if (c->control_up[st->adapter[at].plane][v])
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
		add(st, c, &st->wanted.adapters[i], start);
}

void state_free(struct state *st, struct adapter_context *c, uint32_t adapter)
{
	struct adapter *a = &st->adapter[adapter];

	if (st->start < a->start)
		st->start = a->start;
	for (uint32_t v = 0; a->plane && v < st->n_vios; v++) {
		keep_drop(c->ops, c->slots, &st->plane[a->plane][v].pidfd);
		st->plane[a->plane][v].incarnation = 0;
	}
	adapter_free(a, c);
	while (st->n_adapters > 0 && !st->adapter[st->n_adapters - 1].used)
		st->n_adapters--;
}

struct state_name state_adapter_name(const struct state *st, uint32_t adapter)
{
	struct state_name name;

	snprintf(name.text, sizeof(name.text), "%s/%s", st->client,
		st->adapter[adapter].config.name);
	return name;
}

void state_status(const struct state *st, uint32_t adapter, struct adapter_status *out)
{
	const struct adapter *a = &st->adapter[adapter];

	memset(out, 0, sizeof(*out)); /* padding too: it is compared as bytes */
	out->known = true;
	strcpy(out->adapter, state_adapter_name(st, adapter).text);
	out->id = a->config.id;
	out->live = adapter_live(a);
	out->start = a->start;
	out->incarnation = out->live >= 0 ? a->path[out->live].incarnation : 0;
	out->client_connected = a->session.connected;
	out->profile_pending = adapter_pending(a);
	for (uint32_t i = 0; i < st->n_vios; i++) {
		const struct path *p = &a->path[i];

		out->paths[i].known = true;
		out->paths[i].phase = select_told(p->phase);
		out->paths[i].state = p->state;
		out->paths[i].generation = p->generation;
		strcpy(out->paths[i].reason, p->reason);
	}
}

void state_frame(const struct state *st, struct model_frame *out)
{
	*out = (struct model_frame){.n_vios = st->n_vios};
	for (uint32_t i = 0; i < st->n_vios; i++)
		memcpy(out->vios[i].name, st->vios[i].name, sizeof(out->vios[i].name));
}
