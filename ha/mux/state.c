/* SPDX-License-Identifier: BSD-3-Clause */
/* state.c - the first state of a mux, from the frame's configuration. Pure; owns nothing. */
#include "ha/mux/state.h"

#include <string.h>

int state_find_vios(const struct state *st, const char *name)
{
	for (uint32_t i = 0; name && i < st->n_vios; i++)
		if (strcmp(st->vios[i].name, name) == 0)
			return (int)i;
	return -1;
}

void state_init(struct state *st, const struct model_frame *frame,
	const struct model_client *client, uint64_t start)
{
	memset(st, 0, sizeof(*st));
	memcpy(st->client, client->name, sizeof(st->client));
	st->allow_unsealed = client->allow_unsealed;
	st->n_vios = (uint32_t)frame->n_vios;
	for (uint32_t i = 0; i < st->n_vios; i++) {
		memcpy(st->vios[i].name, frame->vios[i].name, sizeof(st->vios[i].name));
		st->vios[i].pidfd = -1;
	}
	for (size_t i = 0; i < client->n_adapters; i++) {
		const struct model_adapter *config = &client->adapters[i];

		if (config->type != MODEL_ETHERNET)
			continue;
		adapter_init(&st->adapter[st->n_adapters++], config, frame->hang_ms, st->n_vios,
			state_find_vios(st, config->preferred), start);
	}
	st->set_up = true;
}
