/* SPDX-License-Identifier: BSD-3-Clause */
/* pair_apply.h - between the replica, to which a state is a text, and the objects of the model.
 * Pure. */
#ifndef VIOS_DAEMON_PAIR_APPLY_H
#define VIOS_DAEMON_PAIR_APPLY_H

#include "ha/cluster/replica_types.h"
#include "vios-core/model/config.h"

#include <jansson.h>

/* The last state that was worked with, so that not every change reads it anew. Zeroed at first. */
struct pair_apply {
	char *text;
	size_t text_bytes;
	struct config *config;
};

void pair_apply_fini(struct pair_apply *pa);

/* The objects of a text; owned by pa, gone with the next call of any of these. NULL: it is no state
 * (then *faults tells), or no memory (faults->n is 0). */
const struct config *pair_apply_config(
	struct pair_apply *pa, const char *text, size_t text_bytes, struct model_faults *faults);

/* As struct replica_rules asks for; user: a struct pair_apply. The result is the text of
 * {"created":
 * [{kind, name}], "changed": bool}, or of {"faults": [{path, text}]}. */
int pair_apply(const char *text, size_t text_bytes, const char *change, size_t change_bytes,
	struct replica_applied *out, void *user);
bool pair_apply_valid(const char *text, size_t text_bytes, void *user);

#endif
