/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * schema.h - private to vios-core/model: JSON objects into structs by a table of fields. Pure.
 * One table drives names, places, defaults, limits and the texts of faults; all faults are
 * collected.
 */
#ifndef VIOS_MODEL_SCHEMA_H
#define VIOS_MODEL_SCHEMA_H

#include <jansson.h>

#include "vios-core/model/frame_config.h"

#define SCHEMA_PATH_MAX 128

struct schema {
	struct model_faults *faults;
	bool no_memory;
	size_t path_len;
	char path[SCHEMA_PATH_MAX]; /* of the value at hand: "clients[0].adapters[1]" */
};

enum schema_kind {
	SCHEMA_UINT, /* uint16_t or uint32_t at offset, min to max */
	SCHEMA_BOOL,
	SCHEMA_NAME,   /* model_name_valid(), char[MODEL_NAME_MAX + 1] */
	SCHEMA_TEXT,   /* 1 to max printable characters without a space, char[max + 1] */
	SCHEMA_OBJECT, /* fields[] of the same struct */
	SCHEMA_ARRAY,  /* min to max elements of fields[] */
	SCHEMA_CUSTOM, /* fn */
};

struct schema_field {
	const char *name;
	enum schema_kind kind;
	bool required;
	size_t offset; /* in the struct of the object that holds the field */
	size_t size;   /* of the member; ARRAY: of one element */
	uint64_t min, max, def;
	const struct schema_field *fields; /* ends with a NULL name */
	size_t count_offset;		   /* ARRAY: a size_t */
	bool allocated; /* ARRAY: a pointer at offset, else the elements themselves */
	/* value NULL: not there, set the default; else report what is wrong with it. */
	void (*fn)(struct schema *s, void *object, json_t *value);
};

/* value: NULL for an optional object that is not there (its fields get their defaults). */
void schema_object(
	struct schema *s, const struct schema_field *fields, void *object, json_t *value);

/* "PATH: ..." at the present path. */
void schema_fault(struct schema *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A value as JSON, cut to fit: for messages. */
struct schema_text {
	char text[48];
};
struct schema_text schema_show(json_t *value);

/* schema_push() appends ".name" or "[index]" (name NULL); schema_pop() returns to what it returned.
 */
size_t schema_push(struct schema *s, const char *name, size_t index);
void schema_pop(struct schema *s, size_t was);

/* suggest.c: whether candidate is nearer to text than *best (start with SIZE_MAX), and near enough
 * to ask "did you mean". */
bool suggest_nearer(const char *text, const char *candidate, size_t *best);

#endif
