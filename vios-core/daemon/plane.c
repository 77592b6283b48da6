// SPDX-License-Identifier: BSD-3-Clause
/*
 * plane.c - carries out what supervise.c decides. Runs on viosd's one thread.
 *
 * The plane owns: the pidfd of the process (from clone3, or from the hello of an adopted one), the
 * descriptors of its hello, the connection to its socket, one timer. A process is "known" while its
 * pidfd is held. Events that arise while an action is carried out (a connection that succeeds at
 * once, say) are queued and stepped after it, so a step is never entered twice.
 */
#include "vios-core/daemon/plane.h"

#include "vios-core/base/log.h"
#include "vios-core/base/rpc.h"
#include "vios-core/base/runpath.h"
#include "vios-core/daemon/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELLO_MS 2000u
#define CONFIGURE_MS 10000u /* hot-plugging an uplink may take its time */
#define QUEUE_MAX 8

struct plane {
	sd_event *ev;
	struct plane_config config;
	struct runpath socket;
	struct supervise sup;
	enum supervise_event queue[QUEUE_MAX];
	size_t n_queued;
	bool stepping;
	sd_event_source *timer;
	struct rpc_conn *conn;
	int pidfd; /* -1: no process known */
	sd_event_source *watch;
	bool child; /* started by us, not adopted */
	struct greeting greeting;
	int fds[RPC_FDS_MAX]; /* of the hello: pidfd, page, pings */
	size_t n_fds;
	bool declared_dead;
	enum link_state link;
	bool told_unfit;
};

static void step(struct plane *plane, enum supervise_event event);

static void drop_connection(struct plane *plane)
{
	struct rpc_conn *conn = plane->conn;

	plane->conn = NULL; /* first: answers that are cut short look at it */
	plane->link = LINK_UNKNOWN;
	rpc_conn_free(conn);
}

static void drop_hello(struct plane *plane)
{
	for (size_t i = 0; i < plane->n_fds; i++)
		close(plane->fds[i]);
	plane->n_fds = 0;
	memset(&plane->greeting, 0, sizeof(plane->greeting));
}

static void forget_process(struct plane *plane)
{
	plane->watch = sd_event_source_disable_unref(plane->watch);
	if (plane->pidfd >= 0)
		close(plane->pidfd);
	plane->pidfd = -1;
	plane->child = false;
	plane->declared_dead = false;
	drop_hello(plane);
}

static void log_end(struct plane *plane)
{
	int status = spawn_reap(plane->pidfd);

	if (status < 0)
		log_warn("netd-died", "pid=%lld adopted=yes", (long long)plane->greeting.pid);
	else if (WIFSIGNALED(status))
		log_warn("netd-died", "pid=%lld signal=%d", (long long)plane->greeting.pid,
			WTERMSIG(status));
	else
		log_warn("netd-died", "pid=%lld exit=%d see=netd.log",
			(long long)plane->greeting.pid, WEXITSTATUS(status));
}

static int on_process_end(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct plane *plane = user;

	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	log_end(plane);
	step(plane, SUP_EV_DEAD);
	return 0;
}

/* Takes pidfd, also on failure. */
static int know_process(struct plane *plane, int pidfd)
{
	int r = sd_event_add_io(plane->ev, &plane->watch, pidfd, EPOLLIN, on_process_end, plane);

	if (r < 0) {
		close(pidfd);
		return r;
	}
	plane->pidfd = pidfd;
	return 0;
}

static void on_closed(struct rpc_conn *conn, void *user)
{
	struct plane *plane = user;

	if (plane->conn != conn)
		return;
	plane->conn = NULL;
	plane->link = LINK_UNKNOWN;
	step(plane, SUP_EV_HANGUP);
}

static void take_link(struct plane *plane, const json_t *uplink)
{
	enum link_state link;

	if (link_state_parse(json_string_value(json_object_get(uplink, "link")), &link) < 0 ||
		link == plane->link)
		return;
	plane->link = link;
	plane->config.changed(plane->config.user);
}

static void on_uplink(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	take_link(user, params);
	rpc_reply(call, NULL, NULL, 0);
}

/* The muxes tell more, and sooner; viosd has no use for this note. */
static void on_adapter(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	rpc_reply(call, NULL, NULL, 0);
}

static const struct rpc_method methods[] = {
	{"uplink", on_uplink},
	{"adapter", on_adapter},
	{NULL, NULL},
};

static const struct rpc_service service = {.methods = methods, .closed = on_closed};

static void do_connect(struct plane *plane)
{
	struct rpc_conn *conn;
	int r = rpc_connect(plane->ev, plane->socket.text, &service, plane, &conn);

	if (r == 0) {
		plane->conn = conn;
		step(plane, SUP_EV_CONNECTED);
	} else {
		step(plane, plane->pidfd >= 0 ? SUP_EV_REFUSED : SUP_EV_ABSENT);
	}
}

