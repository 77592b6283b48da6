/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_quota.c - see rpc_quota.h. Pure; the loop's thread; the caller owns the struct. The account
 * of a user without connections stays until its place is needed: a bucket that is empty stays so.
 */
#include "vios-core/base/rpc_quota.h"

#include <stddef.h>

#define NS_PER_S UINT64_C(1000000000)

bool rpc_bucket_take(struct rpc_bucket *bucket, unsigned per_s, unsigned burst, uint64_t now_ns)
{
	const uint64_t token_ns = NS_PER_S / per_s;

	if (bucket->full_ns < now_ns)
		bucket->full_ns = now_ns;
	if (bucket->full_ns + token_ns - now_ns > token_ns * burst)
		return false;
	bucket->full_ns += token_ns;
	return true;
}

static struct rpc_account *find(struct rpc_quota *quota, uid_t uid)
{
	for (size_t i = 0; i < RPC_ACCOUNTS; i++)
		if (quota->accounts[i].used && quota->accounts[i].uid == uid)
			return &quota->accounts[i];
	return NULL;
}

/* The place of whoever has no connection and the fullest bucket. There is one while fewer
 * connections are open than there are places. */
static struct rpc_account *make(struct rpc_quota *quota, uid_t uid)
{
	struct rpc_account *best = NULL;

	for (size_t i = 0; i < RPC_ACCOUNTS; i++) {
		struct rpc_account *a = &quota->accounts[i];

		if (!a->used) {
			best = a;
			break;
		}
		if (a->n_conns == 0 && (!best || a->bucket.full_ns < best->bucket.full_ns))
			best = a;
	}
	if (best)
		*best = (struct rpc_account){.used = true, .uid = uid};
	return best;
}

struct rpc_account *rpc_quota_open(
	struct rpc_quota *quota, uid_t uid, uint64_t now_ns, struct rpc_account **refused)
{
	struct rpc_account *account = find(quota, uid);

	*refused = account;
	if (quota->n_conns >= quota->limits->conns)
		return NULL;
	if (!account)
		account = make(quota, uid);
	*refused = account;
	if (!account || account->n_conns >= quota->limits->user_conns ||
		!rpc_quota_call(quota, account, now_ns))
		return NULL;
	account->n_conns++;
	quota->n_conns++;
	*refused = NULL;
	return account;
}

void rpc_quota_close(struct rpc_quota *quota, struct rpc_account *account)
{
	account->n_conns--;
	quota->n_conns--;
}

bool rpc_quota_call(struct rpc_quota *quota, struct rpc_account *account, uint64_t now_ns)
{
	return rpc_bucket_take(
		&account->bucket, quota->limits->calls_per_s, quota->limits->burst, now_ns);
}
