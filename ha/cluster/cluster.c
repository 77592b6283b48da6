// SPDX-License-Identifier: BSD-3-Clause
/*
 * cluster.c - the edge to Corosync's closed process groups (cpg_overview(8)).
 *
 * Runs on the owner's sd_event loop, but for connecting (connector.c). The struct owns the CPG
 * handle, the event sources and the text that is published. CPG's calls are made from timers and
 * from the descriptor's readiness only, so the owner is never called back from within a call of its
 * own.
 *
 *   DISCONNECTED --timer--> CONNECTING --join sent--> JOINING --our join is delivered--> joined
 *        ^                       |                       |                               |
 *        '------ any fault ------'-----------------------'--- any fault but TRY_AGAIN ---'
 */
#include "ha/cluster/cluster.h"

#include "ha/cluster/connector.h"
#include "ha/cluster/wire.h"
#include "vios-core/base/log.h"

#include <corosync/cpg.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define RECONNECT_FIRST_US 250000u
#define RECONNECT_MAX_US 1000000u
#define RESEND_US 20000u
#define LEAVE_MS 100u /* so that the peer hears of a leave, not of a death */

enum cluster_phase { DISCONNECTED, CONNECTING, JOINING };

struct cluster {
	sd_event *ev;
	const struct cluster_events *events;
	void *user;
	struct cpg_name group;
	enum cluster_phase phase;
	struct connector *connector; /* in CONNECTING */
	cpg_handle_t handle;	     /* in JOINING */
	uint32_t node_id;
	sd_event_source *readable;
	sd_event_source *timer; /* next try: to connect, to join, or to send */
	uint64_t reconnect_us;
	bool complained; /* that Corosync is away */
	struct members members;
	struct roundtrip trip;
	uint8_t header[WIRE_HEADER_BYTES];
	char *text; /* NULL: nothing to say yet */
	size_t text_bytes;
	bool unsent;
	sd_event_source *sender; /* runs at the end of the loop's round, when there is something */
	STAILQ_HEAD(letters, letter) letters;
};

/* A multicast that waits for its turn. */
struct letter {
	STAILQ_ENTRY(letter) next;
	size_t n_bytes;
	uint8_t bytes[]; /* with the header */
};

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void arm(struct cluster *cluster, uint64_t delay_us)
{
	sd_event_source_set_time_relative(cluster->timer, delay_us);
	sd_event_source_set_enabled(cluster->timer, SD_EVENT_ONESHOT);
}

static void drop_letters(struct cluster *cluster)
{
	struct letter *letter;

	while ((letter = STAILQ_FIRST(&cluster->letters))) {
		STAILQ_REMOVE_HEAD(&cluster->letters, next);
		free(letter);
	}
}

static void disconnect(struct cluster *cluster, const char *call, cs_error_t error)
{
	bool was_joined = cluster->members.joined;

	cluster->readable = sd_event_source_disable_unref(cluster->readable);
	if (cluster->phase == JOINING)
		connector_finalize(cluster->handle, NULL, 0);
	cluster->phase = DISCONNECTED;
	members_disconnect(&cluster->members);
	roundtrip_cut(&cluster->trip);
	drop_letters(cluster);
	if (!cluster->complained)
		log_warn(
			"cluster-disconnected", "call=%s error=%d retry=forever", call, (int)error);
	cluster->complained = true;
	arm(cluster, cluster->reconnect_us);
	cluster->reconnect_us *= 2;
	if (cluster->reconnect_us > RECONNECT_MAX_US)
		cluster->reconnect_us = RECONNECT_MAX_US;
	if (was_joined)
		cluster->events->view(cluster->user);
}

/* True: it is sent. TRY_AGAIN (flow control, a new ring): later. */
static bool multicast(struct cluster *cluster, const struct iovec *iov, unsigned n)
{
	cs_error_t error = cpg_mcast_joined(cluster->handle, CPG_TYPE_AGREED, iov, n);

	if (error == CS_ERR_TRY_AGAIN)
		arm(cluster, RESEND_US);
	else if (error != CS_OK)
		disconnect(cluster, "cpg_mcast_joined", error);
	else
		roundtrip_sent(&cluster->trip, now_us());
	return error == CS_OK;
}

/* What is published, once we are in, and the letters. */
static void send_all(struct cluster *cluster)
{
	struct iovec iov[] = {
		{cluster->header, WIRE_HEADER_BYTES},
		{cluster->text, cluster->text_bytes},
	};
	struct letter *letter;

	if (!cluster->members.joined)
		return;
	if (cluster->unsent && cluster->text) {
		if (!multicast(cluster, iov, 2))
			return;
		cluster->unsent = false;
	}
	while ((letter = STAILQ_FIRST(&cluster->letters))) {
		if (!multicast(cluster, &(struct iovec){letter->bytes, letter->n_bytes}, 1))
			return;
		STAILQ_REMOVE_HEAD(&cluster->letters, next);
		free(letter);
	}
}

