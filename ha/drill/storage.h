/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * storage.h - the storage client: a program that the environment names, which does verified I/O on
 * a client's disk and tells what it felt. One line of text asks, one line of JSON answers
 * (ARCHITECTURE.md, "Drill"). Main thread; each call waits for the answer, with a timeout.
 */
#ifndef VIOS_DRILL_STORAGE_H
#define VIOS_DRILL_STORAGE_H

#include <jansson.h>

#include "ha/drill/env.h"
#include "ha/drill/stall.h"

struct storage;

/* Of a reservation, as the client reads it from the disk. */
struct storage_reservation {
	char key[20];  /* hexadecimal; "0": nobody's */
	unsigned keys; /* registrations */
};

/* Starts nothing yet. rate: requests a second; depth: at most so many at a time. 0 or -ENOMEM. */
int storage_new(const struct env *env, unsigned rate, unsigned depth, struct storage **out);
void storage_free(struct storage *storage); /* NULL: nothing */

/* Each returns 0, or -errno with one sentence in fault; then the client has been ended, and the
 * next storage_connect() starts another one. */
/* Starts the client unless it runs, and waits until it is connected. */
int storage_connect(struct storage *storage, char fault[ENV_FAULT_BYTES]);
int storage_start(struct storage *storage, char fault[ENV_FAULT_BYTES]);
/* Whether requests are in flight all the time, instead of at a steady pace. */
int storage_busy(struct storage *storage, bool busy, char fault[ENV_FAULT_BYTES]);
int storage_window_begin(struct storage *storage, char fault[ENV_FAULT_BYTES]);
/* Fills all but the counts of errors and of what was read back. */
int storage_window_end(
	struct storage *storage, struct stall_result *out, char fault[ENV_FAULT_BYTES]);
/* Ends the I/O, has all read back that was written, fills the rest. */
int storage_rest(struct storage *storage, struct stall_result *out, char fault[ENV_FAULT_BYTES]);
/* While it rests. command: "reserve KEY", "unreserve KEY", "reserved". */
int storage_reservation(struct storage *storage, const char *command,
	struct storage_reservation *out, char fault[ENV_FAULT_BYTES]);

/* What an answer says (unit tests). 0 or -EPROTO: a member is missing or is none that can be. */
int storage_parse_report(const json_t *answer, struct stall_result *out);
int storage_parse_rest(const json_t *answer, struct stall_result *out);

#endif
