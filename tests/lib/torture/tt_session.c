/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tt_session.c - the well-behaved parts that the cases stand on: connecting, set-up, asking and
 * waiting. One thread; owns the connection.
 */
#include "tests/lib/torture/torture.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

uint64_t tt_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

unsigned tt_random(struct tt *t, unsigned below)
{
	return (unsigned)rand_r(&t->seed) % below;
}

size_t tt_wire(const struct vu_msg *m, uint8_t *wire)
{
	vu_msg_header_put(m, wire);
	memcpy(wire + VU_HEADER_BYTES, m->payload, m->size_bytes);
	return VU_HEADER_BYTES + m->size_bytes;
}

int tt_connect(struct tt *t)
{
	uint64_t end_ns = tt_now_ns() + TT_TIMEOUT_MS * UINT64_C(1000000);
	int fd;

	/* -EAGAIN: the backlog is full of connections that were cut before. */
	while ((fd = vu_sock_connect(t->path)) == -EAGAIN && tt_now_ns() < end_ns)
		usleep(1000);
	return fd < 0 ? fd : vu_sock_init(&t->sock, fd);
}

/* 0 and m, -ETIMEDOUT, or what ended the connection. */
static int wait_msg(struct tt *t, struct vu_msg *m)
{
	uint64_t end_ns = tt_now_ns() + TT_TIMEOUT_MS * UINT64_C(1000000);
	int err;

	while ((err = vu_sock_recv(&t->sock, m)) == -EAGAIN) {
		struct pollfd p = {.fd = t->sock.fd, .events = POLLIN};

		if (tt_now_ns() >= end_ns)
			return -ETIMEDOUT;
		if (vu_sock_flush(&t->sock) < 0)
			return -EPIPE;
		poll(&p, 1, vu_sock_wants_write(&t->sock) ? 1 : 100);
	}
	return err;
}

static enum tt_outcome outcome_of(int err)
{
	if (err == -ETIMEDOUT)
		return TT_SILENT;
	return err ? TT_HUNG_UP : TT_ACCEPTED;
}

enum tt_outcome tt_ask(struct tt *t, struct vu_msg *m)
{
	const struct vu_rule *rule = vu_msg_rule(m->request);
	uint64_t start_ns = tt_now_ns(), value = 0;
	bool ack = !rule || rule->answer == VU_ANSWER_ACK;
	int err;

	if (ack)
		m->flags |= VU_FLAG_NEED_REPLY;
	err = vu_sock_send(&t->sock, m);
	if (!err)
		err = wait_msg(t, m);
	if (!err)
		vu_msg_close_fds(m);
	if (!err && tt_now_ns() - start_ns > t->worst_ns)
		t->worst_ns = tt_now_ns() - start_ns;
	if (err)
		return outcome_of(err);
	if (ack)
		return vu_msg_get_u64(m, &value) && value == 0 ? TT_ACCEPTED : TT_REFUSED;
	return TT_ACCEPTED;
}

enum tt_outcome tt_ask_state(struct tt *t, uint32_t request, uint32_t index, uint32_t num)
{
	struct vu_msg m;

	vu_msg_state(&m, request, index, num);
	return tt_ask(t, &m);
}

enum tt_outcome tt_alive(struct tt *t)
{
	struct vu_msg m;
	int err;

	vu_msg_empty(&m, VU_GET_FEATURES);
	err = vu_sock_send(&t->sock, &m);
	while (!err) {
		err = wait_msg(t, &m);
		if (!err)
			vu_msg_close_fds(&m);
		if (!err && m.request == VU_GET_FEATURES)
			return TT_ACCEPTED;
	}
	return outcome_of(err);
}

enum tt_outcome tt_mem_table(struct tt *t, const struct vu_mem_table *table, int fd)
{
	struct vu_msg m;
	int fds[VU_REGIONS_MAX];

	for (unsigned i = 0; i < VU_REGIONS_MAX; i++)
		fds[i] = fd;
	vu_msg_mem_table(&m, table, fds);
	return tt_ask(t, &m);
}

static enum tt_outcome ask_u64(struct tt *t, uint32_t request, uint64_t value)
{
	struct vu_msg m;

	vu_msg_u64(&m, request, value);
	return tt_ask(t, &m);
}

static enum tt_outcome ask_fd(struct tt *t, uint32_t request, uint32_t ring)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	enum tt_outcome outcome;
	struct vu_msg m;

	vu_msg_vring_fd(&m, request, ring, fd);
	outcome = tt_ask(t, &m);
	close(fd);
	return outcome;
}

static enum tt_outcome negotiate(struct tt *t)
{
	uint64_t features = 0, protocol = 0;
	enum tt_outcome o;
	struct vu_msg m;

	vu_msg_empty(&m, VU_GET_FEATURES);
	o = tt_ask(t, &m);
	vu_msg_get_u64(&m, &features);
	if (o == TT_ACCEPTED) {
		vu_msg_empty(&m, VU_GET_PROTOCOL_FEATURES);
		o = tt_ask(t, &m);
		vu_msg_get_u64(&m, &protocol);
	}
	if (o == TT_ACCEPTED) {
		vu_msg_u64(&m, VU_SET_PROTOCOL_FEATURES, protocol);
		o = vu_sock_send(&t->sock, &m) ? TT_HUNG_UP : TT_ACCEPTED;
	}
	if (o == TT_ACCEPTED) {
		vu_msg_empty(&m, VU_SET_OWNER);
		o = tt_ask(t, &m);
	}
	return o == TT_ACCEPTED ? ask_u64(t, VU_SET_FEATURES, features) : o;
}

static enum tt_outcome set_up_ring(struct tt *t, uint32_t ring)
{
	const uint64_t at = TT_USER + 0x10000 * (ring + 1);
	const struct vu_vring_addr addr = {
		.index = ring, .desc = at, .avail = at + 0x2000, .used = at + 0x4000};
	enum tt_outcome o = tt_ask_state(t, VU_SET_VRING_NUM, ring, 256);
	struct vu_msg m;

	if (o == TT_ACCEPTED)
		o = tt_ask_state(t, VU_SET_VRING_BASE, ring, 0);
	if (o == TT_ACCEPTED) {
		vu_msg_addr(&m, &addr);
		o = tt_ask(t, &m);
	}
	if (o == TT_ACCEPTED)
		o = ask_fd(t, VU_SET_VRING_KICK, ring);
	return o == TT_ACCEPTED ? ask_fd(t, VU_SET_VRING_CALL, ring) : o;
}

enum tt_outcome tt_set_up(struct tt *t, bool bare)
{
	const struct vu_mem_table table = {
		.n_regions = 1, .region = {{0, TT_MEM_BYTES, TT_USER, 0}}};
	enum tt_outcome o = negotiate(t);

	if (bare || o != TT_ACCEPTED)
		return o;
	o = tt_mem_table(t, &table, t->mem_fd);
	for (uint32_t ring = 0; o == TT_ACCEPTED && ring < 2; ring++)
		o = set_up_ring(t, ring);
	for (uint32_t ring = 0; o == TT_ACCEPTED && ring < 2; ring++)
		o = tt_ask_state(t, VU_SET_VRING_ENABLE, ring, 1);
	return o;
}
