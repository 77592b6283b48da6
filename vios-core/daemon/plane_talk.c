// SPDX-License-Identifier: BSD-3-Clause
/*
 * plane_talk.c - the connection to the data plane's control socket. viosd's one thread; the plane
 * owns the connection.
 *
 * Each answer checks that there still is a connection: those that are cut short by
 * plane_talk_drop() are of no interest any more.
 */
#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"
#include "vios-core/daemon/errlog_file.h"
#include "vios-core/daemon/plane_priv.h"

#include <errno.h>
#include <string.h>

#define HELLO_MS 2000u
#define CONFIGURE_MS 10000u /* hot-plugging an uplink may take its time */
#define LATER_MS 20u	    /* an adapter that is taken away needs some ms, at most a second */

void plane_talk_drop(struct plane *plane)
{
	struct rpc_conn *conn = plane->conn;

	plane->conn = NULL;
	plane->link = LINK_UNKNOWN;
	rpc_conn_free(conn);
}

static void on_closed(struct rpc_conn *conn, void *user)
{
	struct plane *plane = user;

	if (plane->conn != conn)
		return;
	plane->conn = NULL;
	plane->link = LINK_UNKNOWN;
	plane_because(
		plane, "the connection to process %lld was lost", (long long)plane->greeting.pid);
	plane_step(plane, SUP_EV_HANGUP);
}

static void on_uplink(json_t *uplink, void *user)
{
	struct plane *plane = user;
	enum link_state link;

	if (link_state_parse(json_string_value(json_object_get(uplink, "link")), &link) < 0 ||
		link == plane->link)
		return;
	plane->link = link;
	plane->config.changed(plane->config.user);
}

/* The muxes tell more, and sooner; viosd has no use for this note. */
static void on_adapter(json_t *params, void *user)
{
}

static const struct rpc_method methods[] = {
	{"uplink", .note = on_uplink},
	{"adapter", .note = on_adapter},
	{0},
};

static const struct rpc_service service = {.methods = methods, .closed = on_closed};

void plane_talk_connect(struct plane *plane)
{
	struct rpc_conn *conn;
	int r = rpc_connect(plane->ev, plane->socket.text, &service, plane, &conn);

	if (r == 0) {
		plane->conn = conn;
		plane_step(plane, SUP_EV_CONNECTED);
	} else {
		plane_step(plane, plane->pidfd >= 0 ? SUP_EV_REFUSED : SUP_EV_ABSENT);
	}
}

/* 0, or -errno: it has not been asked. */
static int call(struct plane *plane, const char *method, json_t *params, unsigned timeout_ms,
	rpc_answer_fn *fn)
{
	if (plane->conn)
		return rpc_call_send(plane->conn, method, params, NULL, 0, timeout_ms, fn, plane);
	json_decref(params);
	return -ENOTCONN;
}

static void is_mute(struct plane *plane, const char *method, const char *fault)
{
	log_warn("netd-mute", "socket=%s method=%s reason=\"%s\"", plane->socket.text, method,
		fault);
	plane_because(plane, "%s: %s", method, fault);
	plane_step(plane, SUP_EV_MUTE);
}

static void on_hello(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;
	struct greeting greeting;
	const char *fault = message;

	/* A hang-up is told by on_closed(). */
	if (!plane->conn || error_code == RPC_CLOSED)
		return;
	if (error_code == 0)
		fault = greeting_parse(result, plane->config.vios, fds->n, &greeting);
	if (!fault && plane_process_adopt(plane, &greeting, fds) < 0)
		fault = "its descriptors could not be kept";
	if (fault) {
		is_mute(plane, "hello", fault);
		return;
	}
	plane_step(plane, SUP_EV_GREETED);
	plane->config.greeted(plane->config.user);
}

void plane_talk_hello(struct plane *plane)
{
	int r = call(plane, "hello", json_pack("{s:s}", "role", "viosd"), HELLO_MS, on_hello);

	if (r < 0)
		is_mute(plane, "hello", strerror(-r));
}

static void on_status(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;

	if (plane->conn && error_code == 0)
		on_uplink(json_object_get(result, "uplink"), plane);
}

/* Once, until it is content. */
static void tell_unfit(struct plane *plane, const char *message)
{
	if (!plane->told_unfit)
		errlog_note(
			plane->config.errlog, ERRLOG_NETD_UNFIT, "netd", "reason=\"%s\"", message);
	plane->told_unfit = true;
	plane_because(plane, "configure: %s", message);
}

