/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * schema_write.c - structs to JSON text by a table of fields. Pure; any thread; the caller owns the
 * text. Text is written directly, because a state with thousands of objects is written at every
 * change, and sorting the members of each would take most of the time.
 */
#include "vios-core/model/schema_write.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/model/schema.h"

#define FIRST_ROOM 1024

static bool make_room(struct schema_out *out, size_t len)
{
	size_t room = out->room > 0 ? out->room : FIRST_ROOM;
	char *text;

	if (out->no_memory)
		return false;
	while (room - out->len <= len)
		room *= 2;
	text = realloc(out->text, room);
	out->no_memory = text == NULL;
	if (text == NULL)
		return false;
	out->text = text;
	out->room = room;
	return true;
}

void schema_put(struct schema_out *out, const char *bytes, size_t len)
{
	if (out->room - out->len <= len && !make_room(out, len))
		return;
	memcpy(out->text + out->len, bytes, len);
	out->len += len;
	out->text[out->len] = '\0';
}

void schema_put_literal(struct schema_out *out, const char *text)
{
	schema_put(out, text, strlen(text));
}

void schema_put_string(struct schema_out *out, const char *text)
{
	schema_put(out, "\"", 1);
	while (*text != '\0') {
		size_t plain = strcspn(text, "\"\\");

		schema_put(out, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		schema_put(out, "\\", 1);
		schema_put(out, text++, 1);
	}
	schema_put(out, "\"", 1);
}

void schema_put_uint(struct schema_out *out, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	schema_put(out, digits + at, sizeof(digits) - at);
}

static uint64_t uint_get(const void *at, size_t size)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	if (size == sizeof(u16)) {
		memcpy(&u16, at, sizeof(u16));
		return u16;
	}
	if (size == sizeof(u32)) {
		memcpy(&u32, at, sizeof(u32));
		return u32;
	}
	memcpy(&u64, at, sizeof(u64));
	return u64;
}

static size_t count_get(const struct schema_field *f, const void *object)
{
	size_t n;

	memcpy(&n, (const char *)object + f->count_offset, sizeof(n));
	return n;
}

static void write_value(struct schema_out *out, const struct schema_field *f, const void *object);

static void write_list(struct schema_out *out, const struct schema_field *f, const void *object)
{
	const char *at = (const char *)object + f->offset;
	size_t n = count_get(f, object);

	if (f->allocated)
		memcpy(&at, (const char *)object + f->offset, sizeof(at));
	schema_put(out, "[", 1);
	for (size_t i = 0; i < n; i++, at += f->size) {
		if (i > 0)
			schema_put(out, ",", 1);
		if (f->kind == SCHEMA_UINTS)
			schema_put_uint(out, uint_get(at, f->size));
		else if (f->kind == SCHEMA_NAMES)
			schema_put_string(out, at);
		else
			schema_write(out, f->fields, at);
	}
	schema_put(out, "]", 1);
}

static void write_map(struct schema_out *out, const struct schema_field *f, const void *object)
{
	const char *at = (const char *)object + f->offset;
	size_t n = count_get(f, object);

	schema_put(out, "{", 1);
	for (size_t i = 0; i < n; i++, at += f->size) {
		if (i > 0)
			schema_put(out, ",", 1);
		schema_put_string(out, at);
		schema_put(out, ":", 1);
		if (f->fields[0].name[0] == '\0')
			write_value(out, &f->fields[0], at);
		else
			schema_write(out, f->fields, at);
	}
	schema_put(out, "}", 1);
}

static void write_value(struct schema_out *out, const struct schema_field *f, const void *object)
{
	const char *at = (const char *)object + f->offset;
	bool truth;
	int word;

	switch (f->kind) {
	case SCHEMA_UINT:
		schema_put_uint(out, uint_get(at, f->size));
		break;
	case SCHEMA_BOOL:
		memcpy(&truth, at, sizeof(truth));
		schema_put_literal(out, truth ? "true" : "false");
		break;
	case SCHEMA_NAME:
	case SCHEMA_TEXT:
		schema_put_string(out, at);
		break;
	case SCHEMA_WORD:
		memcpy(&word, at, sizeof(word));
		schema_put_string(out, f->words[word]);
		break;
	case SCHEMA_UINTS:
	case SCHEMA_NAMES:
	case SCHEMA_ARRAY:
		write_list(out, f, object);
		break;
	case SCHEMA_OBJECT:
		schema_write(out, f->fields, at);
		break;
	case SCHEMA_MAP:
		write_map(out, f, object);
		break;
	case SCHEMA_CUSTOM:
		f->write(out, at);
		break;
	}
}

static bool left_out(const struct schema_field *f, const void *object)
{
	bool text = f->kind == SCHEMA_NAME || f->kind == SCHEMA_TEXT;
	int word;

	if (f->kind == SCHEMA_ARRAY || f->kind == SCHEMA_NAMES)
		return f->sparse && count_get(f, object) == 0;
	if (f->kind == SCHEMA_WORD && f->sparse) {
		memcpy(&word, (const char *)object + f->offset, sizeof(word));
		return word == (int)f->def;
	}
	if (f->kind == SCHEMA_UINT)
		return f->sparse && uint_get((const char *)object + f->offset, f->size) == f->def;
	if (f->kind == SCHEMA_BOOL)
		return f->sparse && ((const bool *)object)[f->offset] == (f->def != 0);
	return text && !f->empty && ((const char *)object)[f->offset] == '\0';
}

/* ,"name": in one go: most of a text is names. */
static void put_member(struct schema_out *out, const char *name, bool first)
{
	size_t len = strlen(name), at = 0;
	char member[MODEL_NAME_MAX + 4];

	assert(len <= MODEL_NAME_MAX);
	if (!first)
		member[at++] = ',';
	member[at++] = '"';
	memcpy(member + at, name, len);
	at += len;
	member[at++] = '"';
	member[at++] = ':';
	schema_put(out, member, at);
}

void schema_write(struct schema_out *out, const struct schema_field *fields, const void *object)
{
	bool first = true;

	schema_put(out, "{", 1);
	for (const struct schema_field *f = fields; f->name != NULL; f++) {
		size_t was = out->len, begin;

		if (left_out(f, object))
			continue;
		put_member(out, f->name, first);
		begin = out->len;
		write_value(out, f, object);
		if (out->len == begin)
			out->len = was;
		else
			first = false;
	}
	schema_put(out, "}", 1);
}

json_t *schema_json(const struct schema_field *fields, const void *object)
{
	struct schema_out out = {.text = NULL};
	json_t *json = NULL;

	schema_write(&out, fields, object);
	if (!out.no_memory)
		json = json_loadb(out.text, out.len, 0, NULL);
	free(out.text);
	return json;
}
