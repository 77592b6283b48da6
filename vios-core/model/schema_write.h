/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * schema_write.h - private to vios-core/model: structs to JSON text by the table that reads them.
 * Pure. Members come in the table's order: a table in alphabetical order gives the text that
 * jansson writes with JSON_COMPACT | JSON_SORT_KEYS.
 */
#ifndef VIOS_MODEL_SCHEMA_WRITE_H
#define VIOS_MODEL_SCHEMA_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct schema_field;

struct schema_out {
	char *text; /* terminated; free() it */
	size_t len, room;
	bool no_memory; /* nothing after it was written */
};

void schema_put(struct schema_out *out, const char *bytes, size_t len);
void schema_put_literal(struct schema_out *out, const char *text);
/* In quotation marks. text: printable ASCII, as the schema's texts and names are. */
void schema_put_string(struct schema_out *out, const char *text);
void schema_put_uint(struct schema_out *out, uint64_t value);

/* { ... }. A NAME or TEXT that is "" is left out unless its row allows it to be empty. */
void schema_write(struct schema_out *out, const struct schema_field *fields, const void *object);
/* The same as a value, or NULL: no memory. */
json_t *schema_json(const struct schema_field *fields, const void *object);

#endif