static void is_unfit(struct plane *plane, const char *message)
{
	tell_unfit(plane, message);
	plane_step(plane, SUP_EV_UNFIT);
}

static int on_again(sd_event_source *source, uint64_t usec, void *user)
{
	plane_talk_reconfigure(user);
	return 0;
}

/* It has taken the configuration, perhaps but some adapters that it cannot serve as they are. */
static void is_taken(struct plane *plane, const json_t *result)
{
	const json_t *refused = json_object_get(result, "refused");
	const char *reason =
		json_string_value(json_object_get(json_array_get(refused, 0), "reason"));

	if (json_array_size(refused) > 0) {
		tell_unfit(plane, reason ? reason : "an adapter is refused");
	} else {
		plane->told_unfit = false;
		plane->reason[0] = '\0';
	}
}

/* It has cleared the place of some, which are still to be added. */
static void add_the_rest(struct plane *plane, const json_t *result)
{
	if (json_array_size(json_object_get(result, "later")) > 0)
		retimer_set(plane->ev, &plane->reconfigure, LATER_MS * 1000ull, on_again, plane);
}

static void on_configured(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;

	if (!plane->conn || error_code == RPC_CLOSED)
		return;
	if (error_code == RPC_TIMEOUT) {
		is_mute(plane, "configure", message);
	} else if (error_code != 0) {
		is_unfit(plane, message);
	} else {
		is_taken(plane, result);
		plane_step(plane, SUP_EV_CONFIGURED);
		add_the_rest(plane, result);
		if (plane->changed)
			plane_talk_reconfigure(plane);
		if (plane->conn)
			rpc_call_send(
				plane->conn, "status", NULL, NULL, 0, HELLO_MS, on_status, plane);
	}
}

/* The wanted configuration, or NULL: it is not known yet. A data plane that has outlived its viosd
 * keeps what it has until it is. */
static json_t *wanted(struct plane *plane)
{
	json_t *configuration = plane->config.configuration(plane->config.user);

	plane->awaits = configuration == NULL;
	if (configuration)
		plane->changed = false;
	return configuration;
}

void plane_talk_configure(struct plane *plane)
{
	json_t *configuration = wanted(plane);
	int r;

	if (!configuration)
		return;
	r = call(plane, "configure", configuration, CONFIGURE_MS, on_configured);
	if (r == -EMSGSIZE)
		is_unfit(plane, "too many adapters for one message; take some out");
	else if (r < 0)
		is_mute(plane, "configure", strerror(-r));
}

/* It keeps what it has; what it serves goes on. */
static void again_later(struct plane *plane, const char *message)
{
	tell_unfit(plane, message);
	plane->changed = true;
	retimer_set(plane->ev, &plane->reconfigure, SUP_UNFIT_MS * 1000ull, on_again, plane);
	plane->config.changed(plane->config.user);
}

static void on_reconfigured(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;

	if (!plane->conn || error_code == RPC_CLOSED)
		return;
	if (error_code == RPC_TIMEOUT) {
		is_mute(plane, "configure", message);
	} else if (error_code != 0) {
		again_later(plane, message);
	} else {
		is_taken(plane, result);
		add_the_rest(plane, result);
		plane->config.changed(plane->config.user);
	}
}

/* In any other state it is told with the next `configure`. */
void plane_talk_reconfigure(struct plane *plane)
{
	json_t *configuration;
	int r;

	plane->changed = true;
	if (plane->sup.state == SUP_CONFIGURING && plane->awaits)
		plane_talk_configure(plane);
	if (plane->sup.state != SUP_UP)
		return;
	configuration = wanted(plane);
	if (!configuration)
		return;
	r = call(plane, "configure", configuration, CONFIGURE_MS, on_reconfigured);
	if (r == -EMSGSIZE)
		again_later(plane, "too many adapters for one message; take some out");
	else if (r < 0)
		is_mute(plane, "configure", strerror(-r));
}

static void on_shutdown(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;

	if (plane->conn && error_code != 0 && error_code != RPC_CLOSED)
		is_mute(plane, "shutdown", message);
}

void plane_talk_shutdown(struct plane *plane)
{
	int r = call(plane, "shutdown", NULL, SUP_STOP_MS, on_shutdown);

	if (r < 0)
		is_mute(plane, "shutdown", strerror(-r));
}

int plane_ask(struct plane *plane, const char *method, rpc_answer_fn *fn, void *user)
{
	if (!plane->conn)
		return -ENOTCONN;
	return rpc_call_send(plane->conn, method, NULL, NULL, 0, HELLO_MS, fn, user);
}
