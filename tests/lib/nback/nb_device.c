/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nb_device.c - one adapter's vhost-user back end in the fake VIOS. It behaves like rte_vhost where
 * that matters: GET_VRING_BASE forgets the ring altogether, and rings are looked at only while the
 * device is ready and its start is authorised. One thread; owns its sockets, mappings and
 * descriptors.
 */
#include "tests/lib/nback/nback.h"
#include "tests/lib/test_frame.h"
#include "vios-core/vhostuser/vu_check.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define NET_HEADER 12 /* virtio 1.2 5.1.6: with num_buffers */
#define EVENT_IDX_BIT 29
#define QUEUE_PAIRS 8

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void ring_reset(struct nb_device *d, unsigned i)
{
	struct nb_ring *r = &d->ring[i];

	d->kick_source[i] = sd_event_source_disable_unref(d->kick_source[i]);
	close_fd(&r->kick_fd);
	close_fd(&r->call_fd);
	*r = (struct nb_ring){.kick_fd = -1, .call_fd = -1};
}

void nb_device_hang_up(struct nb_device *d)
{
	d->sock_source = sd_event_source_disable_unref(d->sock_source);
	d->timer = sd_event_source_disable_unref(d->timer);
	vu_sock_fini(&d->sock);
	for (unsigned i = 0; i < VU_RINGS_MAX; i++)
		ring_reset(d, i);
	nb_mem_unmap(&d->mem);
	d->ready = false;
	d->deaf = d->slept = false;
	d->seen = 0;
}

/* ---- frames ---- */

static bool may_run(const struct nb_device *d)
{
	return d->ready && d->start_told > d->released;
}

/* One queue pair: what the client sent comes back to it. */
static void echo(struct nb_device *d, struct nb_ring *rx, struct nb_ring *tx)
{
	uint8_t *buf = d->nb->frame;
	uint16_t tx_used = nb_ring_used_idx(tx), rx_used = nb_ring_used_idx(rx), head;
	int n;

	for (unsigned burst = 0; burst < tx->vring.num; burst++) {
		n = nb_ring_take(tx, &d->mem, buf, NB_FRAME_MAX, &head);
		if (n < 0)
			break;
		nb_ring_return(tx, head, 0);
		if (n < NET_HEADER)
			continue;
		memset(buf, 0, NET_HEADER);
		buf[10] = 1; /* num_buffers */
		if (test_frame_is(buf + NET_HEADER, (size_t)n - NET_HEADER))
			buf[NET_HEADER + TEST_FRAME_MARK_AT] = d->nb->mark;
		if (nb_ring_fill(rx, &d->mem, buf, (size_t)n))
			d->frames++;
		else
			d->no_buffer++;
	}
	nb_ring_notify(tx, tx_used);
	nb_ring_notify(rx, rx_used);
}

void nb_device_run(struct nb_device *d)
{
	if (!may_run(d))
		return;
	for (unsigned i = 0; i + 1 < VU_RINGS_MAX; i += 2) {
		struct nb_ring *rx = &d->ring[i], *tx = &d->ring[i + 1];
		uint16_t before;

		/* What could not be given back is left in the client's ring. */
		if (!rx->vring.num || !tx->vring.num || !tx->enabled || !rx->enabled)
			continue;
		do { /* again if the driver added something before it saw that it must kick */
			before = tx->next_avail;
			echo(d, rx, tx);
		} while (tx->next_avail != before);
	}
}

static int on_kick(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct nb_device *d = user;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) == sizeof(count))
		nb_device_run(d);
	return 0;
}

/* As in rte_vhost: ready when every ring that is known has its memory and both descriptors, the
 * first two at least. */
static void update_ready(struct nb_device *d)
{
	bool ready = true;

	for (unsigned i = 0; i < VU_RINGS_MAX; i++) {
		struct nb_ring *r = &d->ring[i];

		if (i < 2 || r->has_addr)
			ready &= r->vring.num && r->kick_fd >= 0 && r->call_fd >= 0;
	}
	d->ready = ready;
	nb_device_run(d);
}

/* ---- messages ---- */

