/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reach.c - connects to the back ends and reads their answers. The mux's thread; descriptors are in
 * slots, the waits between attempts are this process's own.
 *
 * A back end is tried when its data plane has said hello on the control connection, and only taken
 * if the same process listens on both sockets: what is proven about one must hold for the other.
 */
#include "ha/mux/mux.h"

#include "vios-core/base/log.h"
#include "vios-core/base/retry.h"
#include "vios-core/base/runpath.h"
#include "vios-core/vhostuser/vu_sock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct attempt {
	struct mux *m;
	uint32_t adapter;
	int vios;
	struct retry retry;
	enum select_phase logged;
};

struct reach {
	struct attempt attempt[MODEL_ADAPTERS_MAX][SELECT_PATHS];
};

static const struct path *path_of(const struct attempt *t)
{
	return &mux_state(t->m)->adapter[t->adapter].path[t->vios];
}

/* ---- connecting ---- */

/* The back end's connection, or -errno. */
static int connect_to(const struct attempt *t)
{
	const struct state *st = mux_state(t->m);
	const struct adapter *a = &st->adapter[t->adapter];
	struct runpath path;
	int fd = runpath_backend(
		&path, t->m->run, st->vios[t->vios].name, st->client, a->config.name);

	if (!fd)
		fd = vu_sock_connect(path.text);
	if (fd >= 0 && vu_sock_peer(fd) != t->m->control_pid[a->plane][t->vios]) {
		close(fd);
		fd = -ECONNREFUSED;
	}
	return fd;
}

/* A step of its own, after which reach_refresh() sees to the next attempt, if there must be one. */
static void try_now(void *user)
{
	const struct attempt *t = user;
	struct step s = mux_begin(t->m);
	struct adapter *a = &s.state->adapter[t->adapter];
	int slot;

	adapter_path_retry(a, &s.ctx, t->vios);
	if (a->path[t->vios].phase == SELECT_ABSENT && t->m->control_up[a->plane][t->vios]) {
		slot = connect_to(t);
		if (slot >= 0)
			slot = mux_store(&s, slot);
		if (slot >= 0)
			adapter_path_connected(a, &s.ctx, t->vios, slot);
		else
			snprintf(a->path[t->vios].reason, PATH_REASON_BYTES, "%s", strerror(-slot));
	}
	mux_commit(&s);
}

/* ---- answers ---- */

static void step_answer(struct attempt *t, struct vu_sock *sock, int err, struct vu_msg *msg)
{
	struct step s = mux_begin(t->m);
	struct adapter *a = &s.state->adapter[t->adapter];

	if (!err) {
		keep_consume(s.ctx.ops, a->path[t->vios].conn, VU_HEADER_BYTES + msg->size_bytes,
			msg->n_fds);
		adapter_path_message(a, &s.ctx, t->vios, msg);
		vu_msg_close_fds(msg);
	} else if (err == -EPROTO) {
		adapter_path_broken(a, &s.ctx, t->vios, vu_fault_text(sock->fault));
	} else {
		adapter_path_hung_up(a, &s.ctx, t->vios);
		control_check_death(&s, a->plane, t->vios);
	}
	mux_commit(&s);
}

/* Until the socket is empty or no longer this path's: it is edge-triggered. Only as many messages
 * as are awaited are taken, so this ends. */
static int on_path(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct attempt *t = user;
	struct vu_sock sock = {.fd = fd};
	struct vu_msg msg;
	int err;

	while (path_of(t)->conn >= 0 && keep_fd(path_of(t)->conn) == fd) {
		err = vu_sock_peek(&sock, &msg);
		if (err == -EAGAIN)
			break;
		step_answer(t, &sock, err, &msg);
	}
	return 0;
}

/* ---- after a step ---- */

static void log_phase(struct attempt *t, const struct state *st, const struct path *p)
{
	if (p->phase == t->logged)
		return;
	t->logged = p->phase;
	log_write(select_owns(p->phase) ? LOGL_INFO : LOGL_DEBUG, "path",
		"adapter=%s vios=%s phase=%s start=%llu reason=\"%s\"",
		state_adapter_name(st, t->adapter).text, st->vios[t->vios].name,
		adapter_phase_name(select_told(p->phase)), (unsigned long long)p->start, p->reason);
}

static void refresh(struct attempt *t, const struct state *st)
{
	const struct path *p = &st->adapter[t->adapter].path[t->vios];

	if (!st->adapter[t->adapter].used)
		return;
	log_phase(t, st, p);
	keep_watch_add(&t->m->watch, p->conn, EPOLLRDHUP | EPOLLET, on_path, t);
	/* One that fails as soon as it is used is tried more and more seldom, not in a circle. */
	retry_judge(&t->retry, p->phase == SELECT_READY || p->phase == SELECT_LIVE,
		p->phase == SELECT_LOST || p->phase == SELECT_REFUSED,
		p->phase == SELECT_ABSENT || p->phase == SELECT_REFUSED);
	if (t->retry.armed)
		return;
	if (p->phase == SELECT_REFUSED ||
		(p->phase == SELECT_ABSENT &&
			t->m->control_up[st->adapter[t->adapter].plane][t->vios]))
		retry_later(&t->retry);
}

void reach_refresh(struct mux *m)
{
	const struct state *st = mux_state(m);

	for (uint32_t i = 0; i < st->n_adapters; i++)
		for (uint32_t v = 0; v < st->n_vios; v++)
			refresh(&m->reach->attempt[i][v], st);
}

void reach_kick(struct mux *m, int vios)
{
	const struct state *st = mux_state(m);

	for (uint32_t i = 0; i < st->n_adapters; i++)
		retry_soon(&m->reach->attempt[i][vios].retry);
}

void reach_forget(struct mux *m, uint32_t adapter)
{
	for (int v = 0; v < SELECT_PATHS; v++) {
		struct attempt *t = &m->reach->attempt[adapter][v];

		retry_fini(&t->retry);
		*t = (struct attempt){
			.m = m, .adapter = adapter, .vios = v, .logged = SELECT_PHASE_END};
		retry_init(&t->retry, m->watch.ev, try_now, t);
	}
}

int reach_new(struct mux *m)
{
	m->reach = calloc(1, sizeof(*m->reach));
	if (!m->reach)
		return -ENOMEM;
	for (uint32_t i = 0; i < MODEL_ADAPTERS_MAX; i++)
		reach_forget(m, i);
	return 0;
}

void reach_free(struct mux *m)
{
	for (uint32_t i = 0; i < MODEL_ADAPTERS_MAX; i++)
		reach_forget(m, i);
	free(m->reach);
	m->reach = NULL;
}