static void do_spawn(struct plane *plane)
{
	char log_path[PATH_MAX];
	char *argv[] = {"vios-netd", "--vios", (char *)plane->config.vios, "--run",
		(char *)plane->config.run, "--log-level", (char *)plane->config.log_level,
		plane->config.frame ? "--frame" : NULL, (char *)plane->config.frame, NULL};
	int pidfd = -1, r;
	pid_t pid = 0;

	snprintf(log_path, sizeof(log_path), "%s/%s/netd.log", plane->config.run,
		plane->config.vios);
	r = spawn_detached(plane->config.program, argv, log_path, &pidfd, &pid);
	if (r == 0)
		r = know_process(plane, pidfd);
	if (r < 0) {
		log_error("netd-not-started", "program=%s log=%s error=\"%s\"",
			plane->config.program, log_path, strerror(-r));
		step(plane, SUP_EV_SPAWN_FAILED);
		return;
	}
	plane->child = true;
	plane->greeting.pid = pid;
	log_info("netd-started", "pid=%d", (int)pid);
}

static void take_fds(struct plane *plane, struct rpc_fds *fds)
{
	for (size_t i = 0; i < fds->n; i++) {
		plane->fds[i] = fds->fd[i];
		fds->fd[i] = -1;
	}
	plane->n_fds = fds->n;
}

/* The process that answered may not be the one we started: another start may have won the lock. The
 * pidfd from clone3 is the better one, if it is of the same process. */
static int adopt(struct plane *plane, const struct greeting *greeting, struct rpc_fds *fds)
{
	bool same = plane->pidfd >= 0 && plane->greeting.pid == greeting->pid;
	bool again = same && strcmp(plane->greeting.incarnation, greeting->incarnation) == 0;

	if (!same) {
		forget_process(plane);
		int pidfd = dup(fds->fd[0]);
		if (pidfd < 0 || know_process(plane, pidfd) < 0)
			return -EMFILE;
	}
	drop_hello(plane);
	take_fds(plane, fds);
	plane->greeting = *greeting;
	if (plane->child && dup3(plane->pidfd, plane->fds[0], O_CLOEXEC) < 0)
		return -errno;
	if (!again)
		log_info("netd-greeted", "pid=%lld incarnation=%s workers=%u adopted=%s",
			(long long)greeting->pid, greeting->incarnation, greeting->workers,
			plane->child ? "no" : "yes");
	return 0;
}

static void on_hello(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;
	struct greeting greeting;
	const char *fault = message;

	if (!plane->conn)
		return;
	if (error_code == 0)
		fault = greeting_parse(result, plane->config.vios, fds->n, &greeting);
	else if (error_code == RPC_CLOSED)
		return; /* the hang-up is told by on_closed() */
	if (!fault && adopt(plane, &greeting, fds) < 0)
		fault = "its descriptors could not be kept";
	if (fault) {
		log_warn("netd-mute", "socket=%s reason=\"%s\"", plane->socket.text, fault);
		step(plane, SUP_EV_MUTE);
		return;
	}
	step(plane, SUP_EV_GREETED);
	plane->config.greeted(plane->config.user);
}

static void on_status(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;

	if (plane->conn && error_code == 0)
		take_link(plane, json_object_get(result, "uplink"));
}

static void on_configured(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;

	if (!plane->conn || error_code == RPC_CLOSED)
		return;
	if (error_code == RPC_TIMEOUT) {
		log_warn("netd-mute", "socket=%s reason=\"configure: %s\"", plane->socket.text,
			message);
		step(plane, SUP_EV_MUTE);
	} else if (error_code != 0) {
		if (!plane->told_unfit)
			log_error("netd-unfit", "reason=\"%s\" retry_ms=%u", message, SUP_UNFIT_MS);
		plane->told_unfit = true;
		step(plane, SUP_EV_UNFIT);
	} else {
		plane->told_unfit = false;
		step(plane, SUP_EV_CONFIGURED);
		if (plane->conn)
			rpc_call_send(
				plane->conn, "status", NULL, NULL, 0, HELLO_MS, on_status, plane);
	}
}

static void call(struct plane *plane, const char *method, json_t *params, unsigned timeout_ms,
	rpc_answer_fn *fn)
{
	int r = plane->conn
			? rpc_call_send(plane->conn, method, params, NULL, 0, timeout_ms, fn, plane)
			: -ENOTCONN;

	if (!plane->conn)
		json_decref(params);
	if (r < 0)
		step(plane, SUP_EV_MUTE);
}

static void on_shutdown(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct plane *plane = user;

	if (plane->conn && error_code != 0 && error_code != RPC_CLOSED)
		step(plane, SUP_EV_MUTE);
}

static void do_term(struct plane *plane)
{
	if (plane->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, plane->pidfd, SIGTERM, NULL, 0u);
}

