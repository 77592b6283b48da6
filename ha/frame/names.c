/* SPDX-License-Identifier: BSD-3-Clause */
/* names.c - a table of adapters. Pure; main thread; owned by the daemon. Ids are never used again,
 * so entries stay. */
#include "ha/frame/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vios-core/model/frame_config.h"

void names_init(struct names *names, const struct model_frame *frame)
{
	char text[NAMES_TEXT];

	names->n = 0;
	for (size_t c = 0; c < frame->n_clients; c++)
		for (size_t a = 0; a < frame->clients[c].n_adapters; a++) {
			const struct model_client *client = &frame->clients[c];

			snprintf(text, sizeof(text), "%s/%s", client->name,
				client->adapters[a].name);
			names_learn(names, client->adapters[a].id, text);
		}
}

int names_learn(struct names *names, uint32_t id, const char *text)
{
	const char *known = names_text(names, id);
	size_t len = strlen(text);

	if (known)
		return strcmp(known, text) == 0 ? 0 : -EEXIST;
	if (names->n == NAMES_MAX || len >= NAMES_TEXT)
		return -ENOSPC;
	names->v[names->n].id = id;
	memcpy(names->v[names->n].text, text, len + 1);
	names->n++;
	return 0;
}

const char *names_text(const struct names *names, uint32_t id)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->v[i].id == id)
			return names->v[i].text;
	return NULL;
}

uint32_t names_id(const struct names *names, const char *text)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i].text, text) == 0)
			return names->v[i].id;
	return 0;
}
