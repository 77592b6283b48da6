/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * schema.c - fills structs from JSON by a table. Pure; any thread; the caller owns the struct and
 * the arrays that are allocated in it, also after faults. A member that is wrong keeps zero and
 * costs one fault; the others are still read, so that the operator sees everything at once.
 */
#include "vios-core/model/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void push_text(struct schema *s, const char *text, size_t len)
{
	size_t room = sizeof(s->path) - 1 - s->path_len;

	if (len > room)
		len = room;
	memcpy(s->path + s->path_len, text, len);
	s->path_len += len;
	s->path[s->path_len] = '\0';
}

size_t schema_push(struct schema *s, const char *name, size_t index)
{
	size_t was = s->path_len;
	char number[24];

	if (name != NULL) {
		push_text(s, ".", was > 0);
		push_text(s, name, strlen(name));
	} else {
		push_text(s, number, (size_t)snprintf(number, sizeof(number), "[%zu]", index));
	}
	return was;
}

void schema_pop(struct schema *s, size_t was)
{
	s->path_len = was;
	s->path[was] = '\0';
}

void schema_fault(struct schema *s, const char *fmt, ...)
{
	struct model_faults *faults = s->faults;
	size_t at = faults->n++;
	va_list ap;
	int n;

	if (at >= MODEL_FAULTS_MAX)
		return;
	faults->path_len[at] = s->path_len;
	n = snprintf(
		faults->text[at], MODEL_FAULT_TEXT, "%s%s", s->path, s->path_len > 0 ? ": " : "");
	va_start(ap, fmt);
	vsnprintf(faults->text[at] + n, MODEL_FAULT_TEXT - (size_t)n, fmt, ap);
	va_end(ap);
}

struct schema_text schema_show(json_t *value)
{
	/* json_dumpb() leaves holes where a piece does not fit. */
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	struct schema_text out = {""};
	const size_t room = sizeof(out.text) - 1;

	if (text != NULL)
		strncpy(out.text, text, room);
	if (text != NULL && strlen(text) > room)
		memcpy(out.text + room - 3, "...", 3);
	free(text);
	return out;
}

static void set_uint(const struct schema_field *f, void *object, uint64_t value)
{
	char *at = (char *)object + f->offset;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;

	if (f->size == sizeof(u16))
		memcpy(at, &u16, sizeof(u16));
	else if (f->size == sizeof(u32))
		memcpy(at, &u32, sizeof(u32));
	else
		memcpy(at, &value, sizeof(value));
}

static void read_uint(struct schema *s, const struct schema_field *f, void *object, json_t *value)
{
	json_int_t n = json_integer_value(value);

	if (value == NULL)
		set_uint(f, object, f->def);
	else if (!json_is_integer(value) || n < 0 || (uint64_t)n < f->min || (uint64_t)n > f->max)
		schema_fault(s, "%s is not a whole number from %llu to %llu; set one",
			schema_show(value).text, (unsigned long long)f->min,
			(unsigned long long)f->max);
	else
		set_uint(f, object, (uint64_t)n);
}

static void read_bool(struct schema *s, const struct schema_field *f, void *object, json_t *value)
{
	bool *to = (bool *)((char *)object + f->offset);

	if (value == NULL)
		*to = f->def != 0;
	else if (!json_is_boolean(value))
		schema_fault(s, "%s is neither true nor false; write one of them without quotes",
			schema_show(value).text);
	else
		*to = json_is_true(value);
}

static void read_name(struct schema *s, const struct schema_field *f, void *object, json_t *value)
{
	const char *text = json_string_value(value);

	if (value == NULL || (f->empty && text != NULL && text[0] == '\0'))
		return;
	if (text == NULL || !model_name_valid(text))
		schema_fault(s,
			"%s is not a name; use a letter and up to %d more of letters, digits, _ "
			"and -",
			schema_show(value).text, MODEL_NAME_MAX - 1);
	else
		memcpy((char *)object + f->offset, text, strlen(text) + 1);
}

static bool printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x21 || *text > 0x7e)
			return false;
	}
	return true;
}

static void read_text(struct schema *s, const struct schema_field *f, void *object, json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = text != NULL ? strlen(text) : 0;

	if (value == NULL)
		return;
	if (text == NULL || (len < 1 && !f->empty) || len > f->max || !printable(text))
		schema_fault(s,
			"%s is not a text of %d to %llu printable characters without spaces; mend "
			"it",
			schema_show(value).text, f->empty ? 0 : 1, (unsigned long long)f->max);
	else
		memcpy((char *)object + f->offset, text, len + 1);
}

