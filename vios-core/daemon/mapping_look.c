// SPDX-License-Identifier: BSD-3-Clause
/*
 * mapping_look.c - writes and reads the viosds' questions and answers about devices. Pure; the
 * caller owns what it gets. The other side's text is hostile: bounded by the group's messages,
 * copied into fixed fields, made printable.
 */
#include "vios-core/daemon/mapping_look.h"

#include <stdio.h>
#include <string.h>

/* Cut to what fits; what is not printable becomes a question mark. */
static void copy_text(const json_t *value, char *out, size_t size)
{
	const char *text = json_string_value(value);

	snprintf(out, size, "%s", text ? text : "");
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
			*c = '?';
}

static void read_warnings(const json_t *list, struct mapping_look *out)
{
	for (size_t i = 0; i < json_array_size(list) && i < MAPPING_WARNINGS; i++)
		copy_text(json_array_get(list, i), out->warning[out->n_warnings++],
			sizeof(out->warning[0]));
}

void mapping_look_read(const json_t *look, struct mapping_look *out)
{
	const json_t *size = json_object_get(look, "size_bytes");
	const json_t *block = json_object_get(look, "block_bytes");

	*out = (struct mapping_look){.told = json_is_object(look)};
	if (!out->told)
		return;
	copy_text(json_object_get(look, "fault"), out->fault, sizeof(out->fault));
	if (out->fault[0])
		return;
	copy_text(json_object_get(look, "node"), out->node, sizeof(out->node));
	copy_text(json_object_get(look, "identity"), out->identity, sizeof(out->identity));
	copy_text(json_object_get(look, "wwid"), out->wwid, sizeof(out->wwid));
	copy_text(json_object_get(look, "sample"), out->sample, sizeof(out->sample));
	read_warnings(json_object_get(look, "warnings"), out);
	if (!json_is_integer(size) || json_integer_value(size) <= 0 || !json_is_integer(block) ||
		json_integer_value(block) <= 0 || json_integer_value(block) > UINT16_MAX) {
		snprintf(out->fault, sizeof(out->fault), "its size is not told");
		return;
	}
	out->size_bytes = (uint64_t)json_integer_value(size);
	out->block_bytes = (uint32_t)json_integer_value(block);
}

char *mapping_ask_write(const char *to, const struct mapping_ask *ask)
{
	json_t *list = json_array(), *object;
	char *text;

	for (size_t i = 0; i < ask->n; i++)
		json_array_append_new(list, json_pack("{s:s, s:i}", "path", ask->list[i].path,
						    "block_bytes", (int)ask->list[i].block_bytes));
	object = json_pack(
		"{s:s, s:I, s:o}", "to", to, "ask", (json_int_t)ask->number, "list", list);
	text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	json_decref(object);
	return text;
}

char *mapping_answer_write(const char *to, uint64_t number, const json_t *looks)
{
	json_t *object = json_pack(
		"{s:s, s:I, s:O}", "to", to, "answer", (json_int_t)number, "list", (json_t *)looks);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	return text;
}

static bool read_device(const json_t *one, struct mapping_device *out)
{
	const json_t *path = json_object_get(one, "path");
	const json_t *block = json_object_get(one, "block_bytes");

	if (!json_is_string(path) || json_string_length(path) > CONFIG_PATH_MAX ||
		json_string_value(path)[0] != '/' || !json_is_integer(block) ||
		json_integer_value(block) < 0 || json_integer_value(block) > UINT16_MAX)
		return false;
	strcpy(out->path, json_string_value(path));
	out->block_bytes = (uint32_t)json_integer_value(block);
	return true;
}

static enum mapping_word read_ask(const json_t *list, uint64_t number, struct mapping_ask *ask)
{
	*ask = (struct mapping_ask){.number = number};
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!read_device(json_array_get(list, i), &ask->list[ask->n++]))
			return MAPPING_NONE;
	return MAPPING_ASK;
}

static bool number_of(const json_t *value, uint64_t *out)
{
	if (!json_is_integer(value) || json_integer_value(value) <= 0)
		return false;
	*out = (uint64_t)json_integer_value(value);
	return true;
}

enum mapping_word mapping_read(const char *text, size_t text_bytes, const char *self,
	struct mapping_ask *ask, uint64_t *number, json_t **looks)
{
	json_t *object = json_loadb(text, text_bytes, JSON_REJECT_DUPLICATES, NULL);
	json_t *list = json_object_get(object, "list");
	const char *to = json_string_value(json_object_get(object, "to"));
	enum mapping_word word = MAPPING_NONE;

	if (!to || strcmp(to, self) != 0 || json_array_size(list) == 0 ||
		json_array_size(list) > MAPPING_BATCH) {
		word = MAPPING_NONE;
	} else if (number_of(json_object_get(object, "ask"), number)) {
		word = read_ask(list, *number, ask);
	} else if (number_of(json_object_get(object, "answer"), number)) {
		*looks = json_incref(list);
		word = MAPPING_ANSWER;
	}
	json_decref(object);
	return word;
}
