/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store.h - the state of this VIOS on disk: a directory of state.NUMBER (store_text.h), the highest
 * the newest, the last 10 kept; and aside.NUMBER, states whose place another has taken.
 *
 * A file is written as new, synced, renamed, and its directory synced: it is whole or not there.
 */
#ifndef HA_CLUSTER_STORE_H
#define HA_CLUSTER_STORE_H

#include "ha/cluster/replica_types.h"

#include <systemd/sd-event.h>

#define STORE_KEPT 10
#define STORE_PATH 4096
#define STORE_WARNING (2 * STORE_PATH)

struct store_loaded {
	bool found, has_base;
	struct replica_record newest, base; /* for replica_start(); clear them when done */
	/* A file newer than `newest` is damaged. */
	bool doubtful;
	char warning[STORE_WARNING]; /* names both; "" unless doubtful */
	uint64_t next;		     /* number of the next file */
};

/* Blocks. The directory is created if it is missing. 0 or -errno; an empty directory is no error.
 */
int store_load(const char *dir, struct store_loaded *out);
void store_loaded_clear(struct store_loaded *loaded);
/* Blocks until it is durable. name: "state" or "aside". 0 or -errno: then it may be there or not.
 */
int store_put(
	const char *dir, const char *name, uint64_t number, const struct replica_record *record);

struct store;

/* next: of store_load(). done() is called from the loop for each store_write(), in their order.
 * Written by a thread of its own, so that nobody waits for a disk. */
int store_new(sd_event *ev, const char *dir, uint64_t next, void (*done)(int error, void *user),
	void *user, struct store **out);
/* Both take the record's text, and set it to NULL, when they return 0. aside: what it is called is
 * logged, with why; done() is not called. 0 or -ENOMEM. */
int store_write(struct store *store, struct replica_record *record);
int store_aside(struct store *store, struct replica_record *record, const char *why);
/* Waits for what is being written. done() is not called any more. NULL is fine. */
void store_free(struct store *store);

#endif
