/* SPDX-License-Identifier: BSD-3-Clause */
/* names.c - a table of adapters. Pure; main thread; owned by the daemon. */
#include "ha/frame/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vios-core/model/frame_config.h"

void names_init(struct names *names, const struct model_frame *frame)
{
	char text[NAMES_TEXT];

	names->n = 0;
	names->clock = 0;
	for (size_t c = 0; c < frame->n_clients; c++)
		for (size_t a = 0; a < frame->clients[c].n_adapters; a++) {
			const struct model_client *client = &frame->clients[c];

			snprintf(text, sizeof(text), "%s/%s", client->name,
				client->adapters[a].name);
			names_learn(names, client->adapters[a].id, text);
		}
}

static size_t find(const struct names *names, uint32_t id)
{
	size_t i = 0;

	while (i < names->n && names->v[i].id != id)
		i++;
	return i;
}

/* A new place, or that of the id that was heard of first. */
static size_t place(struct names *names)
{
	size_t oldest = 0;

	if (names->n < NAMES_MAX)
		return names->n++;
	for (size_t i = 1; i < NAMES_MAX; i++)
		if (names->v[i].heard < names->v[oldest].heard)
			oldest = i;
	return oldest;
}

int names_set(struct names *names, uint32_t id, const char *text)
{
	const size_t len = strlen(text);
	size_t i = find(names, id);

	if (len >= NAMES_TEXT)
		return -ENAMETOOLONG;
	if (i == names->n)
		i = place(names);
	names->v[i].id = id;
	names->v[i].heard = ++names->clock;
	memcpy(names->v[i].text, text, len + 1);
	return 0;
}

int names_learn(struct names *names, uint32_t id, const char *text)
{
	const char *known = names_text(names, id);

	return known && strcmp(known, text) != 0 ? -EEXIST : names_set(names, id, text);
}

const char *names_text(const struct names *names, uint32_t id)
{
	const size_t i = find(names, id);

	return i < names->n ? names->v[i].text : NULL;
}