static void read_word(struct schema *s, const struct schema_field *f, void *object, json_t *value)
{
	const char *text = json_string_value(value);
	char known[96] = "";
	int word = (int)f->def;
	size_t len = 0;

	if (value != NULL) {
		for (word = 0; f->words[word] != NULL; word++) {
			if (text != NULL && strcmp(text, f->words[word]) == 0)
				break;
		}
	}
	if (f->words[word] != NULL) {
		memcpy((char *)object + f->offset, &word, sizeof(word));
		return;
	}
	for (size_t i = 0; f->words[i] != NULL && len < sizeof(known); i++)
		len += (size_t)snprintf(known + len, sizeof(known) - len, "%s\"%s\"",
			i > 0 ? ", " : "", f->words[i]);
	schema_fault(s, "%s is none of %s; use one of them", schema_show(value).text, known);
}

static void *array_room(const struct schema_field *f, void *object, size_t n)
{
	char *at = (char *)object + f->offset;
	void *elements;

	if (!f->allocated)
		return at;
	elements = calloc(n > 0 ? n : 1, f->size);
	memcpy(at, &elements, sizeof(elements));
	return elements;
}

static void read_array(struct schema *s, const struct schema_field *f, void *object, json_t *value)
{
	size_t n = json_array_size(value);
	char *elements;

	if (value == NULL)
		return;
	if (!json_is_array(value)) {
		schema_fault(s, "%s is not a list; write [ ... ]", schema_show(value).text);
		return;
	}
	if (n < f->min || n > f->max) {
		schema_fault(s, "has %zu elements; it must have %llu to %llu", n,
			(unsigned long long)f->min, (unsigned long long)f->max);
		n = n < f->max ? n : f->max;
	}
	elements = array_room(f, object, n);
	if (elements == NULL) {
		s->no_memory = true;
		return;
	}
	memcpy((char *)object + f->count_offset, &n, sizeof(n));
	for (size_t i = 0; i < n; i++) {
		size_t was = schema_push(s, NULL, i);

		if (f->init != NULL)
			f->init(elements + i * f->size);
		schema_object(s, f->fields, elements + i * f->size, json_array_get(value, i));
		schema_pop(s, was);
	}
}

void schema_value(struct schema *s, const struct schema_field *f, void *object, json_t *value)
{
	switch (f->kind) {
	case SCHEMA_UINT:
		read_uint(s, f, object, value);
		break;
	case SCHEMA_BOOL:
		read_bool(s, f, object, value);
		break;
	case SCHEMA_NAME:
		read_name(s, f, object, value);
		break;
	case SCHEMA_TEXT:
		read_text(s, f, object, value);
		break;
	case SCHEMA_WORD:
		read_word(s, f, object, value);
		break;
	case SCHEMA_UINTS:
	case SCHEMA_NAMES:
		schema_list(s, f, object, value);
		break;
	case SCHEMA_MAP:
		schema_map(s, f, object, value);
		break;
	case SCHEMA_OBJECT:
		schema_object(s, f->fields, (char *)object + f->offset, value);
		break;
	case SCHEMA_ARRAY:
		read_array(s, f, object, value);
		break;
	case SCHEMA_CUSTOM:
		f->fn(s, (char *)object + f->offset, value);
		break;
	}
}

static const char *field_suggest(const struct schema_field *fields, const char *name)
{
	const char *found = NULL;
	size_t best = SIZE_MAX;

	for (const struct schema_field *f = fields; f->name != NULL; f++) {
		if (suggest_nearer(name, f->name, &best))
			found = f->name;
	}
	return found;
}

static void fault_unknown(struct schema *s, const struct schema_field *fields, const char *name)
{
	const char *meant = field_suggest(fields, name);

	if (meant != NULL)
		schema_fault(
			s, "there is no member \"%.40s\" here; did you mean \"%s\"?", name, meant);
	else
		schema_fault(s, "there is no member \"%.40s\" here; remove it", name);
}

static bool field_known(const struct schema_field *fields, const char *name)
{
	for (const struct schema_field *f = fields; f->name != NULL; f++) {
		if (strcmp(f->name, name) == 0)
			return true;
	}
	return false;
}

void schema_object(struct schema *s, const struct schema_field *fields, void *object, json_t *value)
{
	const char *name;
	json_t *member;

	if (value != NULL && !json_is_object(value)) {
		schema_fault(s, "%s is not an object; write { ... }", schema_show(value).text);
		return;
	}
	json_object_foreach(value, name, member)
	{
		if (!s->lenient && !field_known(fields, name))
			fault_unknown(s, fields, name);
	}
	for (const struct schema_field *f = fields; f->name != NULL; f++) {
		size_t was = schema_push(s, f->name, 0);

		member = json_object_get(value, f->name);
		if (member == NULL && f->required && value != NULL)
			schema_fault(s, "is missing; add it");
		else
			schema_value(s, f, object, member);
		schema_pop(s, was);
	}
}
