/* SPDX-License-Identifier: BSD-3-Clause */
/* table.h - columns of text as wide as they need to be. Pure. */
#ifndef VIOS_CLI_TABLE_H
#define VIOS_CLI_TABLE_H

#include <stddef.h>

#define TABLE_COLUMNS_MAX 12
#define TABLE_CELL_MAX 256 /* longer ones are cut */

struct table;

/* heads: n of them, 1 to TABLE_COLUMNS_MAX; copied. NULL without memory. */
struct table *table_new(const char *const *heads, size_t n);
void table_free(struct table *table);

/* As many cells as there are heads; copied; NULL and "" are shown as "-". Bytes that are not
 * printable ASCII become
 * '?'. Without memory the row is missing, and table_text() returns NULL. */
void table_row(struct table *table, const char *const *cells);
/* A line of text below the last row, indented; it does not widen a column. */
void table_note(struct table *table, const char *text);

/* Heads and rows, columns two blanks apart, no blank at a line's end. The caller frees it; NULL
 * without memory. */
char *table_text(const struct table *table);

#endif
