/* SPDX-License-Identifier: BSD-3-Clause */
/* rpc_guarded.h - private to vios-core/base: what a connection knows of its peer, and the guard's
 * word on it (rpc_guard.c). The loop's thread. */
#ifndef VIOS_BASE_RPC_GUARDED_H
#define VIOS_BASE_RPC_GUARDED_H

#include "vios-core/base/rpc_guard.h"

struct rpc_call;
struct rpc_conn;

struct rpc_guarded {
	struct rpc_peer who; /* its groups only while the guard is asked */
	unsigned rank;
	struct rpc_quota *quota;     /* the server's; NULL: without limits */
	struct rpc_account *account; /* NULL: without limits */
	unsigned n_heedless;	     /* calls in a row over the limit */
};

/* Of a connection to a server with a guard. 0, or -errno: hang up. quotas: one a pool. */
int rpc_guard_accept(struct rpc_conn *conn, struct rpc_quota *quotas);
/* Of any connection. */
void rpc_guard_leave(struct rpc_conn *conn);
/* True: the call has been answered. method: NULL if there is none of that name. */
bool rpc_guard_stops(struct rpc_conn *conn, struct rpc_call *call, const struct rpc_method *method);

#endif