static int on_sender(sd_event_source *source, void *user)
{
	send_all(user);
	return 0;
}

/* Not from where we are: a send within a dispatch may tear the handle down. */
static void send_soon(struct cluster *cluster)
{
	sd_event_source_set_enabled(cluster->sender, SD_EVENT_ONESHOT);
}

static void on_deliver(cpg_handle_t handle, const struct cpg_name *group, uint32_t node_id,
	uint32_t pid, void *message, size_t message_bytes)
{
	struct cluster *cluster = NULL;
	struct wire_body body;

	if (cpg_context_get(handle, (void **)&cluster) != CS_OK)
		return;
	const bool own = node_id == cluster->node_id && pid == (uint32_t)getpid();
	if (own)
		roundtrip_back(&cluster->trip, now_us());
	enum wire_fault fault = wire_open(message, message_bytes, &body);
	bool good = fault == WIRE_OK;

	if (good && body.kind == WIRE_REPLICA)
		cluster->events->replica(node_id, body.bytes, body.n_bytes, cluster->user);
	else if (own)
		return;
	else if (good && body.kind == WIRE_LOOK && cluster->events->look)
		cluster->events->look(
			node_id, (const char *)body.bytes, body.n_bytes, cluster->user);
	else if (good)
		good = cluster->events->message(
			node_id, (const char *)body.bytes, body.n_bytes, cluster->user);
	if (!good && members_rubbish(&cluster->members, node_id))
		log_warn("cluster-rubbish", "node=%u pid=%u bytes=%zu fault=%s ignored=yes",
			node_id, pid, message_bytes,
			fault == WIRE_OK ? "not-a-summary" : wire_fault_name(fault));
}

static const char *reason_name(uint32_t reason)
{
	static const char *const names[] = {
		[CPG_REASON_JOIN] = "joined",
		[CPG_REASON_LEAVE] = "left",
		[CPG_REASON_NODEDOWN] = "node-lost",
		[CPG_REASON_NODEUP] = "node-came",
		[CPG_REASON_PROCDOWN] = "died",
	};

	return reason < sizeof(names) / sizeof(names[0]) && names[reason] ? names[reason] : "other";
}

static void on_view(cpg_handle_t handle, const struct cpg_name *group,
	const struct cpg_address *now, size_t n_now, const struct cpg_address *left, size_t n_left,
	const struct cpg_address *joined, size_t n_joined)
{
	struct cluster *cluster = NULL;
	struct member list[MEMBERS_MAX];
	size_t n = n_now < MEMBERS_MAX ? n_now : MEMBERS_MAX;

	if (cpg_context_get(handle, (void **)&cluster) != CS_OK)
		return;
	for (size_t i = 0; i < n; i++)
		list[i] = (struct member){now[i].nodeid, now[i].pid};
	for (size_t i = 0; i < n_left; i++)
		log_info("cluster-left", "node=%u pid=%u reason=%s", left[i].nodeid, left[i].pid,
			reason_name(left[i].reason));
	for (size_t i = 0; i < n_joined; i++)
		log_info("cluster-joined", "node=%u pid=%u reason=%s", joined[i].nodeid,
			joined[i].pid, reason_name(joined[i].reason));
	members_view(
		&cluster->members, list, n, (struct member){cluster->node_id, (uint32_t)getpid()});
	if (cluster->members.joined) {
		cluster->reconnect_us = RECONNECT_FIRST_US;
		cluster->complained = false;
	}
	if (n_joined > 0) {
		cluster->unsent = true;
		send_soon(cluster);
	}
	cluster->events->view(cluster->user);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct cluster *cluster = user;
	cs_error_t error = cpg_dispatch(cluster->handle, CS_DISPATCH_ALL);

	if (error != CS_OK && error != CS_ERR_TRY_AGAIN)
		disconnect(cluster, "cpg_dispatch", error);
	else if (revents & (EPOLLHUP | EPOLLERR))
		disconnect(cluster, "cpg_dispatch", CS_ERR_LIBRARY);
	return 0;
}

