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
	plane->uplinks = (struct plane_uplinks){0};
	plane->trunk = LINK_UNKNOWN;
	rpc_conn_free(conn);
}

static void on_closed(struct rpc_conn *conn, void *user)
{
	struct plane *plane = user;

	if (plane->conn != conn)
		return;
	plane->conn = NULL;
	plane->uplinks = (struct plane_uplinks){0};
	plane->trunk = LINK_UNKNOWN;
	plane_because(
		plane, "the connection to process %lld was lost", (long long)plane->greeting.pid);
	plane_step(plane, SUP_EV_HANGUP);
}

static void on_uplink(json_t *uplink, void *user)
{
	struct plane *plane = user;

	if (plane_uplinks_link(&plane->uplinks, uplink))
		plane->config.changed(plane->config.user);
}

static void on_netaddr(json_t *netaddr, void *user)
{
	struct plane *plane = user;

	if (plane_uplinks_netaddr(&plane->uplinks, netaddr))
		plane->config.changed(plane->config.user);
}

/* "none" is none of them: there is no trunk. */
static void on_trunk(json_t *trunk, void *user)
{
	struct plane *plane = user;
	enum link_state state = LINK_UNKNOWN;

	(void)link_state_parse(json_string_value(json_object_get(trunk, "state")), &state);
	if (state == plane->trunk)
		return;
	plane->trunk = state;
	plane->config.changed(plane->config.user);
}

/* The muxes tell more, and sooner; viosd has no use for this note. */
static void on_adapter(json_t *params, void *user)
{
}

static void on_path(json_t *params, void *user)
{
	struct plane *plane = user;

	if (plane->config.path)
		plane->config.path(params, plane->config.user);
}

static void on_set_groups(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;

	if (plane->config.set_groups)
		plane->config.set_groups(call, params, plane->config.user);
	else
		rpc_fail(call, RPC_DENIED, "set_groups: for a SCSI target only");
}

static const struct rpc_method methods[] = {
	{"uplink", .note = on_uplink},
	{"adapter", .note = on_adapter},
	{"path", .note = on_path},
	{"set_groups", on_set_groups},
	{"trunk", .note = on_trunk},
	{"netaddr", .note = on_netaddr},
	{0},
};

static const struct rpc_service service = {.methods = methods, .closed = on_closed};

