/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kept.h - edge: the file that keeps a LUN's reservations. Read where the LUN is opened, and again
 * where the adapter's lock is won: its former owner, on this VIOS or the other, can then write no
 * more. Written before a change is answered.
 */
#ifndef VIOS_STORAGE_KEPT_H
#define VIOS_STORAGE_KEPT_H

#include "storage/jobs.h"
#include "storage/reservation_file.h"

struct request;
struct unit;
struct worker;

struct kept { /* of a unit; the worker's, but what the job has */
	struct job job;
	struct worker *worker;
	bool busy;  /* the job has the rest */
	bool stale; /* changed since it was posted */
	int rc;
	struct request *answered, *next; /* by this job; by one after it */
	struct reservations read;
	size_t len;
	uint8_t bytes[RESERVATION_FILE_BYTES_MAX];
};

/* May block. No file: none. 0 or -errno (-EBADMSG: damaged). */
int kept_read(const char *path, struct reservations *out);

/* The worker's. A LUN without a file needs none of them. */
bool kept_wanted(const struct unit *u);
void kept_load_all(struct worker *w); /* before rings start: see kept_busy() */
bool kept_busy(const struct worker *w);
/* The state has changed: r, if there is one, is answered when it is kept. */
void kept_save(struct worker *w, struct unit *u, struct request *r);

#endif
