/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_quota.h - how many connections and calls those get who are not trusted with all of them.
 * Pure: the time is passed in. Connections and calls are counted by user, so that nobody gets more
 * by connecting again.
 */
#ifndef VIOS_BASE_RPC_QUOTA_H
#define VIOS_BASE_RPC_QUOTA_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RPC_ACCOUNTS 128 /* users that are remembered at once */

struct rpc_limits {
	unsigned open_calls;  /* of one connection */
	unsigned calls_per_s; /* of one user, in the long run; a connection counts as one; not 0 */
	unsigned burst;	      /* that many at once; not 0 */
	unsigned user_conns;  /* of one user */
	unsigned conns;	      /* of all users; below RPC_ACCOUNTS */
};

/* A token bucket, told by when it will be full. */
struct rpc_bucket {
	uint64_t full_ns;
};

/* Takes a token; false: there is none. */
bool rpc_bucket_take(struct rpc_bucket *bucket, unsigned per_s, unsigned burst, uint64_t now_ns);

struct rpc_account {
	bool used;
	bool told; /* the caller's: that it was refused has been logged */
	uid_t uid;
	unsigned n_conns;
	struct rpc_bucket bucket;
};

struct rpc_quota {
	const struct rpc_limits *limits; /* borrowed */
	unsigned n_conns;
	struct rpc_account accounts[RPC_ACCOUNTS];
};

/* A connection more. NULL: too many; *refused is then the user, or NULL if it is
 * nobody that is known here. */
struct rpc_account *rpc_quota_open(
	struct rpc_quota *quota, uid_t uid, uint64_t now_ns, struct rpc_account **refused);
void rpc_quota_close(struct rpc_quota *quota, struct rpc_account *account);
/* A call more. */
bool rpc_quota_call(struct rpc_quota *quota, struct rpc_account *account, uint64_t now_ns);

#endif
