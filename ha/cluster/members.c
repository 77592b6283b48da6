// SPDX-License-Identifier: BSD-3-Clause
/*
 * members.c - the group's last view. Pure; owned by cluster.c, used by its one thread.
 *
 * A node may have two members for a moment: a viosd that died and its successor that has joined
 * already. The node is online as long as one is there.
 */
#include "ha/cluster/members.h"

#include <string.h>

static const char *const names[MEMBER_N_STATES] = {
	[MEMBER_UNKNOWN] = "unknown",
	[MEMBER_ONLINE] = "online",
	[MEMBER_OFFLINE] = "offline",
};

static bool has_node(const struct members *members, uint32_t node_id)
{
	for (size_t i = 0; i < members->n; i++)
		if (members->list[i].node_id == node_id)
			return true;
	return false;
}

static void forgive_the_gone(struct members *members)
{
	size_t kept = 0;

	for (size_t i = 0; i < members->n_rubbish_logged; i++)
		if (has_node(members, members->rubbish_logged[i]))
			members->rubbish_logged[kept++] = members->rubbish_logged[i];
	members->n_rubbish_logged = kept;
}

void members_view(struct members *members, const struct member *list, size_t n, struct member self)
{
	members->n = n < MEMBERS_MAX ? n : MEMBERS_MAX;
	members->joined = false;
	for (size_t i = 0; i < members->n; i++) {
		members->list[i] = list[i];
		if (list[i].node_id == self.node_id && list[i].pid == self.pid)
			members->joined = true;
	}
	forgive_the_gone(members);
}

void members_disconnect(struct members *members)
{
	members->joined = false;
	members->n = 0;
	members->n_rubbish_logged = 0;
}

enum member_state members_state(const struct members *members, uint32_t node_id)
{
	if (!members->joined)
		return MEMBER_UNKNOWN;
	return has_node(members, node_id) ? MEMBER_ONLINE : MEMBER_OFFLINE;
}

const char *member_state_name(enum member_state state)
{
	return names[state];
}

bool members_rubbish(struct members *members, uint32_t node_id)
{
	members->rubbish++;
	for (size_t i = 0; i < members->n_rubbish_logged; i++)
		if (members->rubbish_logged[i] == node_id)
			return false;
	if (members->n_rubbish_logged == MEMBERS_MAX)
		return false;
	members->rubbish_logged[members->n_rubbish_logged++] = node_id;
	return true;
}
