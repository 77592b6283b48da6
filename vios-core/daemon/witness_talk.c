/* SPDX-License-Identifier: BSD-3-Clause */
/* witness_talk.c - see witness_talk.h. Pure; any thread. */
#include "vios-core/daemon/witness_talk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static json_t *ids_json(const struct stamp_ids *ids)
{
	json_t *list;

	if (ids->all)
		return json_string("all");
	list = json_array();
	for (uint32_t i = 0; i < ids->n; i++)
		json_array_append_new(list, json_integer(ids->id[i]));
	return list;
}

json_t *witness_raise_params(const char *vios, const struct replica_action *raise)
{
	const struct stamp_mark *from = &raise->expect, *to = &raise->wanted;

	return json_pack("{s:s, s:{s:I, s:I, s:s}, s:I, s:I, s:s, s:o, s:b}", "vios", vios,
		"expect", "epoch", (json_int_t)from->epoch, "version", (json_int_t)from->version,
		"digest", from->digest, "epoch", (json_int_t)to->epoch, "version",
		(json_int_t)to->version, "digest", to->digest, "changed", ids_json(&raise->changed),
		"in_step", (int)raise->in_step);
}

static bool read_text(const json_t *from, const char *member, char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(from, member));

	return text && (size_t)snprintf(to, size, "%s", text) < size;
}

static bool read_count(const json_t *from, const char *member, uint64_t *to)
{
	const json_t *value = json_object_get(from, member);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*to = (uint64_t)json_integer_value(value);
	return true;
}

static bool read_ids(const json_t *value, struct stamp_ids *to)
{
	const char *word = json_string_value(value);

	to->all = (word && strcmp(word, "all") == 0) || json_array_size(value) > STAMP_IDS;
	if (to->all)
		return true;
	if (!json_is_array(value))
		return false;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *id = json_array_get(value, i);

		if (!json_is_integer(id) || json_integer_value(id) < 1 ||
			json_integer_value(id) > UINT32_MAX)
			return false;
		to->id[to->n++] = (uint32_t)json_integer_value(id);
	}
	return true;
}

int witness_answer_read(const json_t *result, struct replica_witness *out)
{
	*out = (struct replica_witness){0};
	if (!json_is_null(json_object_get(result, "holder")) &&
		!read_text(result, "holder", out->holder, sizeof(out->holder)))
		return -EBADMSG;
	if (!read_count(result, "epoch", &out->mark.epoch) ||
		!read_count(result, "version", &out->mark.version) ||
		!read_text(result, "digest", out->mark.digest, sizeof(out->mark.digest)) ||
		!read_ids(json_object_get(result, "changed"), &out->changed))
		return -EBADMSG;
	return 0;
}
