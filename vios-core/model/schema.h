/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * schema.h - private to vios-core/model: JSON objects into structs and back by a table of fields.
 * Pure. One table drives names, places, defaults, limits, help and the texts of faults; all faults
 * are collected.
 */
#ifndef VIOS_MODEL_SCHEMA_H
#define VIOS_MODEL_SCHEMA_H

#include <jansson.h>

#include "vios-core/model/frame_config.h"

#define SCHEMA_PATH_MAX 128

struct schema {
	struct model_faults *faults;
	bool no_memory;
	bool lenient; /* members that no row names are passed over: the writer may be newer */
	size_t path_len;
	char path[SCHEMA_PATH_MAX]; /* of the value at hand: "clients[0].adapters[1]" */
};

struct schema_out; /* schema_write.h */

enum schema_kind {
	SCHEMA_UINT, /* uint16_t, uint32_t or uint64_t at offset, min to max */
	SCHEMA_BOOL,
	SCHEMA_NAME,   /* model_name_valid(), char[MODEL_NAME_MAX + 1] */
	SCHEMA_TEXT,   /* 1 to max printable characters without a space, char[max + 1] */
	SCHEMA_WORD,   /* one of words[], its number in an enum; def: a number */
	SCHEMA_UINTS,  /* at most most uint16_t, each min to max; ascending, none twice */
	SCHEMA_NAMES,  /* at most most names, char[MODEL_NAME_MAX + 1] each; as UINTS */
	SCHEMA_OBJECT, /* fields[] of the struct at offset */
	SCHEMA_ARRAY,  /* min to max elements of fields[] */
	SCHEMA_MAP,    /* object with names as keys: at most max elements of fields[], which begin
			* with the key, ascending. One field called "": the value is that field. */
	SCHEMA_CUSTOM, /* fn, write; both are given the place at offset */
};

struct schema_field {
	const char *name;
	enum schema_kind kind;
	bool required;
	bool empty;  /* NAME, TEXT: may be "", which is also the default */
	bool sparse; /* ARRAY: left out when it has no elements; UINT, BOOL: when it is the default
		      */
	bool fixed;  /* no change once the object exists */
	size_t offset; /* in the struct of the object that holds the field */
	size_t size;   /* of the member; ARRAY, MAP, UINTS, NAMES: of one element */
	uint64_t min, max, def;
	const struct schema_field *fields; /* ends with a NULL name */
	const char *const *words;	   /* ends with NULL */
	size_t most, count_offset;	   /* lists: a size_t */
	bool allocated;		     /* ARRAY: a pointer at offset, else the elements themselves */
	void (*init)(void *element); /* ARRAY: before its fields are read; may be NULL */
	/* value NULL: not there, set the default; else report what is wrong with it. */
	void (*fn)(struct schema *s, void *object, json_t *value);
	/* Nothing written: the member is left out. */
	void (*write)(struct schema_out *out, const void *object);
	const char *help, *takes, *otherwise; /* takes, otherwise: CUSTOM's values, default */
};

/* value: NULL for an optional object that is not there (its fields get their defaults). */
void schema_object(
	struct schema *s, const struct schema_field *fields, void *object, json_t *value);
/* schema_lists.c: UINTS, NAMES, MAP */
void schema_list(struct schema *s, const struct schema_field *f, void *object, json_t *value);
void schema_map(struct schema *s, const struct schema_field *f, void *object, json_t *value);
/* One value into the place that the row says. */
void schema_value(struct schema *s, const struct schema_field *f, void *object, json_t *value);

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
