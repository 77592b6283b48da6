// SPDX-License-Identifier: BSD-3-Clause
/* jx.c - looking into JSON from elsewhere. Pure; what is borrowed lives as long as the JSON. */
#include "vios-core/cli/jx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

/* Nearly always there is nothing to clean, and a copy of a large state costs more than a look. */
static bool is_clean(const json_t *value)
{
	const json_t *inner;
	const char *key;
	size_t i;

	if (json_is_string(value))
		return is_printable(json_string_value(value));
	json_array_foreach(value, i, inner) if (!is_clean(inner)) return false;
	json_object_foreach((json_t *)value, key,
		inner) if (!is_printable(key) || !is_clean(inner)) return false;
	return true;
}

static char *printable(const char *text)
{
	char *copy = strdup(text);

	for (char *at = copy; at && *at; at++)
		if (*at < 0x20 || *at > 0x7e)
			*at = '?';
	return copy;
}

static json_t *clean_string(const json_t *value)
{
	char *text = printable(json_string_value(value));
	json_t *copy = text ? json_string(text) : NULL;

	free(text);
	return copy;
}

static json_t *clean_copy(const json_t *value);

static json_t *clean_object(const json_t *value)
{
	json_t *copy = json_object(), *member;
	const char *key;

	json_object_foreach((json_t *)value, key, member)
	{
		char *name = printable(key);
		if (name)
			json_object_set_new(copy, name, clean_copy(member));
		free(name);
	}
	return copy;
}

static json_t *clean_copy(const json_t *value)
{
	json_t *copy, *element;
	size_t i;

	if (json_is_string(value))
		return clean_string(value);
	if (json_is_object(value))
		return clean_object(value);
	if (!json_is_array(value))
		return json_incref((json_t *)value);
	copy = json_array();
	json_array_foreach(value, i, element) json_array_append_new(copy, clean_copy(element));
	return copy;
}

json_t *jx_clean(const json_t *value)
{
	return is_clean(value) ? json_incref((json_t *)value) : clean_copy(value);
}

const char *jx_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

json_int_t jx_int(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

bool jx_is(const json_t *object, const char *key, const char *text)
{
	const char *is = json_string_value(json_object_get(object, key));

	return is && strcmp(is, text) == 0;
}

json_t *jx_find(const json_t *list, const char *key, const char *text)
{
	json_t *element;
	size_t i;

	json_array_foreach(list, i, element) if (jx_is(element, key, text)) return element;
	return NULL;
}

bool jx_list_has(const json_t *list, const json_t *value)
{
	json_t *element;
	size_t i;

	json_array_foreach(list, i, element) if (json_equal(element, value)) return true;
	return false;
}

/* Appends to a text that is cut at its end. */
static void append(struct jx_value *to, const char *text)
{
	size_t length = strlen(to->text);

	snprintf(to->text + length, sizeof(to->text) - length, "%s", text);
}

struct jx_value jx_show(const json_t *value)
{
	struct jx_value shown = {""};
	json_t *element;
	size_t i;

	if (json_is_string(value))
		append(&shown, json_string_value(value));
	else if (json_is_integer(value))
		snprintf(shown.text, sizeof(shown.text), "%lld",
			(long long)json_integer_value(value));
	else if (json_is_boolean(value))
		append(&shown, json_is_true(value) ? "true" : "false");
	json_array_foreach(value, i, element)
	{
		struct jx_value one = {""};
		if (!json_is_array(element))
			one = jx_show(element);
		append(&shown, i ? "," : "");
		append(&shown, one.text);
	}
	return shown;
}

void jx_put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

void jx_put_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_string(text));
}

uint32_t jx_crc32(const char *bytes, size_t n)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= (uint8_t)bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}
