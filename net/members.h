/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * members.h - keeps an aggregation's bond to the members that are well. Main thread. Edge: libnl by
 * link.h, and the bond.
 */
#ifndef VIOS_NET_MEMBERS_H
#define VIOS_NET_MEMBERS_H

#include <jansson.h>
#include <stdbool.h>

struct members;
struct netd_uplink;

/* Of an uplink that is in use and an aggregation. NULL: no memory. */
struct members *members_new(struct netd_uplink *at);
/* Before the uplink goes. */
void members_free(struct members *members);
/* Once a second: looks for what no message tells. */
void members_tend(struct members *members);
bool members_up(const struct members *members);
/* {"mode", "members": [...]}; a new value. */
json_t *members_json(const struct members *members);

#endif
