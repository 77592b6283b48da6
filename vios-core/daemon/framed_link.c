// SPDX-License-Identifier: BSD-3-Clause
/*
 * framed_link.c - registers data planes with vios-framed and hears of deaths and quarantines
 * from it. Runs on viosd's one thread; the struct owns the connection and the timer of the next
 * try. viosd works without it: deaths are then seen by the pidfd, and hangs by nobody.
 */
#include "vios-core/daemon/framed_link.h"

#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define RECONNECT_FIRST_US 250000u
#define RECONNECT_MAX_US 1000000u
#define CALL_MS 5000u
#define ADAPTERS_A_CALL 1024 /* vios-framed takes so many at a time */

struct framed_link {
	sd_event *ev;
	const struct framed_events *events;
	void *user;
	struct runpath socket;
	struct rpc_conn *conn;
	sd_event_source *timer;
	uint64_t reconnect_us;
};

static void arm(struct framed_link *link)
{
	sd_event_source_set_time_relative(link->timer, link->reconnect_us);
	sd_event_source_set_enabled(link->timer, SD_EVENT_ONESHOT);
	link->reconnect_us *= 2;
	if (link->reconnect_us > RECONNECT_MAX_US)
		link->reconnect_us = RECONNECT_MAX_US;
}

static void on_closed(struct rpc_conn *conn, void *user)
{
	struct framed_link *link = user;

	link->conn = NULL;
	log_warn("framed-away", "socket=%s retry=forever", link->socket.text);
	arm(link);
	link->events->lost(link->user);
}

static void on_dead(json_t *params, void *user)
{
	struct framed_link *link = user;
	const char *vios = json_string_value(json_object_get(params, "vios"));
	const char *incarnation = json_string_value(json_object_get(params, "incarnation"));

	if (vios && incarnation)
		link->events->dead(vios, incarnation, link->user);
}

static void on_suspect(json_t *params, void *user)
{
	struct framed_link *link = user;
	const char *vios = json_string_value(json_object_get(params, "vios"));
	const char *incarnation = json_string_value(json_object_get(params, "incarnation"));
	const char *report = json_string_value(json_object_get(params, "report"));
	long long ms = json_integer_value(json_object_get(params, "ms"));

	if (vios && incarnation && report)
		link->events->suspect(vios, incarnation, report, ms, link->user);
}

static void on_quarantine(json_t *params, void *user)
{
	struct framed_link *link = user;

	link->events->quarantine(params, link->user);
}

static const struct rpc_method methods[] = {
	{"dead", .note = on_dead},
	{"suspect", .note = on_suspect},
	{"quarantine", .note = on_quarantine},
	{0},
};

static const struct rpc_service service = {.methods = methods, .closed = on_closed};

static int on_timer(sd_event_source *source, uint64_t now_us, void *user)
{
	struct framed_link *link = user;

	if (rpc_connect(link->ev, link->socket.text, &service, link, &link->conn) < 0) {
		link->conn = NULL;
		arm(link);
		return 0;
	}
	link->reconnect_us = RECONNECT_FIRST_US;
	log_info("framed-connected", "socket=%s", link->socket.text);
	link->events->connected(link->user);
	return 0;
}

int framed_link_new(sd_event *ev, const char *run, const struct framed_events *events, void *user,
	struct framed_link **out)
{
	struct framed_link *link = calloc(1, sizeof(*link));
	int r;

	if (!link)
		return -ENOMEM;
	link->events = events;
	link->user = user;
	link->reconnect_us = RECONNECT_FIRST_US;
	r = runpath_framed(&link->socket, run);
	if (r == 0)
		r = sd_event_add_time_relative(
			ev, &link->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, link);
	if (r < 0) {
		free(link);
		return r;
	}
	link->ev = sd_event_ref(ev);
	*out = link;
	return 0;
}

void framed_link_free(struct framed_link *link)
{
	if (!link)
		return;
	rpc_conn_free(link->conn);
	sd_event_source_disable_unref(link->timer);
	sd_event_unref(link->ev);
	free(link);
}

bool framed_link_connected(const struct framed_link *link)
{
	return link->conn != NULL;
}

struct registering {
	struct framed_link *link;
	char plane[PLANE_NAME_BYTES];
};

static void on_registered(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct registering *r = user;

	if (error_code == 0)
		log_info("framed-registered", "plane=%s", r->plane);
	else if (error_code != RPC_CLOSED)
		r->link->events->unwatched(r->plane, message, r->link->user);
	free(r);
}

void framed_link_register(struct framed_link *link, const char *vios, const char *plane,
	const struct plane_process *process)
{
	struct registering *registering;
	int r = -ENOMEM;

	if (!link->conn || !process->incarnation[0] || process->n_fds == 0)
		return;
	registering = calloc(1, sizeof(*registering));
	if (registering) {
		registering->link = link;
		snprintf(registering->plane, sizeof(registering->plane), "%s", plane);
		r = rpc_call_send(link->conn, "register",
			json_pack("{s:s, s:s, s:s}", "vios", vios, "plane", plane, "incarnation",
				process->incarnation),
			process->fds, process->n_fds, CALL_MS, on_registered, registering);
	}
	if (r < 0) {
		free(registering);
		log_error("framed-refused", "plane=%s error=%d hangs=unwatched", plane, r);
	}
}

static void on_named(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	if (error_code != 0 && error_code != RPC_CLOSED)
		log_warn("framed-refused", "adapters=unnamed reason=\"%s\"", message);
}

void framed_link_adapters(struct framed_link *link, const struct inventory *inventory)
{
	for (size_t at = 0; link->conn && at < inventory->n; at += ADAPTERS_A_CALL) {
		json_t *list = json_array();

		for (size_t i = at; i < inventory->n && i < at + ADAPTERS_A_CALL; i++)
			json_array_append_new(
				list, json_pack("{s:s, s:I}", "adapter", inventory->list[i].name,
					      "id", (json_int_t)inventory->list[i].model->id));
		if (rpc_call_send(link->conn, "adapters", json_pack("{s:o}", "adapters", list),
			    NULL, 0, CALL_MS, on_named, link) < 0)
			return;
	}
}

int framed_link_call(
	struct framed_link *link, const char *method, json_t *params, rpc_answer_fn *fn, void *user)
{
	if (link->conn)
		return rpc_call_send(link->conn, method, params, NULL, 0, CALL_MS, fn, user);
	json_decref(params);
	return -ENOTCONN;
}

static void on_forwarded(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct rpc_call *call = user;

	if (error_code == 0)
		rpc_reply(call, json_incref(result), NULL, 0);
	else if (error_code == RPC_TIMEOUT || error_code == RPC_CLOSED)
		rpc_fail(call, RPC_UNAVAILABLE, "vios-framed did not answer: %s", message);
	else
		rpc_fail(call, error_code, "%s", message);
}

void framed_link_forward(
	struct framed_link *link, struct rpc_call *call, const char *method, json_t *params)
{
	if (framed_link_call(link, method, params, on_forwarded, call) < 0)
		rpc_fail(call, RPC_UNAVAILABLE,
			"vios-framed is not running at %s; start it, or ask again later",
			link->socket.text);
}
