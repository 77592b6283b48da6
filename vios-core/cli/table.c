// SPDX-License-Identifier: BSD-3-Clause
/*
 * table.c - lays out rows of text. Pure; the table owns copies of all cells. What it prints comes
 * from other programs and goes to a terminal, so bytes that could command one are replaced.
 */
#include "vios-core/cli/table.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2
#define NOTE_INDENT "    "

struct line {
	struct line *next;
	bool note; /* cells[0] is the whole line */
	char *cells[TABLE_COLUMNS_MAX];
};

struct table {
	size_t n_columns;
	size_t width[TABLE_COLUMNS_MAX];
	struct line *first, **last;
	bool no_memory;
};

static char *clean_copy(const char *text)
{
	size_t length = text ? strnlen(text, TABLE_CELL_MAX) : 0;
	char *copy;

	if (length == 0)
		return strdup("-");
	copy = strndup(text, length);
	for (size_t i = 0; copy && i < length; i++)
		if (copy[i] < 0x20 || copy[i] > 0x7e)
			copy[i] = '?';
	return copy;
}

static void free_line(struct line *line)
{
	for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++)
		free(line->cells[i]);
	free(line);
}

static void add_line(struct table *table, const char *const *cells, size_t n, bool note)
{
	struct line *line = calloc(1, sizeof(*line));

	table->no_memory |= !line;
	for (size_t i = 0; line && i < n; i++) {
		line->cells[i] = clean_copy(cells[i]);
		if (!line->cells[i]) {
			table->no_memory = true;
			free_line(line);
			return;
		}
	}
	if (!line)
		return;
	for (size_t i = 0; i < n && !note; i++)
		if (strlen(line->cells[i]) > table->width[i])
			table->width[i] = strlen(line->cells[i]);
	line->note = note;
	*table->last = line;
	table->last = &line->next;
}

struct table *table_new(const char *const *heads, size_t n)
{
	struct table *table = calloc(1, sizeof(*table));

	assert(n >= 1 && n <= TABLE_COLUMNS_MAX);
	if (!table)
		return NULL;
	table->n_columns = n;
	table->last = &table->first;
	add_line(table, heads, n, false);
	return table;
}

void table_free(struct table *table)
{
	while (table && table->first) {
		struct line *line = table->first;
		table->first = line->next;
		free_line(line);
	}
	free(table);
}

void table_row(struct table *table, const char *const *cells)
{
	add_line(table, cells, table->n_columns, false);
}

void table_note(struct table *table, const char *text)
{
	add_line(table, &text, 1, true);
}

/* Widths are those of the longest cell, so a line never overruns what table_text() has reserved. */
static char *put_line(const struct table *table, const struct line *line, char *at)
{
	if (line->note) {
		at = stpcpy(at, NOTE_INDENT);
		at = stpcpy(at, line->cells[0]);
		return stpcpy(at, "\n");
	}
	char *end = at;
	for (size_t i = 0; i < table->n_columns; i++) {
		size_t length = strlen(line->cells[i]);
		memcpy(at, line->cells[i], length);
		end = at + length;
		memset(end, ' ', table->width[i] + GAP - length);
		at += table->width[i] + GAP;
	}
	return stpcpy(end, "\n");
}

char *table_text(const struct table *table)
{
	size_t row_bytes = 1, bytes = 1;
	char *text, *at;

	for (size_t i = 0; i < table->n_columns; i++)
		row_bytes += table->width[i] + GAP;
	for (const struct line *line = table->first; line; line = line->next)
		bytes += line->note ? sizeof(NOTE_INDENT) + strlen(line->cells[0]) + 1 : row_bytes;
	text = table->no_memory ? NULL : malloc(bytes);
	at = text;
	for (const struct line *line = table->first; text && line; line = line->next)
		at = put_line(table, line, at);
	return text;
}
