/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * schema_lists.c - lists of numbers and of names, and objects whose members are named by a VIOS.
 * Pure; any thread; the elements lie in the caller's struct. Each is brought into ascending order,
 * so that one meaning has one text; what stands twice is a fault.
 */
#include "vios-core/model/schema.h"

#include <stdlib.h>
#include <string.h>

static void count_set(const struct schema_field *f, void *object, size_t n)
{
	memcpy((char *)object + f->count_offset, &n, sizeof(n));
}

static int compare_uints(const void *a, const void *b)
{
	const uint16_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void fault_twice(struct schema *s, const struct schema_field *f, const void *at)
{
	if (f->kind == SCHEMA_UINTS)
		schema_fault(
			s, "%u stands here twice; remove one", (unsigned)*(const uint16_t *)at);
	else if (*(const char *)at != '\0')
		schema_fault(s, "\"%s\" stands here twice; remove one", (const char *)at);
}

static void elements_sort(struct schema *s, const struct schema_field *f, char *elements, size_t n)
{
	int (*compare)(const void *, const void *) =
		f->kind == SCHEMA_UINTS ? compare_uints : compare_names;

	qsort(elements, n, f->size, compare);
	for (size_t i = 1; i < n; i++) {
		if (compare(elements + (i - 1) * f->size, elements + i * f->size) == 0)
			fault_twice(s, f, elements + i * f->size);
	}
}

void schema_list(struct schema *s, const struct schema_field *f, void *object, json_t *value)
{
	struct schema_field one = *f;
	size_t n = json_array_size(value), kept = 0;
	char *elements = (char *)object + f->offset;
	size_t before;

	if (value == NULL)
		return;
	if (!json_is_array(value)) {
		schema_fault(s, "%s is not a list; write [ ... ]", schema_show(value).text);
		return;
	}
	if (n > f->most) {
		schema_fault(s, "has %zu elements; it may have %zu", n, f->most);
		n = f->most;
	}
	one.kind = f->kind == SCHEMA_UINTS ? SCHEMA_UINT : SCHEMA_NAME;
	one.offset = 0;
	for (size_t i = 0; i < n; i++) {
		size_t was = schema_push(s, NULL, i);

		before = s->faults->n;
		schema_value(s, &one, elements + kept * f->size, json_array_get(value, i));
		kept += s->faults->n == before;
		schema_pop(s, was);
	}
	count_set(f, object, kept);
	elements_sort(s, f, elements, kept);
}

static void map_value(struct schema *s, const struct schema_field *f, void *at, json_t *value)
{
	if (f->fields[0].name[0] == '\0')
		schema_value(s, &f->fields[0], at, value);
	else
		schema_object(s, f->fields, at, value);
}

void schema_map(struct schema *s, const struct schema_field *f, void *object, json_t *value)
{
	char *elements = (char *)object + f->offset;
	size_t n = 0;
	const char *key;
	json_t *member;

	if (value == NULL)
		return;
	if (!json_is_object(value)) {
		schema_fault(
			s, "%s is not an object; write {\"VIOS\": ... }", schema_show(value).text);
		return;
	}
	if (json_object_size(value) > f->max)
		schema_fault(s, "has %zu members; it may have %llu", json_object_size(value),
			(unsigned long long)f->max);
	json_object_foreach(value, key, member)
	{
		char *at = elements + n * f->size;
		size_t was;

		if (n == f->max)
			break;
		if (!model_name_valid(key)) {
			schema_fault(s, "\"%.40s\" is not a name; use that of a VIOS", key);
			continue;
		}
		memcpy(at, key, strlen(key) + 1);
		was = schema_push(s, key, 0);
		map_value(s, f, at, member);
		schema_pop(s, was);
		n++;
	}
	count_set(f, object, n);
	elements_sort(s, f, elements, n);
}
