/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * door.c - the clients' side: listening sockets, one connection an adapter, its messages. The mux's
 * thread; every descriptor is in a slot.
 *
 * A message is peeked with its descriptors, the step that it causes is committed, and the holder
 * takes it off the socket as the step's first operation: a mux that dies has either not seen it or
 * has it.
 */
#include "ha/mux/mux.h"

#include "vios-core/base/keep_held.h"
#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"
#include "vios-core/vhostuser/vu_explain.h"
#include "vios-core/vhostuser/vu_inflight.h"
#include "vios-core/vhostuser/vu_mem.h"
#include "vios-core/vhostuser/vu_sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MESSAGES_A_ROUND 32 /* then others have their turn */

/* ---- listening ---- */

static void listen_for(struct step *s, struct adapter *a)
{
	struct runpath path;
	int slot = runpath_frontend(&path, s->mux->run, s->state->client, a->config.name);

	if (!slot && a->config.type == MODEL_SCSI && a->region < 0) {
		slot = vu_mem_new_region(vu_inflight_kept().mmap_size);
		slot = a->region = slot < 0 ? slot : mux_store(s, slot);
	}
	if (slot >= 0)
		slot = vu_sock_listen(path.text);
	if (slot >= 0)
		slot = mux_store(s, slot);
	a->deaf = slot < 0;
	a->listener = slot < 0 ? -1 : slot;
	if (a->deaf)
		log_refuse("%s: cannot listen there: %s; check the directory's owner and mode, and "
			   "that the path has at most %d bytes (--run)",
			path.text, strerror(-slot), RUNPATH_SOCKET_MAX);
}

bool door_open(struct mux *m)
{
	bool all = true;

	for (uint32_t i = 0; i < mux_state(m)->n_adapters; i++) {
		const struct adapter *a = &mux_state(m)->adapter[i];
		struct step s;

		if (!a->used || a->leaving || a->deaf || a->listener >= 0)
			continue;
		s = mux_begin(m);
		listen_for(&s, &s.state->adapter[i]);
		all &= !s.state->adapter[i].deaf;
		mux_commit(&s);
	}
	return all;
}

void door_close(struct mux *m, uint32_t adapter)
{
	const struct state *st = mux_state(m);
	struct runpath path;

	if (st->adapter[adapter].used &&
		!runpath_frontend(&path, m->run, st->client, st->adapter[adapter].config.name))
		unlink(path.text);
}

/* ---- messages ---- */

static void client_gone(struct mux *m, uint32_t index, const char *why)
{
	struct step s = mux_begin(m);

	log_info("client-gone", "adapter=%s/%s reason=\"%s\"", s.state->client,
		s.state->adapter[index].config.name, why);
	adapter_client_closed(&s.state->adapter[index], &s.ctx);
	mux_commit(&s);
}

static void refuse(struct step *s, struct adapter *a, const struct vu_msg *msg, enum vu_fault fault)
{
	char why[160];

	vu_explain_message(msg, fault, why, sizeof(why));
	log_warn("client-refused", "adapter=%s/%s reason=\"%s\"", s->state->client, a->config.name,
		why);
	adapter_client_closed(a, &s->ctx);
}

/* Puts the descriptors of msg into slots; -1: there was none for it. */
static bool store_fds(struct step *s, struct vu_msg *msg)
{
	bool all = true;

	for (uint32_t i = 0; i < msg->n_fds; i++) {
		const int slot = mux_store(s, msg->fds[i]);

		msg->fds[i] = slot < 0 ? -1 : slot;
		all &= slot >= 0;
	}
	return all;
}

static enum vu_fault step_message(struct step *s, struct adapter *a, struct vu_msg *msg)
{
	enum vu_fault fault = VU_FDS_LOST;

	if (store_fds(s, msg)) {
		keep_consume(s->ctx.ops, a->conn, VU_HEADER_BYTES + msg->size_bytes, msg->n_fds);
		fault = adapter_client_message(a, &s->ctx, msg);
	}
	for (uint32_t i = 0; i < msg->n_fds; i++)
		keep_drop(s->ctx.ops, s->ctx.slots, &msg->fds[i]);
	return fault;
}

