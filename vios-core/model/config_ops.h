/* SPDX-License-Identifier: BSD-3-Clause */
/* config_ops.h - private to vios-core/model: one op of a change, and its parts in several files. */
#ifndef VIOS_MODEL_CONFIG_OPS_H
#define VIOS_MODEL_CONFIG_OPS_H

#include "vios-core/model/config_priv.h"

enum verb { VERB_ADD, VERB_REMOVE, VERB_SET };

struct op {
	enum verb verb;
	enum config_kind kind;
	char name[CONFIG_NAME_MAX + 1]; /* "": none was given */
	json_t *attrs;			/* borrowed; NULL: none */
};

struct change {
	struct config *config; /* the new state as far as it has come */
	struct schema s;
	json_t *created;
};

union config_object {
	struct config_backing backing;
	struct config_client client;
	struct config_frame frame;
	struct config_physical physical;
	struct config_repository repository;
	struct config_sea sea;
	struct config_veth veth;
	struct config_vhost vhost;
	struct config_vios vios;
	struct config_vtd vtd;
};

/* Each adds faults; no_memory is in change->s. */
void config_op_add(struct change *change, const struct op *op);
void config_op_set(struct change *change, const struct op *op);
void config_op_remove(struct change *change, const struct op *op);

/* Members of an object to come that are given out when attrs (owned, changed) leaves them out. */
void config_fill(struct change *change, enum config_kind kind, json_t *attrs);
/* Sides of a SEA that have no name of their own yet. */
void config_fill_sides(struct change *change, json_t *attrs);

/* A fault when the backing device of a target to be has another one; takes "force" out of attrs. */
void config_check_mapped(struct change *change, json_t *attrs);

/* The index of the object that op names; -1 with a fault. */
ptrdiff_t config_op_find(struct change *change, const struct op *op);

/* Calls fn for each object of the kind that differs; before or after is NULL when there is none. */
void config_walk(const struct config *a, const struct config *b, enum config_kind kind,
	void (*fn)(void *arg, enum config_kind kind, const void *before, const void *after),
	void *arg);
/* config_ids.c: fills ids and n_ids; 0 or -ENOMEM. */
int config_changed_ids(
	const struct config *a, const struct config *b, uint32_t **ids, size_t *n_ids);

#endif
