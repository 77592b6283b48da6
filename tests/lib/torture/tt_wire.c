/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tt_wire.c - cases that are wrong in their form: pieces, sizes, flags, descriptors, floods. One
 * thread; closes what it opens.
 */
#include "tests/lib/raw_send.h"
#include "tests/lib/torture/torture.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define WIRE (VU_HEADER_BYTES + VU_PAYLOAD_MAX)

static int raw_msg(struct tt *t, const struct vu_msg *m, size_t len_bytes, unsigned n_fds)
{
	uint8_t wire[WIRE + 1024] = {0};

	tt_wire(m, wire);
	return raw_send(t->sock.fd, wire, len_bytes, t->mem_fd, n_fds);
}

/* A part of a message with a descriptor, then nothing; the mux must still see the hang-up that
 * follows. */
static enum tt_outcome half_message(struct tt *t)
{
	struct vu_msg m;

	vu_msg_vring_fd(&m, VU_SET_VRING_CALL, 0, t->event_fd);
	raw_msg(t, &m, 1 + tt_random(t, VU_HEADER_BYTES + 7), 1);
	return TT_ACCEPTED;
}

static enum tt_outcome half_after_set_up(struct tt *t)
{
	enum tt_outcome o = tt_set_up(t, false);

	return o == TT_ACCEPTED ? half_message(t) : o;
}

/* Every byte in a write of its own, and the answer is right. */
static enum tt_outcome byte_by_byte(struct tt *t)
{
	enum tt_outcome o = tt_set_up(t, true);
	uint8_t wire[WIRE];
	struct vu_msg m;
	size_t n;

	if (o != TT_ACCEPTED)
		return o;
	vu_msg_vring_fd(&m, VU_SET_VRING_CALL, 0, t->event_fd);
	n = tt_wire(&m, wire);
	for (size_t i = 0; i < n; i++)
		raw_send(t->sock.fd, wire + i, 1, t->event_fd, i == 0);
	/* The one case here that breaks no rule. */
	return tt_alive(t) == TT_ACCEPTED ? TT_ACCEPTED : TT_SILENT;
}

static enum tt_outcome unknown_request(struct tt *t)
{
	static const uint32_t numbers[] = {0, VU_REQUEST_END, 41, 77, 255, 1u << 16, UINT32_MAX};
	struct vu_msg m;

	vu_msg_empty(&m, numbers[tt_random(t, 7)]);
	return tt_ask(t, &m);
}

/* One of the known requests, with a size that is not one of its. */
static enum tt_outcome wrong_size(struct tt *t)
{
	const struct vu_rule *rule;
	struct vu_msg m;

	memset(&m, 0, sizeof(m));
	do { /* one request takes any size */
		vu_msg_empty(&m, 1 + tt_random(t, VU_REQUEST_END - 1));
		rule = vu_msg_rule(m.request);
		m.size_bytes = tt_random(t, VU_PAYLOAD_MAX + 1);
	} while (m.size_bytes >= rule->min_bytes && m.size_bytes <= rule->max_bytes);
	for (uint32_t i = 0; i < rule->fds_min; i++)
		m.fds[m.n_fds++] = t->mem_fd;
	m.flags |= VU_FLAG_NEED_REPLY;
	if (raw_msg(t, &m, VU_HEADER_BYTES + m.size_bytes, m.n_fds) < 0)
		return TT_HUNG_UP;
	m.n_fds = 0;
	/* A request that is answered with data has no way to say "no" but to hang up. */
	return tt_alive(t) == TT_SILENT ? TT_SILENT : TT_HUNG_UP;
}

static enum tt_outcome huge_size(struct tt *t)
{
	struct vu_msg m;

	vu_msg_empty(&m, VU_SET_FEATURES);
	m.size_bytes = 0xfffffff0u - tt_random(t, 1000);
	uint8_t wire[VU_HEADER_BYTES];
	vu_msg_header_put(&m, wire);
	raw_send(t->sock.fd, wire, sizeof(wire), -1, 0);
	return tt_alive(t);
}

static enum tt_outcome bad_flags(struct tt *t)
{
	struct vu_msg m;

	vu_msg_empty(&m, VU_SET_OWNER);
	do
		m.flags =
			tt_random(t, 2) ? tt_random(t, 64) : (uint32_t)tt_random(t, 1u << 30) << 2;
	while (m.flags == 1 || m.flags == 9);
	if (raw_msg(t, &m, VU_HEADER_BYTES, 0) < 0)
		return TT_HUNG_UP;
	return tt_alive(t);
}

static enum tt_outcome too_many_fds(struct tt *t)
{
	struct vu_msg m;

	vu_msg_vring_fd(&m, VU_SET_VRING_CALL, 0, t->mem_fd);
	raw_msg(t, &m, VU_HEADER_BYTES + 8, 2 + tt_random(t, RAW_FDS_MAX - 2));
	return tt_alive(t);
}

static enum tt_outcome unwanted_fds(struct tt *t)
{
	static const uint32_t requests[] = {VU_GET_FEATURES, VU_SET_OWNER, VU_GET_QUEUE_NUM};
	struct vu_msg m;

