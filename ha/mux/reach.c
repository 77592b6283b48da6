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
#include "vios-core/base/loop.h"
#include "vios-core/base/retimer.h"
#include "vios-core/base/rpc_link.h"
#include "vios-core/base/runpath.h"
#include "vios-core/vhostuser/vu_sock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define FIT_LONG_NS UINT64_C(1000000000)

struct attempt {
	struct mux *m;
	uint32_t adapter;
	int vios;
	sd_event_source *timer;
	bool armed;
	unsigned backoff_ms;
	enum select_phase logged;
	uint64_t fit_since_ns; /* READY or LIVE since; 0: it is neither */
	bool failed;	       /* LOST or REFUSED since it was fit */
};

struct reach {
	struct attempt attempt[MODEL_ADAPTERS_MAX][SELECT_PATHS];
};

static const struct path *path_of(const struct attempt *t)
{
	return &mux_state(t->m)->adapter[t->adapter].path[t->vios];
}

/* ---- connecting ---- */

static void note_absent(struct attempt *t, const char *why)
{
	struct step s;

	if (strcmp(path_of(t)->reason, why) == 0)
		return;
	s = mux_begin(t->m);
	snprintf(s.state->adapter[t->adapter].path[t->vios].reason, PATH_REASON_BYTES, "%s", why);
	mux_commit(&s);
}

static void connect_path(struct attempt *t)
{
	const struct state *st = mux_state(t->m);
	struct runpath path;
	struct step s;
	int fd, slot;

	fd = runpath_backend(&path, t->m->run, st->vios[t->vios].name, st->client,
		st->adapter[t->adapter].config.name);
	if (!fd)
		fd = vu_sock_connect(path.text);
	if (fd >= 0 && vu_sock_peer(fd) != t->m->control_pid[t->vios]) {
		close(fd);
		fd = -ECONNREFUSED;
	}
	if (fd < 0) {
		note_absent(t, strerror(-fd));
		return;
	}
	s = mux_begin(t->m);
	slot = mux_store(&s, fd);
	if (slot >= 0)
		adapter_path_connected(&s.state->adapter[t->adapter], &s.ctx, t->vios, slot);
	mux_commit(&s);
}

static void try_now(struct attempt *t)
{
	struct step s;

	t->armed = false;
	if (path_of(t)->phase == SELECT_REFUSED) {
		s = mux_begin(t->m);
		adapter_path_retry(&s.state->adapter[t->adapter], &s.ctx, t->vios);
		t->armed = true; /* this is the attempt: no further one from within */
		mux_commit(&s);
		t->armed = false;
	}
	if (path_of(t)->phase == SELECT_ABSENT && t->m->control_up[t->vios])
		connect_path(t);
	reach_refresh(t->m);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
	try_now(user);
	return 0;
}

static void arm(struct attempt *t)
{
	t->armed = retimer_set(t->m->watch.ev, &t->timer, t->backoff_ms * UINT64_C(1000), on_timer,
			   t) >= 0;
	t->backoff_ms = rpc_link_backoff(t->backoff_ms);
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
		control_check_death(&s, t->vios);
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

/* A path that fails as soon as it is used is tried more and more seldom, not in a circle. */
static void judge(struct attempt *t, enum select_phase phase)
{
	const uint64_t now_ns = loop_now_ns();

	t->failed |= phase == SELECT_LOST || phase == SELECT_REFUSED;
	if (phase == SELECT_READY || phase == SELECT_LIVE) {
		if (t->fit_since_ns == 0)
			t->fit_since_ns = now_ns;
		return;
	}
	if (t->fit_since_ns == 0 || (phase != SELECT_ABSENT && phase != SELECT_REFUSED))
		return;
	if (!t->failed || now_ns - t->fit_since_ns >= FIT_LONG_NS)
		t->backoff_ms = 0;
	t->fit_since_ns = 0;
	t->failed = false;
}

static void refresh(struct attempt *t, const struct state *st)
{
	const struct path *p = &st->adapter[t->adapter].path[t->vios];

	if (!st->adapter[t->adapter].used)
		return;
	log_phase(t, st, p);
	keep_watch_add(&t->m->watch, p->conn, EPOLLRDHUP | EPOLLET, on_path, t);
	judge(t, p->phase);
	if (t->armed)
		return;
	if (p->phase == SELECT_REFUSED || (p->phase == SELECT_ABSENT && t->m->control_up[t->vios]))
		arm(t);
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

	for (uint32_t i = 0; i < st->n_adapters; i++) {
		struct attempt *t = &m->reach->attempt[i][vios];

		if (!t->armed)
			continue;
		t->backoff_ms = 0;
		sd_event_source_set_time_relative(t->timer, 0);
	}
}

void reach_forget(struct mux *m, uint32_t adapter)
{
	for (int v = 0; v < SELECT_PATHS; v++) {
		struct attempt *t = &m->reach->attempt[adapter][v];

		sd_event_source_disable_unref(t->timer);
		*t = (struct attempt){
			.m = m, .adapter = adapter, .vios = v, .logged = SELECT_PHASE_END};
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