static bool set_mem(struct nb_device *d, const struct vu_msg *m)
{
	struct vu_mem_table table;

	if (vu_msg_get_mem_table(m, &table) || nb_mem_map(&d->mem, &table, m->fds) < 0)
		return false;
	for (unsigned i = 0; i < VU_RINGS_MAX; i++)
		if (d->ring[i].vring.num && d->ring[i].has_addr &&
			!nb_ring_attach(&d->ring[i], &d->mem, d->ring[i].vring.num))
			return false;
	return true;
}

static bool set_addr(struct nb_device *d, const struct vu_msg *m)
{
	struct vu_vring_addr addr;
	struct nb_ring *r;

	if (!vu_msg_get_addr(m, &addr))
		return false;
	r = &d->ring[addr.index];
	r->addr = addr;
	r->has_addr = true;
	r->event_idx = d->features >> EVENT_IDX_BIT & 1;
	return nb_ring_attach(r, &d->mem, r->vring.num);
}

static void set_state(struct nb_device *d, const struct vu_msg *m)
{
	struct vu_vring_state s = {0, 0};

	vu_msg_get_state(m, &s);
	if (m->request == VU_SET_VRING_NUM)
		d->ring[s.index].vring.num = s.num;
	else if (m->request == VU_SET_VRING_BASE)
		d->ring[s.index].next_avail = (uint16_t)s.num;
	else
		d->ring[s.index].enabled = s.num;
}

static void set_fd(struct nb_device *d, struct vu_msg *m)
{
	const struct vu_limits limits = {VU_RINGS_MAX, VU_RING_SIZE_MAX};
	uint32_t index = 0;
	int fd = -1;

	vu_check_vring_fd(m, &limits, &index, &fd);
	m->n_fds = 0;
	if (m->request == VU_SET_VRING_ERR) {
		close_fd(&fd);
	} else if (m->request == VU_SET_VRING_CALL) {
		close_fd(&d->ring[index].call_fd);
		d->ring[index].call_fd = fd;
	} else {
		d->kick_source[index] = sd_event_source_disable_unref(d->kick_source[index]);
		close_fd(&d->ring[index].kick_fd);
		d->ring[index].kick_fd = fd;
		if (fd >= 0)
			sd_event_add_io(d->nb->ev, &d->kick_source[index], fd, EPOLLIN, on_kick, d);
	}
}

static void get_base(struct nb_device *d, struct vu_msg *m)
{
	struct vu_vring_state s = {0, 0};

	vu_msg_get_state(m, &s);
	vu_msg_state(m, VU_GET_VRING_BASE, s.index, d->ring[s.index].next_avail);
	ring_reset(d, s.index);
	d->ready = false;
}

/* Processes m and turns it into its answer. false: it failed. */
static bool process(struct nb_device *d, struct vu_msg *m)
{
	switch (m->request) {
	case VU_GET_FEATURES:
		vu_msg_u64(m, m->request, d->features_offered);
		return true;
	case VU_GET_PROTOCOL_FEATURES:
		vu_msg_u64(m, m->request, d->protocol_offered);
		return true;
	case VU_GET_QUEUE_NUM:
		vu_msg_u64(m, m->request, QUEUE_PAIRS);
		return true;
	case VU_SET_FEATURES:
		return vu_msg_get_u64(m, &d->features);
	case VU_SET_MEM_TABLE:
		return set_mem(d, m);
	case VU_SET_VRING_ADDR:
		return set_addr(d, m);
	case VU_SET_VRING_NUM:
	case VU_SET_VRING_BASE:
	case VU_SET_VRING_ENABLE:
		set_state(d, m);
		return true;
	case VU_SET_VRING_KICK:
	case VU_SET_VRING_CALL:
	case VU_SET_VRING_ERR:
		set_fd(d, m);
		return true;
	case VU_GET_VRING_BASE:
		get_base(d, m);
		return true;
	case VU_SET_OWNER:
	case VU_SET_PROTOCOL_FEATURES:
	case VU_NET_SET_MTU:
	case VU_SEND_RARP:
		return true;
	default:
		return false;
	}
}