	vu_msg_empty(&m, requests[tt_random(t, 3)]);
	raw_msg(t, &m, VU_HEADER_BYTES, 1 + tt_random(t, 20));
	return tt_alive(t);
}

static enum tt_outcome missing_fds(struct tt *t)
{
	const struct vu_mem_table table = {
		.n_regions = 4, .region = {{0, 4096, 0, 0}, {4096, 4096, 4096, 0}}};
	struct vu_msg m;
	int fds[4] = {0};

	if (tt_random(t, 2))
		vu_msg_vring_fd(&m, VU_SET_VRING_KICK, 0, 0);
	else
		vu_msg_mem_table(&m, &table, fds);
	raw_msg(t, &m, VU_HEADER_BYTES + m.size_bytes, tt_random(t, m.n_fds));
	return tt_alive(t);
}

/* Descriptors beside later pieces of one message. */
static enum tt_outcome fds_in_pieces(struct tt *t)
{
	uint8_t wire[WIRE];
	struct vu_msg m;

	vu_msg_vring_fd(&m, VU_SET_VRING_CALL, 0, t->mem_fd);
	tt_wire(&m, wire);
	raw_send(t->sock.fd, wire, VU_HEADER_BYTES, t->mem_fd, 1);
	raw_send(t->sock.fd, wire + VU_HEADER_BYTES, 8, t->mem_fd, 1);
	return tt_alive(t);
}

/* The connection itself as a descriptor: a reference cycle that only the kernel's collector can
 * free. */
static enum tt_outcome file_as_fd(struct tt *t)
{
	struct vu_msg m;

	vu_msg_vring_fd(&m, tt_random(t, 2) ? VU_SET_VRING_CALL : VU_SET_VRING_KICK, 0, t->mem_fd);
	raw_msg(t, &m, VU_HEADER_BYTES + 8, 1);
	return tt_alive(t);
}

/* The connection itself: kept, it would never hang up. */
static enum tt_outcome socket_as_fd(struct tt *t)
{
	uint8_t wire[WIRE];
	struct vu_msg m;
	size_t n;

	vu_msg_vring_fd(&m, VU_SET_VRING_CALL, 0, 0);
	n = tt_wire(&m, wire);
	raw_send(t->sock.fd, wire, n, t->sock.fd, 1);
	return tt_alive(t);
}

/* Requests as fast as they go in, no answer read; then all of them. */
static enum tt_outcome flood(struct tt *t)
{
	uint8_t wire[WIRE];
	struct vu_msg m;

	vu_msg_empty(&m, VU_GET_FEATURES);
	tt_wire(&m, wire);
	for (unsigned i = 0; i < 20000; i++)
		if (raw_send(t->sock.fd, wire, VU_HEADER_BYTES, -1, 0) != VU_HEADER_BYTES)
			break;
	return tt_alive(t);
}

static enum tt_outcome flood_with_fds(struct tt *t)
{
	uint8_t wire[WIRE];
	struct vu_msg m;
	size_t n;

	for (unsigned i = 0; i < 2000; i++) {
		vu_msg_vring_fd(&m, VU_SET_VRING_CALL, i % 2, t->event_fd);
		n = tt_wire(&m, wire);
		if (raw_send(t->sock.fd, wire, n, t->event_fd, 1) != (int)n)
			break;
	}
	return tt_alive(t);
}

static enum tt_outcome random_bytes(struct tt *t)
{
	uint8_t bytes[512];
	size_t n = 1 + tt_random(t, sizeof(bytes));

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)tt_random(t, 256);
	if (tt_random(t, 2))
		bytes[4] = 1; /* at least a right version */
	raw_send(t->sock.fd, bytes, n, t->mem_fd, tt_random(t, 3));
	return TT_ACCEPTED; /* it may be the start of a message: nothing can be expected but the
			       next connection */
}

/* Answers, from the side that asks. */
static enum tt_outcome answers(struct tt *t)
{
	struct vu_msg m;

	vu_msg_u64(&m, VU_GET_FEATURES, 0);
	vu_msg_make_reply(&m);
	raw_msg(t, &m, VU_HEADER_BYTES + 8, 0);
	return tt_alive(t);
}

const struct tt_case tt_wire_cases[] = {
	{"half_message", half_message, false},
	{"half_after_set_up", half_after_set_up, false},
	{"byte_by_byte", byte_by_byte, false},
	{"unknown_request", unknown_request, true},
	{"wrong_size", wrong_size, true},
	{"huge_size", huge_size, true},
	{"bad_flags", bad_flags, true},
	{"too_many_fds", too_many_fds, true},
	{"unwanted_fds", unwanted_fds, true},
	{"missing_fds", missing_fds, true},
	{"fds_in_pieces", fds_in_pieces, true},
	{"file_as_fd", file_as_fd, true},
	{"socket_as_fd", socket_as_fd, true},
	{"flood", flood, false},
	{"flood_with_fds", flood_with_fds, false},
	{"random_bytes", random_bytes, false},
	{"answers", answers, true},
	{NULL, NULL, false},
};