void plane_talk_connect(struct plane *plane)
{
	struct rpc_conn *conn;
	int r = rpc_connect(plane->ev, plane->socket.text, &service, plane, &conn);

	if (r == 0) {
		plane->conn = conn;
		plane->asked = false;
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
	log_warn(plane->config.kind->mute_event, "socket=%s method=%s reason=\"%s\"",
		plane->socket.text, method, fault);
	plane_because(plane, "%s: %s", method, fault);
	plane_step(plane, SUP_EV_MUTE);
}

static void on_hello(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;
	const struct greeting_whom whom = {.vios = plane->config.vios,
		.plane = plane->config.kind->word,
		.adapter = plane->config.client ? plane->resource : NULL};
	struct greeting greeting;
	const char *fault = message;

	/* A hang-up is told by on_closed(). */
	if (!plane->conn || error_code == RPC_CLOSED)
		return;
	if (error_code == 0)
		fault = greeting_parse(result, &whom, fds->n, &greeting);
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

	if (!plane->conn || error_code != 0)
		return;
	if (plane_uplinks_status(&plane->uplinks, result))
		plane->config.changed(plane->config.user);
	on_trunk(json_object_get(result, "trunk"), plane);
}

/* Once, until it is content. */
static void note_unfit(struct plane *plane, const char *message)
{
	if (!plane->told_unfit)
		plane_note(plane, plane->config.kind->unfit, "reason=\"%s\"", message);
	plane->told_unfit = true;
	plane_because(plane, "configure: %s", message);
}

static void is_unfit(struct plane *plane, const char *message)
{
	note_unfit(plane, message);
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
		note_unfit(plane, reason ? reason : "an adapter is refused");
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

/* It keeps what it has; what it serves goes on. */
static void again_later(struct plane *plane, const char *message)
{
	note_unfit(plane, message);
	plane->changed = true;
	retimer_set(plane->ev, &plane->reconfigure, SUP_UNFIT_MS * 1000ull, on_again, plane);
	plane->config.changed(plane->config.user);
}

static void is_configured(struct plane *plane, const json_t *result)
{
	is_taken(plane, result);
	plane_step(plane, SUP_EV_CONFIGURED);
	add_the_rest(plane, result);
	if (plane->changed)
		plane_talk_reconfigure(plane);
	if (plane->conn)
		rpc_call_send(plane->conn, "status", NULL, NULL, 0, HELLO_MS, on_status, plane);
}

/* One that a viosd before this has configured serves some disks already: they are not taken away
 * from it because it lacks another. */
static void goes_on(struct plane *plane, const char *message)
{
	note_unfit(plane, message);
	plane_step(plane, SUP_EV_CONFIGURED);
	again_later(plane, message);
}

static void on_configured(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;
	const bool disks = plane->config.kind->disks;

	if (!plane->conn || error_code == RPC_CLOSED)
		return;
	plane->asked = false;
	if (error_code == 0)
		is_configured(plane, result);
	else if (disks && error_code == RPC_DENIED)
		plane_restart(plane); /* it is another adapter's: of the same name */
	else if (disks && plane->greeting.configured)
		goes_on(plane, message);
	else if (error_code == RPC_TIMEOUT && !disks)
		is_mute(plane, "configure", message);
	else
		is_unfit(plane, message);
}

/* The wanted configuration. NULL: it is not known yet (a data plane that has outlived its viosd
 * keeps what it has until it is), or there is none, and *why. */
static json_t *wanted(struct plane *plane, const char **why)
{
	json_t *configuration;

	*why = NULL;
	configuration = plane->config.configuration(why, plane->config.user);
	plane->awaits = !configuration && !*why;
	if (configuration)
		plane->changed = false;
	return configuration;
}

void plane_talk_configure(struct plane *plane)
{
	const char *why;
	json_t *configuration = wanted(plane, &why);
	int r;

	if (!configuration && why && plane->greeting.configured)
		goes_on(plane, why);
	else if (!configuration && why)
		is_unfit(plane, why);
	if (!configuration)
		return;
	r = call(plane, "configure", configuration, CONFIGURE_MS, on_configured);
	plane->asked = r == 0;
	if (r == -EMSGSIZE)
		is_unfit(plane, "too many adapters for one message; take some out");
	else if (r < 0)
		is_mute(plane, "configure", strerror(-r));
}

static void on_reconfigured(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;
	const bool disks = plane->config.kind->disks, newer = plane->changed;

	if (!plane->conn || error_code == RPC_CLOSED)
		return;
	plane->asked = false;
	if (error_code == RPC_TIMEOUT && !disks) {
		is_mute(plane, "configure", message);
	} else if (error_code == RPC_DENIED && disks) {
		plane_restart(plane);
	} else if (error_code != 0) {
		again_later(plane, message);
	} else {
		is_taken(plane, result);
		add_the_rest(plane, result);
		plane->config.changed(plane->config.user);
	}
	if (newer)
		plane_talk_reconfigure(plane);
}

/* One at a time: what has changed meanwhile is told after the answer. */
static void reconfigure(struct plane *plane)
{
	const char *why;
	json_t *configuration = plane->asked ? NULL : wanted(plane, &why);
	int r;

	if (plane->asked)
		return;
	if (!configuration && why)
		again_later(plane, why);
	if (!configuration)
		return;
	r = call(plane, "configure", configuration, CONFIGURE_MS, on_reconfigured);
	plane->asked = r == 0;
	if (r == -EMSGSIZE)
		again_later(plane, "too many adapters for one message; take some out");
	else if (r < 0)
		is_mute(plane, "configure", strerror(-r));
}

/* One that has refused what was wanted before is asked at once; in any state that is not here it
 * is told with the next `configure`. */
void plane_talk_reconfigure(struct plane *plane)
{
	plane->changed = true;
	if (plane->sup.state == SUP_CONFIGURING && plane->awaits)
		plane_talk_configure(plane);
	else if (plane->sup.state == SUP_UNFIT && plane->config.kind->disks)
		plane_step(plane, SUP_EV_TIMER);
	else if (plane->sup.state == SUP_UP)
		reconfigure(plane);
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

int plane_tell(
	struct plane *plane, const char *method, json_t *params, rpc_answer_fn *fn, void *user)
{
	if (plane->conn)
		return rpc_call_send(plane->conn, method, params, NULL, 0, HELLO_MS, fn, user);
	json_decref(params);
	return -ENOTCONN;
}

int plane_ask(struct plane *plane, const char *method, rpc_answer_fn *fn, void *user)
{
	return plane_tell(plane, method, NULL, fn, user);
}
