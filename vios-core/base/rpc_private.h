/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_private.h - what rpc_conn.c, rpc_call.c, rpc_guard.c, rpc_out.c, rpc_server.c and rpc_sync.c
 * share. One thread: the loop's.
 *
 * Life of a connection:
 *
 *	OPEN --peer gone, rule broken--> DEAD --closed() returned--> FREED
 *	  +------------rpc_conn_free()------------------------------^
 *
 * Handlers may free the connection they run on: whoever calls a handler holds a reference, and
 *looks at the state afterwards. The memory goes with the last reference.
 */
#ifndef VIOS_BASE_RPC_PRIVATE_H
#define VIOS_BASE_RPC_PRIVATE_H

#include <sys/queue.h>
#include <sys/un.h>

#include "vios-core/base/rpc.h"
#include "vios-core/base/rpc_guarded.h"
#include "vios-core/base/rpc_line.h"

#define RPC_CALLS_MAX 4096 /* that a peer may have open at once */

enum rpc_conn_state { RPC_CONN_OPEN, RPC_CONN_DEAD, RPC_CONN_FREED };

/* A request of ours. */
struct rpc_waiter {
	TAILQ_ENTRY(rpc_waiter) link;
	struct rpc_conn *conn;
	json_int_t id;
	sd_event_source *timer; /* NULL: no timeout */
	rpc_answer_fn *fn;
	void *user;
};

/* A request of the peer's; freed by its answer, which may come after the connection has gone. */
struct rpc_call {
	TAILQ_ENTRY(rpc_call) link;
	struct rpc_conn *conn; /* NULL: gone */
	json_t *id;	       /* NULL: a notification */
};

struct rpc_out_line {
	TAILQ_ENTRY(rpc_out_line) link;
	struct rpc_fds fds; /* ours; none after the first byte has been sent */
	size_t sent, len;
	char text[];
};

struct rpc_conn {
	TAILQ_ENTRY(rpc_conn) link; /* in server->conns */
	struct rpc_server *server;  /* NULL: we connected, or unlinked */
	enum rpc_conn_state state;
	unsigned refs;
	sd_event *ev;
	sd_event_source *io;
	sd_event_source
		*gone; /* armed when sending failed: tears down outside of the caller's call */
	int fd;
	const struct rpc_service *service; /* NULL: serves nothing */
	void *user;
	void *data;
	struct rpc_guarded peer;
	struct rpc_reader reader;
	TAILQ_HEAD(, rpc_out_line) out;
	size_t out_bytes;
	TAILQ_HEAD(, rpc_waiter) waiters;
	json_int_t last_id;
	TAILQ_HEAD(, rpc_call) calls;
	unsigned n_calls;
};

/* rpc_conn.c; fd: ownership moves, also on error. */
int rpc_conn_new(sd_event *ev, int fd, const struct rpc_service *service, void *user,
	struct rpc_server *server, struct rpc_conn **out);
void rpc_conn_unref(struct rpc_conn *conn);
/* Tears down soon. deaf: nothing more is read; else what the peer had sent is handled first. */
void rpc_conn_give_up(struct rpc_conn *conn, bool deaf, const char *reason);
void rpc_fds_close(struct rpc_fds *fds);

/* rpc_call.c */
void rpc_call_take(struct rpc_conn *conn, const struct rpc_message *m, struct rpc_fds *fds);
/* -EPROTO: an id that was never given out. */
int rpc_answer_take(struct rpc_conn *conn, const struct rpc_message *m, struct rpc_fds *fds);
void rpc_waiters_close(struct rpc_conn *conn); /* each gets RPC_CLOSED */
void rpc_calls_detach(struct rpc_conn *conn);

/* rpc_out.c; root: ownership moves, NULL is -ENOMEM. */
int rpc_out_send(struct rpc_conn *conn, json_t *root, const int *fds, size_t n_fds);
int rpc_out_text(struct rpc_conn *conn, const struct iovec *parts, size_t n); /* of one line */
int rpc_out_flush(struct rpc_conn *conn); /* what the socket takes now; 0 or -errno */
void rpc_out_clear(struct rpc_conn *conn);

/* rpc_server.c */
void rpc_server_forget(struct rpc_server *server, struct rpc_conn *conn);
/* 0 or -ENAMETOOLONG, -EINVAL. */
int rpc_address(const char *path, struct sockaddr_un *addr, socklen_t *len);
#endif
