/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * state.h - all that a restarted mux must know, flat, and the descriptors that go with it. The
 * journal (keep_journal.h) keeps it in memory that outlives the process.
 */
#ifndef VIOS_MUX_STATE_H
#define VIOS_MUX_STATE_H

#include "ha/mux/adapter.h"

struct state_vios {
	char name[MODEL_NAME_MAX + 1];
	uint64_t incarnation; /* of the data plane that said hello last; 0: none yet */
	int pidfd;	      /* slot, or -1 */
};

struct state {
	char client[MODEL_NAME_MAX + 1];
	bool set_up; /* false: nothing below holds yet */
	bool allow_unsealed;
	uint32_t n_vios;
	struct state_vios vios[SELECT_PATHS];
	struct keep_slots slots;
	uint32_t n_adapters;
	struct adapter adapter[MODEL_ADAPTERS_MAX]; /* last: only those in use are copied */
};

/* Takes what the mux needs from the configuration. start: see adapter_init(). */
void state_init(struct state *st, const struct model_frame *frame,
	const struct model_client *client, uint64_t start);

/* Its index, or -1; name may be NULL. */
int state_find_vios(const struct state *st, const char *name);

#endif
