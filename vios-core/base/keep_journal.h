/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keep_journal.h - restart in place, the state: flat, in memory that outlives the process. A sealed
 * memfd with two images: a step is made on the one that is not current, with the operations it asks
 * for, and becomes current by one store; so a daemon that is killed at any instruction leaves a
 * whole state behind.
 */
#ifndef VIOS_BASE_KEEP_JOURNAL_H
#define VIOS_BASE_KEEP_JOURNAL_H

#include "vios-core/base/keep_ops.h"

#include <stdatomic.h>
#include <stddef.h>

/* Writer: the daemon, but for done. */
struct keep_file {
	uint32_t magic;
	uint64_t state_bytes; /* another layout is another version's */
	_Atomic uint32_t current;
	_Atomic uint64_t
		done; /* writer: the holder; the last step whose operations are carried out */
};

struct keep_image {
	uint64_t step;
	struct keep_ops ops;
	/* the state follows */
};

struct keep_journal {
	int fd;
	size_t state_bytes;
	struct keep_file *file;
	bool open; /* a step is being made */
};

/* A new one, all zero. 0 or -errno. */
int keep_journal_new(struct keep_journal *j, size_t state_bytes);
/* The one behind fd. -ESTALE: another version's. */
int keep_journal_map(struct keep_journal *j, int fd, size_t state_bytes);

/* What holds; borrowed until the next keep_commit(). */
const void *keep_state(const struct keep_journal *j);
uint64_t keep_step(const struct keep_journal *j); /* counts commits */
/* Begins a step: a copy of the state's first used_bytes to change, and room for operations. */
void *keep_begin(struct keep_journal *j, size_t used_bytes);
struct keep_ops *keep_ops(const struct keep_journal *j);
/* Makes the step what holds. The operations are still to be carried out. */
void keep_commit(struct keep_journal *j);
/* The operations of the last step, while they are not carried out; else NULL. */
const struct keep_ops *keep_pending(const struct keep_journal *j);
void keep_done(struct keep_journal *j);

#endif
