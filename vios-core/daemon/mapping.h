/* SPDX-License-Identifier: BSD-3-Clause */
/* mapping.h - changes of the configuration, once both VIOS have looked at what they map. */
#ifndef VIOS_DAEMON_MAPPING_H
#define VIOS_DAEMON_MAPPING_H

#include "vios-core/base/rpc.h"
#include "vios-core/daemon/mapping_look.h"

#include <stdint.h>

struct mapping;
struct viosd;

/* v: borrowed. 0 or -ENOMEM. */
int mapping_new(struct viosd *v, struct mapping **out);
/* Changes that wait are refused. NULL: nothing. */
void mapping_free(struct mapping *mapping);

/*
 * `config_change`. What maps no device anew is proposed at once. Else the device is opened in each
 * VIOS that has a path to it, and the change is proposed when they are one device in one state
 * (mapping_rules.h); it is refused if not, or if a VIOS does not say. "force" in an operation: what
 * could not be looked at is taken.
 */
void mapping_change(struct mapping *mapping, struct rpc_call *call, json_t *params);
/*
 * The same looks at devices that are mapped already: each() for each one with what was told of it,
 * in the order of its paths, then done(). list: ownership moves. 0, or -errno: it does not begin,
 * and the list is the caller's.
 */
int mapping_look_all(struct mapping *mapping, struct config_backing *list, size_t n,
	void (*each)(const struct config_backing *b, const struct mapping_look *looks, void *user),
	void (*done)(void *user), void *user);
/* The other viosd's questions and answers. */
void mapping_hear(struct mapping *mapping, uint32_t node_id, const char *text, size_t text_bytes);

#endif
