/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trunk.h - the trunk to the other VIOS's switch: its socket, who may use an uplink, and what
 * follows for the workers. Edge: sockets, sd-event. Main thread.
 */
#ifndef VIOS_NET_TRUNK_H
#define VIOS_NET_TRUNK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/vlanset.h"

#define TRUNK_SOCKET_MAX 107

struct netd;
struct trunk;

struct trunk_config {
	bool wanted;
	bool server; /* listens; the other side connects */
	char socket[TRUNK_SOCKET_MAX + 1];
	struct vlanset primary; /* VLANs that this side is to be the primary of */
};

/* NULL: no memory. */
struct trunk *trunk_new(struct netd *netd);
void trunk_free(struct trunk *trunk);

/* Member `trunk` of `configure`: {"socket", "server", "primary": true, false or [VLAN]}; absent:
 * there is none. 0 or -EINVAL with why[] filled. */
int trunk_read(const json_t *object, struct trunk_config *out, char *why, size_t why_size);
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
