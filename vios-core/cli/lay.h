/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lay.h - records (view.h) as the text of the original's commands. Pure. Each returns text that the
 * caller frees, or NULL without memory.
 */
#ifndef VIOS_CLI_LAY_H
#define VIOS_CLI_LAY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* -fmt DELIMITER: an empty field is a blank; -fmt2: it is nothing. delimiter NULL: blocks. fields:
 * n of them, checked by lay_lsmap_field(); 0: all. */
struct lay_format {
	const char *delimiter;
	bool empty_is_nothing;
	const char *const *fields;
	size_t n_fields;
	bool alone; /* of lsmap: one adapter, with what only this system knows of it */
};

char *lay_lsmap(const json_t *records, bool net, const struct lay_format *format);
/* NULL: known; else the nearest, or "". */
const char *lay_lsmap_field(const char *field, bool net);

char *lay_lsdev(const json_t *records, const struct lay_format *format);
char *lay_attrs(const json_t *records); /* of attr_records() */
char *lay_value(const json_t *records); /* its value alone */
char *lay_lspath(const json_t *records, const struct lay_format *format);
char *lay_lsclient(const json_t *records);
char *lay_entstat(const json_t *records, bool all);
char *lay_seastat(const json_t *records);
char *lay_cluster(const json_t *record);
char *lay_lsrep(const json_t *record);
char *lay_diff(const json_t *records);

/* entries: of errlog, each with "timestamp" and "date" as text added by the caller. */
char *lay_errlog(const json_t *entries, bool detailed);
/* 8 hex digits that stand for a label. */
struct lay_identifier {
	char text[9];
};
struct lay_identifier lay_identifier(const char *label);

#endif