static int handle(struct nb_device *d, struct vu_msg *m, const struct nb_fault *fault)
{
	const struct vu_limits limits = {VU_RINGS_MAX, VU_RING_SIZE_MAX};
	bool wants = vu_msg_wants_answer(m, true);
	bool data = vu_msg_rule(m->request) && vu_msg_rule(m->request)->answer == VU_ANSWER_DATA;
	bool ok = !vu_check_request(m, &limits) && process(d, m);
	int err = 0;

	vu_msg_close_fds(m);
	if (!wants && !ok)
		return -EPROTO;
	if (wants && !data)
		vu_msg_u64(m, m->request, !ok);
	if (wants || (fault && fault->kind == NB_UNASKED))
		err = nb_fault_answer(&d->sock, m, fault);
	update_ready(d);
	return err;
}

static int drain(struct nb_device *d);

static int on_slept(sd_event_source *source, uint64_t usec, void *user)
{
	struct nb_device *d = user;

	d->timer = sd_event_source_disable_unref(d->timer);
	d->slept = true;
	if (drain(d) < 0)
		nb_device_hang_up(d);
	return 0;
}

/* 1: stop reading for now; 0: go on and handle the message; -errno: hang up. */
static int before(struct nb_device *d, const struct nb_fault *fault)
{
	switch (fault->kind) {
	case NB_CLOSE:
		return -ECONNABORTED;
	case NB_DEAF:
		d->deaf = true;
		return 1;
	case NB_SLOW:
		sd_event_add_time_relative(d->nb->ev, &d->timer, CLOCK_MONOTONIC,
			(uint64_t)fault->ms * 1000, 1, on_slept, d);
		return 1;
	default:
		return 0;
	}
}

static int one_message(struct nb_device *d)
{
	struct nb_fault now = d->fault;
	struct vu_msg m;
	bool hit;
	int err = vu_sock_peek(&d->sock, &m);

	if (err)
		return err;
	hit = !d->slept && nb_fault_match(&d->fault, &m, d->seen + 1);
	d->slept = false;
	err = hit ? before(d, &now) : 0;
	if (err) {
		vu_msg_close_fds(&m);
		return err;
	}
	err = vu_sock_consume(&d->sock, &m);
	if (err) {
		vu_msg_close_fds(&m);
		return err;
	}
	d->seen++;
	d->messages++;
	return handle(d, &m, hit ? &now : NULL);
}

/* 0: nothing left or reading is paused; -errno: hang up. */
static int drain(struct nb_device *d)
{
	int err = 0;

	while (!err && !d->deaf && !d->timer)
		err = one_message(d);
	return err == -EAGAIN || err > 0 ? 0 : err;
}

static int on_socket(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct nb_device *d = user;
	int err = revents & EPOLLOUT ? vu_sock_flush(&d->sock) : 0;

	if (!err)
		err = drain(d);
	if (err < 0)
		nb_device_hang_up(d);
	return 0;
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct nb_device *d = user;
	int conn = vu_sock_accept(fd);

	if (conn < 0)
		return 0;
	nb_device_hang_up(d);
	if (vu_sock_init(&d->sock, conn) < 0)
		return 0;
	d->connections++;
	sd_event_add_io(
		d->nb->ev, &d->sock_source, conn, EPOLLIN | EPOLLOUT | EPOLLET, on_socket, d);
	return 0;
}

void nb_device_set_fault(struct nb_device *d, const struct nb_fault *fault)
{
	d->fault = *fault;
	d->deaf = false;
	if (d->sock.fd >= 0 && !d->timer && drain(d) < 0)
		nb_device_hang_up(d);
}

int nb_device_open(struct nback *nb, struct nb_device *d)
{
	d->nb = nb;
	d->sock.fd = -1;
	for (unsigned i = 0; i < VU_RINGS_MAX; i++)
		d->ring[i].kick_fd = d->ring[i].call_fd = -1;
	d->listen_fd = vu_sock_listen(d->path);
	if (d->listen_fd < 0)
		return d->listen_fd;
	return sd_event_add_io(nb->ev, &d->listen_source, d->listen_fd, EPOLLIN, on_connect, d);
}
