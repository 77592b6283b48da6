/* SPDX-License-Identifier: BSD-3-Clause */
/* rpc_link.c - keeps a control connection up. The thread of its loop; owns the connection and a
 * timer. */
#include "vios-core/base/rpc_link.h"

#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"

#include <errno.h>
#include <string.h>

#define HELLO_TIMEOUT_MS 2000

static void attempt(struct rpc_link *l);

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
	attempt(user);
	return 0;
}

static void retry_later(struct rpc_link *l)
{
	retimer_set(l->ev, &l->timer, l->backoff_ms * UINT64_C(1000), on_timer, l);
	l->backoff_ms = rpc_link_backoff(l->backoff_ms);
}

/* The connection has gone, or is of no use. */
static void lost(struct rpc_link *l)
{
	const bool was_up = l->up;

	l->conn = NULL;
	l->up = false;
	if (was_up) {
		log_info("control-lost", "peer=%s path=%s", l->kind->name, l->path.text);
		l->backoff_ms = 0;
		if (l->kind->lost)
			l->kind->lost(l);
	}
	retry_later(l);
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
	l->backoff_ms = 0;
}

static void attempt(struct rpc_link *l)
{
	int err;

	if (l->conn)
		return;
	retimer_stop(l->timer);
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
	retry_later(l);
}

/* A server that is being started binds its socket before it listens: look again soon. */
void rpc_link_try(struct rpc_link *l)
{
	if (l->conn)
		return;
	l->backoff_ms = 0;
	attempt(l);
}

void rpc_link_init(
	struct rpc_link *l, const struct rpc_link_kind *kind, sd_event *ev, int vios, void *user)
{
	*l = (struct rpc_link){.kind = kind, .ev = ev, .vios = vios, .user = user};
}

void rpc_link_fini(struct rpc_link *l)
{
	if (l->conn)
		rpc_conn_free(l->conn);
	l->conn = NULL;
	l->timer = sd_event_source_disable_unref(l->timer);
}
