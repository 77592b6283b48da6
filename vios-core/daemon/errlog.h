/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * errlog.h - what has happened to this VIOS, the last 1,024 entries, in the words of the error log
 * that operators know: a label, a class (H hardware, S software, O operator), a type. Pure.
 */
#ifndef VIOS_DAEMON_ERRLOG_H
#define VIOS_DAEMON_ERRLOG_H

#include "vios-core/daemon/errlog_kind.h"
#include "vios-core/daemon/incident.h"
#include "vios-core/model/frame_config.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define ERRLOG_MAX 1024
#define ERRLOG_VIOS (MODEL_NAME_MAX + 1)
#define ERRLOG_LABEL 24
#define ERRLOG_RESOURCE 68 /* CLIENT/ADAPTER */
#define ERRLOG_TEXT 256
/* Of a line of the file; so an answer with all entries fits one of rpc.h. */
#define ERRLOG_LINE 928

enum errlog_type { ERRLOG_PERM, ERRLOG_TEMP, ERRLOG_INFO, ERRLOG_N_TYPES };

struct errlog_words {
	const char *event; /* of viosd's log; NULL: whoever does it logs it */
	const char *label;
	char class;
	enum errlog_type type;
	const char *description;
};

const struct errlog_words *errlog_words(enum errlog_kind kind);

/* Strings are printable ASCII. */
struct errlog_entry {
	uint64_t seq; /* 1, 2, ...: of this VIOS */
	uint64_t
		incident; /* of both VIOS: incident.h; as an earlier version gave it: of this one */
	int64_t time_ms;
	char vios[ERRLOG_VIOS];
	char label[ERRLOG_LABEL];
	char class;
	enum errlog_type type;
	char resource[ERRLOG_RESOURCE];
	char text[ERRLOG_TEXT];
};

/* All zero: empty. */
struct errlog {
	size_t n, first;
	uint64_t last; /* sequence number */
	struct errlog_entry ring[ERRLOG_MAX];
};

/* What the newest entry is of. */
struct incident errlog_incident(const struct errlog *log);
/* details: cut to the room there is, made printable. The entry is borrowed until the next one. */
const struct errlog_entry *errlog_add(struct errlog *log, enum errlog_kind kind, int64_t time_ms,
	uint64_t incident, const char *vios, const char *resource, const char *details);
/* One that was read. -EINVAL: it is not later than all that are here, or another VIOS's. */
int errlog_restore(struct errlog *log, const char *vios, const struct errlog_entry *entry);

/* A line of the file, without its newline, hostile. 0, -EINVAL. */
int errlog_line_read(const char *line, size_t line_bytes, struct errlog_entry *out);
json_t *errlog_entry_json(const struct errlog_entry *entry);
/* Of `errlog`, or NULL and *fault, a constant. params: hostile. */
json_t *errlog_answer(const struct errlog *log, const json_t *params, const char **fault);

#endif
