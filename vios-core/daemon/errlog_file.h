/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * errlog_file.h - the error log of this VIOS: a ring in memory (errlog.h), kept over a restart in
 * DIRECTORY/errlog and errlog.old, one JSON object a line, at most 1,024 lines each.
 */
#ifndef VIOS_DAEMON_ERRLOG_FILE_H
#define VIOS_DAEMON_ERRLOG_FILE_H

#include "vios-core/daemon/errlog.h"

struct errlog_file;

struct errlog_file_config {
	const char *directory; /* created; all borrowed */
	const char *vios;
	const char *incident; /* the file that both VIOS share (incident_file.h); NULL: none */
	void (*added)(const struct errlog_entry *entry, void *user);
	void *user;
};

/* Reads what is there; lines that cannot be read are skipped. A disk that fails costs the memory
 * of the next start, no more. 0, -ENOMEM. */
int errlog_file_new(const struct errlog_file_config *config, struct errlog_file **out);
void errlog_file_free(struct errlog_file *file);
const struct errlog *errlog_file_get(const struct errlog_file *file);

/*
 * Logs the event (log.h) and keeps it. resource: what it happened to, "lpar1/eth0"; fmt: as
 * log_write() has it. The file is written without waiting for the disk: an entry may be lost when
 * the power goes.
 */
void errlog_note(struct errlog_file *file, enum errlog_kind kind, const char *resource,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