static void on_connected(const struct connector_result *result, void *user)
{
	struct cluster *cluster = user;

	cluster->connector = NULL;
	if (result->error != CS_OK) {
		disconnect(cluster, result->call, result->error);
		return;
	}
	cluster->phase = JOINING;
	cluster->handle = result->handle;
	cluster->node_id = result->node_id;
	int r = sd_event_add_io(
		cluster->ev, &cluster->readable, result->fd, EPOLLIN, on_readable, cluster);
	if (r < 0)
		disconnect(cluster, "sd_event_add_io", CS_ERR_NO_MEMORY);
}

static int on_timer(sd_event_source *source, uint64_t now_us, void *user)
{
	struct cluster *cluster = user;

	if (cluster->phase == JOINING) {
		send_all(cluster);
	} else if (cluster->phase == DISCONNECTED) {
		cluster->phase = CONNECTING;
		int r = connector_start(cluster->ev, &cluster->group, on_deliver, on_view, cluster,
			on_connected, cluster, &cluster->connector);
		if (r < 0)
			disconnect(cluster, "connector_start", CS_ERR_NO_RESOURCES);
	}
	return 0;
}

int cluster_new(sd_event *ev, const char *frame_name, const struct cluster_events *events,
	void *user, struct cluster **out)
{
	struct cluster *cluster = calloc(1, sizeof(*cluster));

	if (!cluster)
		return -ENOMEM;
	int n = snprintf(cluster->group.value, sizeof(cluster->group.value), "vios:%s", frame_name);
	if (n < 0 || (size_t)n >= sizeof(cluster->group.value)) {
		free(cluster);
		return -ENAMETOOLONG;
	}
	cluster->group.length = (uint32_t)n;
	cluster->events = events;
	cluster->user = user;
	cluster->reconnect_us = RECONNECT_FIRST_US;
	STAILQ_INIT(&cluster->letters);
	int r = sd_event_add_time_relative(
		ev, &cluster->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, cluster);
	if (r >= 0)
		r = sd_event_add_defer(ev, &cluster->sender, on_sender, cluster);
	if (r < 0) {
		sd_event_source_disable_unref(cluster->timer);
		free(cluster);
		return r;
	}
	sd_event_source_set_enabled(cluster->sender, SD_EVENT_OFF);
	cluster->ev = sd_event_ref(ev);
	*out = cluster;
	return 0;
}

void cluster_free(struct cluster *cluster)
{
	if (!cluster)
		return;
	sd_event_source_disable_unref(cluster->readable);
	sd_event_source_disable_unref(cluster->timer);
	sd_event_source_disable_unref(cluster->sender);
	drop_letters(cluster);
	connector_abandon(cluster->connector);
	if (cluster->phase == JOINING)
		connector_finalize(cluster->handle, &cluster->group, LEAVE_MS);
	sd_event_unref(cluster->ev);
	free(cluster->text);
	free(cluster);
}

int cluster_publish(struct cluster *cluster, const char *text, size_t text_bytes)
{
	char *copy;
	uint8_t header[WIRE_HEADER_BYTES];
	int r = wire_header(WIRE_SUMMARY, text_bytes, header);

	if (r < 0)
		return r;
	copy = malloc(text_bytes ? text_bytes : 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, text_bytes);
	memcpy(cluster->header, header, sizeof(header));
	free(cluster->text);
	cluster->text = copy;
	cluster->text_bytes = text_bytes;
	cluster->unsent = true;
	if (cluster->members.joined)
		send_soon(cluster);
	return 0;
}

static int post(struct cluster *cluster, enum wire_kind kind, const void *bytes, size_t n_bytes)
{
	uint8_t header[WIRE_HEADER_BYTES];
	int r = wire_header(kind, n_bytes, header);
	struct letter *letter;

	if (r < 0)
		return r;
	if (!cluster->members.joined)
		return -ENOTCONN;
	letter = malloc(sizeof(*letter) + sizeof(header) + n_bytes);
	if (!letter)
		return -ENOMEM;
	letter->n_bytes = sizeof(header) + n_bytes;
	memcpy(letter->bytes, header, sizeof(header));
	memcpy(letter->bytes + sizeof(header), bytes, n_bytes);
	STAILQ_INSERT_TAIL(&cluster->letters, letter, next);
	send_soon(cluster);
	return 0;
}

int cluster_send(struct cluster *cluster, const uint8_t *bytes, size_t n_bytes)
{
	return post(cluster, WIRE_REPLICA, bytes, n_bytes);
}

int cluster_ask(struct cluster *cluster, const char *text, size_t text_bytes)
{
	return post(cluster, WIRE_LOOK, text, text_bytes);
}

const struct members *cluster_members(const struct cluster *cluster)
{
	return &cluster->members;
}

struct roundtrip_figures cluster_round_trip(const struct cluster *cluster)
{
	return roundtrip_figures(&cluster->trip);
}