/* In the order of the actions' values. */
static void act(struct plane *plane, unsigned actions)
{
	if (actions & SUP_CONNECT)
		do_connect(plane);
	if (actions & SUP_SPAWN)
		do_spawn(plane);
	if (actions & SUP_HELLO)
		call(plane, "hello", json_pack("{s:s}", "role", "viosd"), HELLO_MS, on_hello);
	if (actions & SUP_CONFIGURE)
		call(plane, "configure", plane->config.configuration(plane->config.user),
			CONFIGURE_MS, on_configured);
	if (actions & SUP_CLOSE)
		drop_connection(plane);
	if (actions & SUP_FORGET)
		forget_process(plane);
	if (actions & SUP_SHUTDOWN)
		call(plane, "shutdown", NULL, SUP_STOP_MS, on_shutdown);
	if (actions & SUP_TERM)
		do_term(plane);
}

static void set_timer(struct plane *plane, const struct supervise_out *out)
{
	if (out->timer == SUP_TIMER_KEEP)
		return;
	if (out->timer == SUP_TIMER_SET)
		sd_event_source_set_time_relative(plane->timer, (uint64_t)out->timer_ms * 1000);
	sd_event_source_set_enabled(
		plane->timer, out->timer == SUP_TIMER_SET ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void step_one(struct plane *plane, enum supervise_event event)
{
	enum supervise_state before = plane->sup.state;
	struct supervise_out out = supervise_step(&plane->sup, event);

	if (plane->sup.state != before)
		log_debug("netd-state", "from=%s to=%s", supervise_state_name(before),
			supervise_state_name(plane->sup.state));
	if (before != SUP_UP && plane->sup.state == SUP_UP)
		log_info("netd-up", "pid=%lld incarnation=%s", (long long)plane->greeting.pid,
			plane->greeting.incarnation);
	set_timer(plane, &out);
	act(plane, out.actions);
	if (out.actions & SUP_DONE)
		plane->config.stopped(plane->config.user);
}

static void step(struct plane *plane, enum supervise_event event)
{
	if (plane->stepping) {
		/* An action raises at most one event; more would be our bug. */
		if (plane->n_queued < QUEUE_MAX)
			plane->queue[plane->n_queued++] = event;
		return;
	}
	plane->stepping = true;
	step_one(plane, event);
	while (plane->n_queued > 0) {
		event = plane->queue[0];
		memmove(plane->queue, plane->queue + 1, --plane->n_queued * sizeof(event));
		step_one(plane, event);
	}
	plane->stepping = false;
	plane->config.changed(plane->config.user);
}

static int on_timer(sd_event_source *source, uint64_t now_us, void *user)
{
	step(user, SUP_EV_TIMER);
	return 0;
}

int plane_new(sd_event *ev, const struct plane_config *config, struct plane **out)
{
	struct plane *plane = calloc(1, sizeof(*plane));
	int r;

	if (!plane)
		return -ENOMEM;
	plane->config = *config;
	plane->pidfd = -1;
	supervise_init(&plane->sup);
	r = runpath_netd(&plane->socket, config->run, config->vios);
	if (r == 0)
		r = sd_event_add_time_relative(
			ev, &plane->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, plane);
	if (r < 0) {
		free(plane);
		return r;
	}
	sd_event_source_set_enabled(plane->timer, SD_EVENT_OFF);
	plane->ev = sd_event_ref(ev);
	*out = plane;
	return 0;
}

void plane_free(struct plane *plane)
{
	if (!plane)
		return;
	drop_connection(plane);
	forget_process(plane);
	sd_event_source_disable_unref(plane->timer);
	sd_event_unref(plane->ev);
	free(plane);
}

void plane_start(struct plane *plane)
{
	step(plane, SUP_EV_START);
}

void plane_stop(struct plane *plane)
{
	step(plane, SUP_EV_STOP);
}

void plane_declare_dead(struct plane *plane, const char *incarnation)
{
	if (!plane->greeting.incarnation[0] ||
		strcmp(plane->greeting.incarnation, incarnation) != 0 || plane->declared_dead)
		return;
	plane->declared_dead = true;
	plane->config.changed(plane->config.user);
}

bool plane_serving(const struct plane *plane)
{
	return plane->sup.serving && !plane->declared_dead;
}

bool plane_decided(const struct plane *plane)
{
	return plane->sup.decided;
}

const char *plane_word(const struct plane *plane)
{
	return plane->declared_dead ? "down" : supervise_word(&plane->sup);
}

enum link_state plane_link(const struct plane *plane)
{
	return plane->link;
}

struct plane_process plane_process(const struct plane *plane)
{
	return (struct plane_process){
		.incarnation = plane->greeting.incarnation,
		.pid = plane->greeting.pid,
		.fds = plane->fds,
		.n_fds = plane->n_fds,
	};
}
