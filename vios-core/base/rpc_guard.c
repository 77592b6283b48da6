/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_guard.c - asks the guard of a socket (rpc_guard.h) about connections and calls. Loop thread.
 * The server owns the counters, the connection what is known of its peer.
 */
#include "vios-core/base/rpc_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "vios-core/base/log.h"

#define GROUPS_MAX 65536u /* NGROUPS_MAX of Linux: nobody has more */
#define HEEDLESS_MAX 32u  /* calls in a row over the limit */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Twice: the kernel says how many there are when the room is too small. They cannot change between,
 * as they are those of the moment of connecting. */
static int read_groups(int fd, struct rpc_peer *out)
{
	socklen_t len = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0)
		return 0;
	if (errno != ERANGE)
		return -errno;
	if (len > GROUPS_MAX * sizeof(gid_t))
		return -E2BIG;
	out->groups = malloc(len);
	if (!out->groups)
		return -ENOMEM;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, out->groups, &len) < 0) {
		int rc = -errno;

		free(out->groups);
		out->groups = NULL;
		return rc;
	}
	out->n_groups = len / sizeof(gid_t);
	return 0;
}

int rpc_peer_read(int fd, struct rpc_peer *out)
{
	socklen_t len = sizeof(out->id);

	*out = (struct rpc_peer){0};
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &out->id, &len) < 0)
		return -errno;
	return read_groups(fd, out);
}

static void tell_refused(struct rpc_conn *conn, struct rpc_account *refused)
{
	rpc_out_send(conn,
		rpc_line_error(NULL, RPC_UNAVAILABLE,
			"too many connections; close some, or try again in a second"),
		NULL, 0);
	if (!refused || refused->told)
		return;
	refused->told = true;
	log_warn("rpc-limit", "uid=%u connections=%u refused=yes", (unsigned)refused->uid,
		refused->n_conns);
}

static int take_place(struct rpc_conn *conn, struct rpc_quota *quota)
{
	struct rpc_account *refused;

	conn->peer.account = rpc_quota_open(quota, conn->peer.who.id.uid, now_ns(), &refused);
	if (!conn->peer.account) {
		tell_refused(conn, refused);
		return -EAGAIN;
	}
	conn->peer.account->told = false;
	conn->peer.quota = quota;
	return 0;
}

int rpc_guard_accept(struct rpc_conn *conn, struct rpc_quota *quotas)
{
	const struct rpc_guard *guard = conn->service->guard;
	struct rpc_standing standing;
	int rc;

	rc = guard->peer ? guard->peer(conn->fd, &conn->peer.who)
			 : rpc_peer_read(conn->fd, &conn->peer.who);
	if (rc < 0) {
		log_warn("rpc-accept", "error=\"the peer's user: %s\"", strerror(-rc));
		return rc;
	}
	standing = guard->standing(&conn->peer.who, conn->user);
	conn->peer.rank = standing.rank;
	free(conn->peer.who.groups);
	conn->peer.who.groups = NULL;
	conn->peer.who.n_groups = 0;
	return standing.pool < 0 ? 0 : take_place(conn, &quotas[standing.pool]);
}

void rpc_guard_leave(struct rpc_conn *conn)
{
	if (conn->peer.account)
		rpc_quota_close(conn->peer.quota, conn->peer.account);
	conn->peer.account = NULL;
	conn->peer.quota = NULL;
}

/* NULL, or what is too much. */
static const char *over_limit(struct rpc_conn *conn)
{
	if (!conn->peer.account)
		return NULL;
	if (conn->n_calls > conn->peer.quota->limits->open_calls)
		return "too many calls wait on this connection; wait for their answers";
	if (!rpc_quota_call(conn->peer.quota, conn->peer.account, now_ns()))
		return "too many calls in a short time; try again in a second";
	return NULL;
}

bool rpc_guard_stops(struct rpc_conn *conn, struct rpc_call *call, const struct rpc_method *method)
{
	const struct rpc_guard *guard = conn->service ? conn->service->guard : NULL;
	char why[RPC_REFUSAL] = "";
	const char *much;

	if (!guard)
		return false;
	much = over_limit(conn);
	if (much) {
		rpc_fail(call, RPC_UNAVAILABLE, "%s", much);
		if (++conn->peer.n_heedless > HEEDLESS_MAX)
			rpc_conn_give_up(conn, true, "calls on beyond its limit");
		return true;
	}
	conn->peer.n_heedless = 0;
	if (!method || conn->peer.rank <= method->rank)
		return false;
	guard->denied(method, &conn->peer.who.id, why, conn->user);
	rpc_fail(call, RPC_DENIED, "%s", why);
	return true;
}
