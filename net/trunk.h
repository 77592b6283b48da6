/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trunk.h - the trunk to the other VIOS's switch: its socket, who may use an uplink, and what
 * follows for the workers. Edge: sockets, sd-event. Main thread.
 */
#ifndef VIOS_NET_TRUNK_H
#define VIOS_NET_TRUNK_H

#include <jansson.h>
#include <stdbool.h>

#include "net/trunk_config.h"

struct netd;
struct trunk;

/* NULL: no memory. */
struct trunk *trunk_new(struct netd *netd);
void trunk_free(struct trunk *trunk);

/* The rules of the switch are published before and after, as it needs. */
void trunk_configure(struct trunk *trunk, const struct trunk_config *config);
/* The other side's process is dead, of which its socket will tell later. false: it is not this
 * one's. */
bool trunk_dead(struct trunk *trunk, const char *incarnation);
/* "up", "down", "none". */
const char *trunk_state(const struct trunk *trunk);
/* A new object of `status`, without the counters; null: there is none. */
json_t *trunk_json(const struct trunk *trunk);
/* Once a second or so. */
void trunk_tend(struct trunk *trunk);

#endif
