/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * journal.h - the state in memory that outlives the mux: a sealed memfd with two images. A step is
 * made on the one that is not current, with the operations it asks for, and becomes current by one
 * store; so a mux that is killed at any instruction leaves a whole state behind.
 */
#ifndef VIOS_MUX_JOURNAL_H
#define VIOS_MUX_JOURNAL_H

#include "ha/mux/state.h"

#include <stdatomic.h>

#define JOURNAL_MAGIC 0x4d55584au

struct journal_image {
	struct ops ops;
	struct state state;
};

/* Writer: the mux, but for done. Reader: the holder, which looks at current, ops and state.step. */
struct journal_file {
	uint32_t magic;
	uint32_t image_bytes; /* another layout is another version's */
	_Atomic uint32_t current;
	_Atomic uint64_t
		done; /* writer: the holder; the last step whose operations are carried out */
	struct journal_image image[2];
};

struct journal {
	int fd;
	struct journal_file *file;
	bool open; /* a step is being made */
};

/* A new one, empty. 0 or -errno. */
int journal_new(struct journal *j);
/* The one behind fd. -ESTALE: another version's. */
int journal_map(struct journal *j, int fd);
void journal_unmap(struct journal *j);

/* What holds; borrowed until the next journal_commit(). */
const struct state *journal_state(const struct journal *j);
/* Begins a step: a copy of the state to change, and room for operations. */
struct state *journal_begin(struct journal *j);
struct ops *journal_ops(const struct journal *j);
/* Makes the step what holds. The operations are still to be carried out. */
void journal_commit(struct journal *j);
/* The operations of the last step, while they are not carried out; else NULL. */
const struct ops *journal_pending(const struct journal *j);
void journal_done(struct journal *j);

#endif
