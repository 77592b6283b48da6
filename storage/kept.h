/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kept.h - edge: the file that keeps a LUN's reservations, so that they outlive the frame's run.
 * Read where the LUN is opened first after a start of the host, written before a change is
 * answered. All targets of the LUN have the same one.
 */
#ifndef VIOS_STORAGE_KEPT_H
#define VIOS_STORAGE_KEPT_H

#include "storage/jobs.h"
#include "storage/reservation_file.h"

struct unit;
struct worker;

struct kept { /* of a unit; the worker's, but what the job has */
	struct job job;
	struct worker *worker;
	bool busy;			 /* the job has the rest */
	uint64_t asked, done, under_way; /* saves: numbers */
	int rc;				 /* of the last one */
};

void kept_boot(char out[RESERVATION_FILE_BOOT]);
/* May block. No file: none. 0 or -errno (-EBADMSG: damaged). */
int kept_read(const char *path, struct reservations *out);

/* The worker's. A LUN without a file needs none of them. */
bool kept_wanted(const struct unit *u);
/* The state of now is to be kept: a number for kept_saved(). */
uint64_t kept_save(struct worker *w, struct unit *u);
bool kept_saved(const struct unit *u, uint64_t number);

#endif
