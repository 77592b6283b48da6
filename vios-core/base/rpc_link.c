/* SPDX-License-Identifier: BSD-3-Clause */
/* rpc_link.c - keeps a control connection up. The thread of its loop; owns the connection and the
 * waits. */
#include "vios-core/base/rpc_link.h"

#include "vios-core/base/log.h"

#include <errno.h>
#include <string.h>

#define HELLO_TIMEOUT_MS 2000

/* The connection has gone, or is of no use. */
static void lost(struct rpc_link *l)
{
	const bool was_up = l->up;

	l->conn = NULL;
	l->up = false;
	if (was_up) {
		log_info("control-lost", "peer=%s path=%s", l->kind->name, l->path.text);
		retry_anew(&l->retry);
		if (l->kind->lost)
			l->kind->lost(l);
	}
	retry_later(&l->retry);
}

void rpc_link_closed(struct rpc_conn *conn, void *user)
{
	struct rpc_link *l = user;

	if (l->conn == conn)
		lost(l);
}

void rpc_link_drop(struct rpc_link *l)
{
	if (!l->conn)
		return;
	rpc_conn_free(l->conn);
	lost(l);
}

static void on_hello(json_t *result, int code, const char *message, struct rpc_fds *fds, void *user)
{
	struct rpc_link *l = user;
	int err;

	if (code == RPC_CLOSED)
		return; /* rpc_link_closed() follows */
	err = code ? -EPROTO : l->kind->greeted(l, result, fds);
	if (err) {
		log_debug("control-refused", "peer=%s path=%s reason=\"%s\"", l->kind->name,
			l->path.text, code ? message : strerror(-err));
		rpc_link_drop(l);
		return;
	}
	retry_anew(&l->retry);
}

static void attempt(void *user)
{
	struct rpc_link *l = user;
	int err;

	if (l->conn)
		return;
	retry_stop(&l->retry);
	err = rpc_connect(l->ev, l->path.text, &l->kind->service, l, &l->conn);
	if (!err)
		err = rpc_call_send(l->conn, l->kind->hello, l->kind->hello_params(l), NULL, 0,
			HELLO_TIMEOUT_MS, on_hello, l);
	if (!err)
		return;
	if (l->conn)
		rpc_conn_free(l->conn);
	l->conn = NULL;
	if (l->kind->nobody && (err == -ECONNREFUSED || err == -ENOENT))
		l->kind->nobody(l);
	retry_later(&l->retry);
}

/* A server that is being started binds its socket before it listens: look again soon. */
void rpc_link_try(struct rpc_link *l)
{
	if (l->conn || !l->path.text[0])
		return;
	retry_anew(&l->retry);
	attempt(l);
}

void rpc_link_init(
	struct rpc_link *l, const struct rpc_link_kind *kind, sd_event *ev, int vios, void *user)
{
	*l = (struct rpc_link){.kind = kind, .ev = ev, .vios = vios, .user = user};
	retry_init(&l->retry, ev, attempt, l);
}

void rpc_link_fini(struct rpc_link *l)
{
	if (l->conn)
		rpc_conn_free(l->conn);
	l->conn = NULL;
	retry_fini(&l->retry);
}
