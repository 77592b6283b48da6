/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_call.c - requests in both directions. Loop thread. A waiter (our request) is owned by its
 * connection and ends with its answer, its timeout or the connection; its function is called
 * exactly once. A call (the peer's request) is owned by the handler until it answers; the
 * connection only knows it, to tell it of its end.
 */
#include "vios-core/base/rpc_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define US_PER_MS 1000u
#define TIMER_ACCURACY_US 1000u

static struct rpc_fds no_fds(void)
{
	return (struct rpc_fds){.n = 0};
}

static void waiter_free(struct rpc_waiter *w)
{
	TAILQ_REMOVE(&w->conn->waiters, w, link);
	sd_event_source_disable_unref(w->timer);
	free(w);
}

/* The waiter is gone before its function runs: that may free the connection. */
static void waiter_finish(
	struct rpc_waiter *w, json_t *result, int code, const char *message, struct rpc_fds *fds)
{
	rpc_answer_fn *fn = w->fn;
	void *user = w->user;

	waiter_free(w);
	fn(result, code, message, fds, user);
}

static int on_timeout(sd_event_source *s, uint64_t now_us, void *user)
{
	struct rpc_waiter *w = user;
	struct rpc_conn *conn = w->conn;
	struct rpc_fds none = no_fds();

	conn->refs++;
	waiter_finish(w, NULL, RPC_TIMEOUT, "no answer in time", &none);
	rpc_conn_unref(conn);
	return 0;
}

static int waiter_arm(struct rpc_waiter *w, unsigned timeout_ms)
{
	if (timeout_ms == 0)
		return 0;
	return sd_event_add_time_relative(w->conn->ev, &w->timer, CLOCK_MONOTONIC,
		(uint64_t)timeout_ms * US_PER_MS, TIMER_ACCURACY_US, on_timeout, w);
}

int rpc_call_send(struct rpc_conn *conn, const char *method, json_t *params, const int *fds,
	size_t n_fds, unsigned timeout_ms, rpc_answer_fn *fn, void *user)
{
	struct rpc_waiter *w = calloc(1, sizeof(*w));
	int rc = -ENOMEM;

	if (w == NULL || conn->state != RPC_CONN_OPEN) {
		free(w);
		json_decref(params);
		return w == NULL ? -ENOMEM : -EPIPE;
	}
	*w = (struct rpc_waiter){.conn = conn, .id = ++conn->last_id, .fn = fn, .user = user};
	TAILQ_INSERT_TAIL(&conn->waiters, w, link);
	rc = rpc_out_send(conn, rpc_line_call(w->id, method, params), fds, n_fds);
	if (rc == 0)
		rc = waiter_arm(w, timeout_ms);
	if (rc < 0)
		waiter_free(w);
	return rc;
}

int rpc_notify(
	struct rpc_conn *conn, const char *method, json_t *params, const int *fds, size_t n_fds)
{
	return rpc_out_send(conn, rpc_line_note(method, params), fds, n_fds);
}

int rpc_answer_take(struct rpc_conn *conn, const struct rpc_message *m, struct rpc_fds *fds)
{
	struct rpc_waiter *w;

	if (m->answer_id < 1 || m->answer_id > conn->last_id)
		return -EPROTO;
	TAILQ_FOREACH(w, &conn->waiters, link)
	{
		if (w->id != m->answer_id)
			continue;
		if (m->kind == RPC_KIND_RESULT)
			waiter_finish(w, m->result, 0, "", fds);
		else
			waiter_finish(w, NULL, m->error_code, m->error_message, fds);
		return 0;
	}
	return 0; /* late: the waiter has timed out */
}

void rpc_waiters_close(struct rpc_conn *conn)
{
	struct rpc_waiter *w;

	while ((w = TAILQ_FIRST(&conn->waiters)) != NULL) {
		struct rpc_fds none = no_fds();

		waiter_finish(
			w, NULL, RPC_CLOSED, "the connection was lost before the answer", &none);
	}
}

static void no_such_method(struct rpc_call *call, const char *name)
{
	rpc_fail(call, RPC_NO_METHOD, "there is no method \"%.64s\" here", name);
}

static const struct rpc_method *method_find(const struct rpc_service *service, const char *name)
{
	if (service == NULL || service->methods == NULL)
		return NULL;
	for (const struct rpc_method *m = service->methods; m->name != NULL; m++) {
		if (strcmp(m->name, name) == 0)
			return m;
	}
	return NULL;
}

static void take_note(struct rpc_call *call, rpc_note_fn *note, json_t *params)
{
	note(params, call->conn->user);
	rpc_reply(call, NULL, NULL, 0);
}

void rpc_call_take(struct rpc_conn *conn, const struct rpc_message *m, struct rpc_fds *fds)
{
	const struct rpc_method *method = method_find(conn->service, m->method);
	struct rpc_call *call;

	if (conn->n_calls >= RPC_CALLS_MAX) {
		rpc_conn_give_up(conn, true, "has too many calls open");
		return;
	}
	call = calloc(1, sizeof(*call));
	if (call == NULL) {
		rpc_conn_give_up(conn, true, "no memory for its call");
		return;
	}
	*call = (struct rpc_call){.conn = conn, .id = json_incref(m->id)};
	TAILQ_INSERT_TAIL(&conn->calls, call, link);
	conn->n_calls++;
	if (rpc_guard_stops(conn, call, method))
		return;
	if (method == NULL)
		no_such_method(call, m->method);
	else if (m->params_bad)
		rpc_fail(call, RPC_INVALID_PARAMS, "params must be an object");
	else if (method->note != NULL)
		take_note(call, method->note, m->params);
	else
		method->fn(call, m->params, fds, conn->user);
}

static void call_free(struct rpc_call *call)
{
	if (call->conn != NULL) {
		TAILQ_REMOVE(&call->conn->calls, call, link);
		call->conn->n_calls--;
	}
	json_decref(call->id);
	free(call);
}

void rpc_calls_detach(struct rpc_conn *conn)
{
	struct rpc_call *call;

	while ((call = TAILQ_FIRST(&conn->calls)) != NULL) {
		TAILQ_REMOVE(&conn->calls, call, link);
		call->conn = NULL;
	}
	conn->n_calls = 0;
}

struct rpc_conn *rpc_call_conn(struct rpc_call *call)
{
	return call->conn;
}

void rpc_reply(struct rpc_call *call, json_t *result, const int *fds, size_t n_fds)
{
	struct rpc_conn *conn = call->conn;

	if (conn == NULL || call->id == NULL) {
		json_decref(result);
	} else {
		int rc = rpc_out_send(conn, rpc_line_result(call->id, result), fds, n_fds);

		/* A caller left without an answer would wait for ever. */
		if (rc < 0 && rc != -EPIPE)
			rpc_out_send(conn, rpc_line_error(call->id, RPC_INTERNAL, strerror(-rc)),
				NULL, 0);
	}
	call_free(call);
}

void rpc_reply_text(struct rpc_call *call, const char *result, size_t len)
{
	struct rpc_conn *conn = call->conn;
	char *id = conn != NULL && call->id != NULL ? json_dumps(call->id, JSON_ENCODE_ANY) : NULL;

	if (id != NULL) {
		char head[] = "{\"jsonrpc\":\"2.0\",\"id\":", middle[] = ",\"result\":",
		     tail[] = "}";
		const struct iovec parts[] = {{head, sizeof(head) - 1}, {id, strlen(id)},
			{middle, sizeof(middle) - 1}, {(char *)result, len}, {tail, 1}};
		int rc = rpc_out_text(conn, parts, sizeof(parts) / sizeof(parts[0]));

		if (rc < 0 && rc != -EPIPE)
			rpc_out_send(conn, rpc_line_error(call->id, RPC_INTERNAL, strerror(-rc)),
				NULL, 0);
	}
	free(id);
	call_free(call);
}

static void fail(struct rpc_call *call, int code, json_t *data, const char *fmt, va_list ap)
{
	char message[512];
	json_t *line;

	vsnprintf(message, sizeof(message), fmt, ap);
	if (call->conn != NULL && call->id != NULL) {
		line = rpc_line_error(call->id, code, message);
		if (data != NULL)
			json_object_set(json_object_get(line, "error"), "data", data);
		rpc_out_send(call->conn, line, NULL, 0);
	}
	json_decref(data);
	call_free(call);
}

void rpc_fail(struct rpc_call *call, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(call, code, NULL, fmt, ap);
	va_end(ap);
}

void rpc_fail_data(struct rpc_call *call, int code, json_t *data, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(call, code, data, fmt, ap);
	va_end(ap);
}
