/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_change.h - changes of the replicated state, all or nothing. Pure: both VIOS get the same
 * state, names and faults from the same state and change.
 *
 *   {"ops": [{"op": "add"|"set"|"remove", "kind": KIND, "name": NAME, "attrs": {...}}, ...]}
 *
 * add     Members that are left out get defaults. Given out: adapters' ids always; when left out
 *         the name of a vhost, vtd, sea, veth (attrs.client names whose), a side's ent, a MAC, a
 *         LUN, a partition id. vhost: "client_adapter": "lpar1/scsi0" stands for client and
 *         adapter. vtd, also with set: "force": true maps a backing device that is mapped already.
 * set     A merge patch (RFC 7396): objects are merged, null puts the default back or removes a
 *         side or path.
 * remove  Refused while others need the object; "cascade": true removes them, too (not a backing
 *         device's mappings).
 * The rules are checked once, after the last op: ops may refer to later ones.
 */
#ifndef VIOS_MODEL_CONFIG_CHANGE_H
#define VIOS_MODEL_CONFIG_CHANGE_H

#include "vios-core/model/config.h"

#define CONFIG_OPS_MAX 4096

struct config_applied {
	struct config *config;
	json_t *created; /* [{kind, name}], in the order of the ops */
	size_t n_ids;	 /* of adapters whose service changed, was added or removed; ascending */
	uint32_t *ids;
};

/* change is borrowed. 0 (then config_applied_fini), or -EINVAL with all faults, or -ENOMEM; *out
 * is then empty. */
int config_apply(const struct config *config, json_t *change, struct config_applied *out,
	struct model_faults *faults);
/* A caller that keeps config sets it to NULL first. */
void config_applied_fini(struct config_applied *applied);

/* From a to b: [{kind, name, op "added"|"removed"|"changed", fields [{field, from, to}]}], empty
 * when they are equal; from or to is null when there is none. NULL: no memory. */
json_t *config_diff(const struct config *a, const struct config *b);

#endif
