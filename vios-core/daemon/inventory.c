// SPDX-License-Identifier: BSD-3-Clause
/* inventory.c - one entry an adapter. Pure; viosd's one thread owns the struct. */
#include "vios-core/daemon/inventory.h"

#include "vios-core/model/quarantine_note.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int inventory_init(struct inventory *inventory, const struct model_frame *frame)
{
	size_t n = 0;

	for (size_t c = 0; c < frame->n_clients; c++)
		n += frame->clients[c].n_adapters;
	*inventory = (struct inventory){.frame = frame};
	inventory->list = calloc(n ? n : 1, sizeof(*inventory->list));
	if (!inventory->list)
		return -ENOMEM;
	for (size_t c = 0; c < frame->n_clients; c++) {
		const struct model_client *client = &frame->clients[c];
		for (size_t a = 0; a < client->n_adapters; a++) {
			struct inventory_adapter *entry = &inventory->list[inventory->n++];
			snprintf(entry->name, sizeof(entry->name), "%s/%s", client->name,
				client->adapters[a].name);
			entry->client = c;
			entry->model = &client->adapters[a];
			entry->path.state = MODEL_PATH_UNAVAILABLE;
			entry->report.live = -1;
		}
	}
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	const struct inventory_adapter *x = a, *y = b;

	return x->model->id < y->model->id ? -1 : x->model->id > y->model->id;
}

static void carry_over(struct inventory_adapter *to, const struct inventory_adapter *from)
{
	to->path = from->path;
	to->quarantined = from->quarantined;
	to->held = from->held;
	to->target_known = from->target_known;
	to->target_serves = from->target_serves;
	to->target_is_current = from->target_is_current;
	to->target_failed = from->target_failed;
	to->peer_is_better = from->peer_is_better;
	to->noted_quarantined = from->noted_quarantined;
	to->noted_held = from->noted_held;
	if (strcmp(to->name, from->name) == 0)
		to->report = from->report;
}

int inventory_follow(struct inventory *inventory, const struct model_frame *frame)
{
	struct inventory next;
	int r = inventory_init(&next, frame);

	if (r < 0)
		return r;
	qsort(inventory->list, inventory->n, sizeof(*inventory->list), compare_ids);
	for (size_t i = 0; i < next.n; i++) {
		const struct inventory_adapter *from = bsearch(&next.list[i], inventory->list,
			inventory->n, sizeof(*inventory->list), compare_ids);
		if (from)
			carry_over(&next.list[i], from);
	}
	inventory_fini(inventory);
	*inventory = next;
	return 0;
}

void inventory_fini(struct inventory *inventory)
{
	free(inventory->list);
	inventory->list = NULL;
	inventory->n = 0;
}

long inventory_client(const struct inventory *inventory, const char *name)
{
	for (size_t i = 0; name && i < inventory->frame->n_clients; i++)
		if (strcmp(inventory->frame->clients[i].name, name) == 0)
			return (long)i;
	return -1;
}

struct inventory_adapter *inventory_of_client(
	const struct inventory *inventory, size_t client, size_t *n)
{
	size_t first = 0;

	for (size_t c = 0; c < client; c++)
		first += inventory->frame->clients[c].n_adapters;
	*n = inventory->frame->clients[client].n_adapters;
	return &inventory->list[first];
}

/* By client first: there may be thousands of adapters, and a mux reports each of its own often. */
struct inventory_adapter *inventory_find(const struct inventory *inventory, const char *name)
{
	const char *slash = name ? strchr(name, '/') : NULL;
	char client_name[MODEL_NAME_MAX + 1] = "";
	size_t n;

	if (!slash || slash - name > MODEL_NAME_MAX)
		return NULL;
	memcpy(client_name, name, (size_t)(slash - name));
	long client = inventory_client(inventory, client_name);
	if (client < 0)
		return NULL;
	struct inventory_adapter *first = inventory_of_client(inventory, (size_t)client, &n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(first[i].model->name, slash + 1) == 0)
			return &first[i];
	return NULL;
}

bool inventory_quarantine(struct inventory *inventory, const json_t *note)
{
	bool changed = false;

	for (size_t i = 0; i < inventory->n; i++) {
		struct inventory_adapter *entry = &inventory->list[i];
		bool quarantined = quarantine_note_bans(note, entry->model->id, entry->name);
		bool held = quarantine_note_holds(note, entry->model->id, entry->name);
		changed |= quarantined != entry->quarantined || held != entry->held;
		entry->quarantined = quarantined;
		entry->held = held;
	}
	return changed;
}

bool inventory_update(
	struct inventory *inventory, const struct path_facts *facts, uint64_t *clock, bool *changed)
{
	bool any = false;

	for (size_t i = 0; i < inventory->n; i++) {
		struct inventory_adapter *entry = &inventory->list[i];
		struct path_facts own = facts[entry->sea];
		if (entry->model->type == MODEL_SCSI && !entry->target_known)
			continue;
		own.yields |= entry->leaves;
		if (entry->model->type == MODEL_SCSI)
			own = (struct path_facts){.serving = entry->target_serves,
				.stale = !entry->target_is_current,
				.failed = entry->target_failed,
				.peer_is_better = entry->peer_is_better};
		own.poisonous = entry->quarantined || entry->held;
		own.behind = entry->behind;
		if (path_update(&entry->path, &own, clock)) {
			changed[entry->client] = true;
			any = true;
		}
	}
	return any;
}
