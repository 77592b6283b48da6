// SPDX-License-Identifier: BSD-3-Clause
/* rpc.h - JSON-RPC 2.0 over a UNIX stream socket, one object a line, descriptors beside the line.
 *
 * A connection is symmetric: either end may call, notify and answer. Everything runs on the
 * caller's sd_event loop, in one thread; nothing here blocks but rpc_sync_call(). Lines are at most
 * RPC_LINE_MAX bytes and carry at most RPC_FDS_MAX descriptors (SCM_RIGHTS with the line's first
 * byte); a peer that exceeds either, sends text that is not a JSON-RPC 2.0 object, or does not read
 * RPC_OUT_MAX bytes of what it was sent is hung up on.
 */
#ifndef VIOS_BASE_RPC_H
#define VIOS_BASE_RPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>

#include "vios-core/base/rpc_guard.h"
#include "vios-core/base/rpc_types.h"
#include "vios-core/base/rpc_sync.h"

struct rpc_conn;
struct rpc_server;
struct rpc_call; /* a request that waits for our answer; a notification's answer goes nowhere */

/* params: borrowed, an object or NULL. The handler answers with rpc_reply() or rpc_fail(), now or
 * later, exactly once, also for a notification. */
typedef void rpc_handler_fn(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user);

/* Whatever it does, the answer is {}, given when it returns. */
typedef void rpc_note_fn(json_t *params, void *user);

struct rpc_method {
	const char *name;
	rpc_handler_fn *fn;
	unsigned rank;	   /* the highest that may call it, where there is a guard */
	rpc_note_fn *note; /* instead of fn */
};

/* What one end serves. Borrowed for the life of the server or connection. */
struct rpc_service {
	const struct rpc_method *methods;		   /* ends with a NULL name */
	void (*opened)(struct rpc_conn *conn, void *user); /* accepted; may be NULL */
	/* The peer is gone or broke a rule; the connection is freed when this returns. Not called
	 * for rpc_conn_free(). Calls in flight have got RPC_CLOSED before. May be NULL. */
	void (*closed)(struct rpc_conn *conn, void *user);
	const struct rpc_guard *guard; /* of those who connect; NULL: none */
};

/* result: borrowed, NULL on error; error_code 0 on success; message: borrowed, never NULL. */
typedef void rpc_answer_fn(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user);

/*
 * Listens at path (at most 107 bytes, else -ENAMETOOLONG), mode e.g. 0660. An existing socket file
 * is replaced: the caller holds the lock file that makes it the only owner (lockfile.h). 0 and
 * *out, or -errno.
 */
int rpc_server_new(sd_event *ev, const char *path, mode_t mode, const struct rpc_service *service,
	void *user, struct rpc_server **out);
/* Closes the listener, every accepted connection (closed() is not called) and unlinks the path. */
void rpc_server_free(struct rpc_server *server);
/* Sends a notification to every accepted connection for which want() is true (NULL: all).
 * params: ownership moves. */
void rpc_server_notify(struct rpc_server *server, const char *method, json_t *params,
	bool (*want)(struct rpc_conn *conn, void *user), void *user);

/* Connects; 0 and *out, or -errno at once (-ENOENT, -ECONNREFUSED: nobody there). */
int rpc_connect(sd_event *ev, const char *path, const struct rpc_service *service, void *user,
	struct rpc_conn **out);
/* May be called from any handler or answer, also of this connection. Calls in flight get RPC_CLOSED
 * before it returns; closed() is not called. NULL is allowed. */
void rpc_conn_free(struct rpc_conn *conn);

/* params: ownership moves (also on error), may be NULL. fds: borrowed, duplicated when sent.
 * timeout_ms 0: wait for ever. fn is called exactly once, never from within rpc_call_send().
 * 0 or -errno (fn is not called then). */
int rpc_call_send(struct rpc_conn *conn, const char *method, json_t *params, const int *fds,
	size_t n_fds, unsigned timeout_ms, rpc_answer_fn *fn, void *user);
int rpc_notify(
	struct rpc_conn *conn, const char *method, json_t *params, const int *fds, size_t n_fds);

/* Each consumes the call. result: ownership moves, NULL means {}; as JSON text of one line:
 * borrowed. Safe after the peer has gone. */
void rpc_reply(struct rpc_call *call, json_t *result, const int *fds, size_t n_fds);
void rpc_reply_text(struct rpc_call *call, const char *result, size_t len);
void rpc_fail(struct rpc_call *call, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* data: the error's `data` (JSON-RPC 2.0, section 5.1), ownership moves. */
void rpc_fail_data(struct rpc_call *call, int code, json_t *data, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The connection a call came on; NULL when it has gone. */
struct rpc_conn *rpc_call_conn(struct rpc_call *call);
void rpc_conn_set_data(struct rpc_conn *conn, void *data);
void *rpc_conn_data(const struct rpc_conn *conn);
struct ucred rpc_conn_peer(const struct rpc_conn *conn); /* SO_PEERCRED */

#endif
