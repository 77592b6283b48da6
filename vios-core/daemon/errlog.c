/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * errlog.c - a ring of entries, and what they look like outside. Pure; viosd's thread; the caller
 * owns the struct. What is in the ring is printable, whoever said it: it is shown on terminals.
 */
#include "vios-core/daemon/errlog.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const types[ERRLOG_N_TYPES] = {
	[ERRLOG_PERM] = "PERM", [ERRLOG_TEMP] = "TEMP", [ERRLOG_INFO] = "INFO"};

static void make_printable(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

static struct errlog_entry *next_place(struct errlog *log)
{
	if (log->n < ERRLOG_MAX)
		return &log->ring[(log->first + log->n++) % ERRLOG_MAX];
	struct errlog_entry *oldest = &log->ring[log->first];

	log->first = (log->first + 1) % ERRLOG_MAX;
	return oldest;
}

struct incident errlog_incident(const struct errlog *log)
{
	const struct errlog_entry *last = &log->ring[(log->first + log->n - 1) % ERRLOG_MAX];

	return log->n == 0 ? (struct incident){0}
			   : (struct incident){.number = last->incident, .last_ms = last->time_ms};
}

const struct errlog_entry *errlog_add(struct errlog *log, enum errlog_kind kind, int64_t time_ms,
	uint64_t incident, const char *vios, const char *resource, const char *details)
{
	const struct errlog_words *words = errlog_words(kind);
	struct errlog_entry *entry = next_place(log);

	*entry = (struct errlog_entry){.seq = ++log->last,
		.incident = incident,
		.time_ms = time_ms,
		.class = words->class,
		.type = words->type};
	snprintf(entry->vios, sizeof(entry->vios), "%s", vios);
	snprintf(entry->label, sizeof(entry->label), "%s", words->label);
	snprintf(entry->resource, sizeof(entry->resource), "%s", resource);
	snprintf(entry->text, sizeof(entry->text), "%s%s%s", words->description,
		details[0] ? ": " : "", details);
	make_printable(entry->vios);
	make_printable(entry->resource);
	make_printable(entry->text);
	return entry;
}

int errlog_restore(struct errlog *log, const char *vios, const struct errlog_entry *entry)
{
	if (entry->seq <= log->last || strcmp(entry->vios, vios) != 0)
		return -EINVAL;
	*next_place(log) = *entry;
	log->last = entry->seq;
	return 0;
}

json_t *errlog_entry_json(const struct errlog_entry *entry)
{
	const char class[] = {entry->class, '\0'};

	return json_pack("{s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "seq",
		(json_int_t)entry->seq, "incident", (json_int_t)entry->incident, "time_ms",
		(json_int_t)entry->time_ms, "vios", entry->vios, "label", entry->label, "class",
		class, "type", types[entry->type], "resource", entry->resource, "text",
		entry->text);
}

static bool take_text(const json_t *object, const char *key, char *to, size_t bytes)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	if (!text || json_string_length(value) >= bytes || strlen(text) >= bytes)
		return false;
	strcpy(to, text);
	make_printable(to);
	return strcmp(to, text) == 0;
}

static bool take_type(const json_t *object, enum errlog_type *out)
{
	const char *text = json_string_value(json_object_get(object, "type"));

	for (unsigned i = 0; text && i < ERRLOG_N_TYPES; i++)
		if (strcmp(text, types[i]) == 0) {
			*out = (enum errlog_type)i;
			return true;
		}
	return false;
}

static bool take_number(const json_t *object, const char *key, json_int_t least, int64_t *out)
{
	const json_t *value = json_object_get(object, key);

	*out = json_integer_value(value);
	return json_is_integer(value) && *out >= least && *out < INT64_MAX;
}

/* A line of an earlier version has none: it stands alone. */
static bool take_incident(const json_t *object, int64_t seq, int64_t *out)
{
	*out = seq;
	return !json_object_get(object, "incident") ||
	       (take_number(object, "incident", 1, out) && *out <= INCIDENT_MAX);
}

static bool take_entry(const json_t *object, struct errlog_entry *out)
{
	char class[2] = "";
	int64_t seq = 0, incident = 0;

	if (!take_number(object, "seq", 1, &seq) || !take_incident(object, seq, &incident) ||
		!take_number(object, "time_ms", 0, &out->time_ms) ||
		!take_text(object, "vios", out->vios, sizeof(out->vios)) ||
		!take_text(object, "label", out->label, sizeof(out->label)) ||
		!take_text(object, "class", class, sizeof(class)) || !strchr("HSO", class[0]) ||
		!take_type(object, &out->type) ||
		!take_text(object, "resource", out->resource, sizeof(out->resource)) ||
		!take_text(object, "text", out->text, sizeof(out->text)))
		return false;
	out->seq = (uint64_t)seq;
	out->incident = (uint64_t)incident;
	out->class = class[0];
	return class[0] != '\0';
}

int errlog_line_read(const char *line, size_t line_bytes, struct errlog_entry *out)
{
	json_t *object;
	bool good;

	*out = (struct errlog_entry){0};
	if (line_bytes > ERRLOG_LINE)
		return -EINVAL;
	object = json_loadb(line, line_bytes, JSON_REJECT_DUPLICATES, NULL);
	good = json_is_object(object) && take_entry(object, out);
	json_decref(object);
	return good ? 0 : -EINVAL;
}

static const struct errlog_entry *at(const struct errlog *log, size_t i)
{
	return &log->ring[(log->first + i) % ERRLOG_MAX];
}

/* Absent: *out stays. */
static bool take_param(
	const json_t *params, const char *key, json_int_t least, json_int_t most, json_int_t *out)
{
	const json_t *value = json_object_get(params, key);

	if (!value || json_is_null(value))
		return true;
	*out = json_integer_value(value);
	return json_is_integer(value) && *out >= least && *out <= most;
}

json_t *errlog_answer(const struct errlog *log, const json_t *params, const char **fault)
{
	json_int_t since = -1, limit = ERRLOG_MAX;
	json_t *entries;
	size_t i = 0, end;

	*fault = !take_param(params, "since", 0, INT64_MAX, &since)
			 ? "since: give a sequence number from 0 up"
		 : !take_param(params, "limit", 1, ERRLOG_MAX, &limit)
			 ? "limit: give a number of entries from 1 to 1024"
			 : NULL;
	if (*fault)
		return NULL;
	if (since < 0 && log->n > (size_t)limit)
		i = log->n - (size_t)limit; /* the newest */
	while (since > 0 && i < log->n && at(log, i)->seq < (uint64_t)since)
		i++;
	end = log->n - i > (size_t)limit ? i + (size_t)limit : log->n;
	entries = json_array();
	const json_int_t next = (json_int_t)(end == log->n ? log->last + 1 : at(log, end)->seq);
	for (; i < end; i++)
		json_array_append_new(entries, errlog_entry_json(at(log, i)));
	return json_pack("{s:o, s:I}", "entries", entries, "next", next);
}