/* unread: why what came is no message at all. */
static void handle(struct mux *m, uint32_t index, struct vu_msg *msg, enum vu_fault unread)
{
	enum vu_fault fault =
		unread ? unread : vu_mem_check_message(msg, mux_state(m)->wanted.allow_unsealed);
	struct step s = mux_begin(m);
	struct adapter *a = &s.state->adapter[index];

	if (fault)
		vu_msg_close_fds(msg);
	else
		fault = step_message(&s, a, msg);
	if (fault)
		refuse(&s, a, msg, fault);
	mux_commit(&s);
}

/* Reads what the client may say now. False: stopped early, there may be more. */
static bool pump(struct mux *m, uint32_t index)
{
	for (int n = 0; n < MESSAGES_A_ROUND; n++) {
		const struct adapter *a = &mux_state(m)->adapter[index];
		struct vu_sock sock;
		struct vu_msg msg;
		int err;

		if (!adapter_client_ready(a))
			return true;
		sock = (struct vu_sock){.fd = keep_fd(a->conn)};
		msg.request = 0; /* no such request: if it ends within the header */
		err = vu_sock_peek(&sock, &msg);
		if (err && err != -EAGAIN && err != -EPROTO)
			client_gone(m, index, strerror(-err));
		if (err && err != -EPROTO)
			return true;
		handle(m, index, &msg, sock.fault);
	}
	return false;
}

void door_pump(struct mux *m)
{
	for (uint32_t i = 0; i < mux_state(m)->n_adapters; i++)
		if (!pump(m, i))
			sd_event_source_set_enabled(m->pump, SD_EVENT_ONESHOT);
}

/* ---- events ---- */

static int on_conn(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	const struct place *place = user;

	if (revents & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))
		client_gone(place->mux, place->adapter, "hung up");
	else if (!pump(place->mux, place->adapter))
		sd_event_source_set_enabled(place->mux->pump, SD_EVENT_ONESHOT);
	return 0;
}

static void open_client(struct mux *m, uint32_t index)
{
	struct step s = mux_begin(m);
	struct adapter *a = &s.state->adapter[index];
	int slot = keep_held_slot(s.ctx.slots);

	if (slot >= 0) {
		keep_accept(s.ctx.ops, a->listener, slot);
		adapter_client_opened(a, &s.ctx, slot);
		log_info("client-connected", "adapter=%s/%s", s.state->client, a->config.name);
	}
	mux_commit(&s);
	if (slot >= 0 && fcntl(keep_fd(slot), F_GETFD) < 0)
		client_gone(m, index, "gone before it was accepted");
}

/* One client at a time: a second is turned away. */
static void turn_away(const struct state *st, const struct adapter *a)
{
	if (vu_sock_turn_away(keep_fd(a->listener)))
		log_warn("client-refused", "adapter=%s/%s reason=\"another is connected\"",
			st->client, a->config.name);
}

static int on_listener(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	const struct place *place = user;
	struct mux *m = place->mux;
	const struct adapter *a = &mux_state(m)->adapter[place->adapter];

	/* The next one's connection may be reported before the end of the last one's. */
	if (a->session.connected && vu_sock_gone(keep_fd(a->conn)))
		client_gone(m, place->adapter, "hung up");
	a = &mux_state(m)->adapter[place->adapter];
	if (a->session.connected)
		turn_away(mux_state(m), a);
	else
		open_client(m, place->adapter);
	return 0;
}

void door_refresh(struct mux *m)
{
	const struct state *st = mux_state(m);

	for (uint32_t i = 0; i < st->n_adapters; i++) {
		const struct adapter *a = &st->adapter[i];
		struct place *place = &m->place[i];

		*place = (struct place){m, i};
		keep_watch_add(&m->watch, a->listener, 0, on_listener, place);
		if (a->session.connected)
			keep_watch_add(&m->watch, a->conn, EPOLLRDHUP | EPOLLET, on_conn, place);
	}
}

void door_recover(struct mux *m)
{
	for (uint32_t i = 0; i < mux_state(m)->n_adapters; i++) {
		const struct adapter *a = &mux_state(m)->adapter[i];

		if (a->session.connected && fcntl(keep_fd(a->conn), F_GETFD) < 0)
			client_gone(m, i, "gone before it was accepted");
	}
}
