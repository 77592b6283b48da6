/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * access.h - who may do what over viosd.sock: root and group `vios` may change, group `vios-read`
 * may look, nobody else anything. Pure.
 */
#ifndef VIOS_DAEMON_ACCESS_H
#define VIOS_DAEMON_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ACCESS_CHANGERS "vios"
#define ACCESS_READERS "vios-read"

/* Of a caller; of a method: the highest that may call it. A method that says nothing is for those
 * who may change. */
enum access_rank { ACCESS_CHANGE, ACCESS_READ, ACCESS_NONE };

struct access {
	uid_t self; /* as whom viosd runs: may do everything, as root may */
	bool has_changers, has_readers;
	gid_t changers, readers; /* while there is such a group */
};

enum access_rank access_rank(
	const struct access *access, uid_t uid, gid_t gid, const gid_t *groups, size_t n_groups);
/* Root, or viosd's own user: no limits for these. */
bool access_is_root(const struct access *access, uid_t uid);
/* Of the socket: while nobody but root may do anything, nobody else need be able to connect. */
bool access_is_open(const struct access *access);
/* What the caller of a method for `wanted` lacks, in one sentence. */
void access_denied(const struct access *access, const char *method, enum access_rank wanted,
	uid_t uid, char *why, size_t why_bytes);

#endif
