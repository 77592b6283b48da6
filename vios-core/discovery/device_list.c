// SPDX-License-Identifier: BSD-3-Clause
/*
 * device_list.c - an answer that would not fit into a line would cost the asker its connection, so
 * a list stops at a bound. Pure; jansson on memory only.
 */
#include "vios-core/discovery/device_list.h"

#include <errno.h>
#include <string.h>

int device_list_init(struct device_list *list)
{
	*list = (struct device_list){.array = json_array()};
	return list->array ? 0 : -ENOMEM;
}

void device_list_fini(struct device_list *list)
{
	json_decref(list->array);
	list->array = NULL;
}

int device_list_add(struct device_list *list, json_t *device)
{
	size_t bytes = device ? json_dumpb(device, NULL, 0, JSON_COMPACT) + 1 : 0;

	if (bytes <= 1) {
		json_decref(device);
		return -ENOMEM;
	}
	if (list->cut || bytes > DEVICE_LIST_TEXT_MAX - list->text_bytes) {
		list->cut = true;
		json_decref(device);
		return 0;
	}
	list->text_bytes += bytes;
	return json_array_append_new(list->array, device) < 0 ? -ENOMEM : 0;
}

/* {"CLASS/NAME": device}; borrowed from the list's life. */
static json_t *index_of(const json_t *list)
{
	json_t *index = json_object();

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *device = json_array_get(list, i);
		json_t *key =
			json_sprintf("%s/%s", json_string_value(json_object_get(device, "class")),
				json_string_value(json_object_get(device, "name")));
		json_object_set(index, json_string_value(key), device);
		json_decref(key);
	}
	return index;
}

bool device_list_diff(const json_t *old, const json_t *now,
	void (*tell)(const char *what, const json_t *device, void *user), void *user)
{
	json_t *before = index_of(old), *after = index_of(now), *device;
	bool differ = false;
	const char *key;

	json_object_foreach(before, key, device)
	{
		if (json_object_get(after, key))
			continue;
		differ = true;
		tell("removed", device, user);
	}
	json_object_foreach(after, key, device)
	{
		const json_t *was = json_object_get(before, key);
		if (was && json_equal(was, device))
			continue;
		differ = true;
		tell(was ? "changed" : "added", device, user);
	}
	json_decref(before);
	json_decref(after);
	return differ;
}
