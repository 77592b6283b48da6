/* SPDX-License-Identifier: BSD-3-Clause */
/* access.c - see access.h. Pure; viosd's thread; the caller owns the struct. */
#include "vios-core/daemon/access.h"

#include <stdio.h>

static bool is_in(gid_t wanted, gid_t gid, const gid_t *groups, size_t n_groups)
{
	if (wanted == gid)
		return true;
	for (size_t i = 0; i < n_groups; i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

bool access_is_root(const struct access *access, uid_t uid)
{
	return uid == 0 || uid == access->self;
}

enum access_rank access_rank(
	const struct access *access, uid_t uid, gid_t gid, const gid_t *groups, size_t n_groups)
{
	if (access_is_root(access, uid) ||
		(access->has_changers && is_in(access->changers, gid, groups, n_groups)))
		return ACCESS_CHANGE;
	if (access->has_readers && is_in(access->readers, gid, groups, n_groups))
		return ACCESS_READ;
	return ACCESS_NONE;
}

bool access_is_open(const struct access *access)
{
	return access->has_changers || access->has_readers;
}

void access_denied(const struct access *access, const char *method, enum access_rank wanted,
	uid_t uid, char *why, size_t why_bytes)
{
	const bool read = wanted >= ACCESS_READ;
	const bool there = access->has_changers || (read && access->has_readers);

	snprintf(why, why_bytes,
		"%.64s is for root and for members of the group " ACCESS_CHANGERS
		"%s, and user %u is none; %s",
		method, read ? " or " ACCESS_READERS : "", (unsigned)uid,
		there ? "have it added to the group, and log in again"
		      : "make the group, add the user, and start viosd again");
}
