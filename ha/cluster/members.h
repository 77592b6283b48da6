/* SPDX-License-Identifier: BSD-3-Clause */
/* members.h - who is in the group, and what that says about a node. Pure. */
#ifndef HA_CLUSTER_MEMBERS_H
#define HA_CLUSTER_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMBERS_MAX 128 /* as many as Corosync has */

enum member_state {
	MEMBER_UNKNOWN, /* we are not in the group, so nobody can tell */
	MEMBER_ONLINE,
	MEMBER_OFFLINE,
	MEMBER_N_STATES
};

struct member {
	uint32_t node_id;
	uint32_t pid;
};

struct members {
	bool joined; /* our own join has been seen in the group's order */
	size_t n;
	struct member list[MEMBERS_MAX];
	uint64_t rubbish;		      /* messages that were thrown away */
	uint32_t rubbish_logged[MEMBERS_MAX]; /* node ids that were complained about */
	size_t n_rubbish_logged;
};

/* A new view: the whole list, in the group's order. Entries beyond MEMBERS_MAX are left out. */
void members_view(struct members *members, const struct member *list, size_t n, struct member self);
/* Corosync is away: what was known is not known any more. */
void members_disconnect(struct members *members);
enum member_state members_state(const struct members *members, uint32_t node_id);
const char *member_state_name(enum member_state state); /* "unknown", "online", "offline" */
/* Counts; true: the first of this node, to be logged. A node that leaves may be logged again. */
bool members_rubbish(struct members *members, uint32_t node_id);

#endif
