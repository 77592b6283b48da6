/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sf_session.c - messages in QEMU's order, each acknowledged. One thread; owns sockets, memory,
 * rings and the inflight region's descriptor.
 */
#include "tests/lib/sfront/sf_session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "vios-core/vhostuser/vu_inflight.h"

#define BIT(n) (UINT64_C(1) << (n))
#define ANSWER_MS 20000
#define GUEST_BASE (UINT64_C(1) << 32)
#define FEATURES (BIT(32) | BIT(2) | BIT(1))

static int ask(struct vu_sock *sock, struct vu_msg *m)
{
	const uint32_t request = m->request;
	int rc;

	m->flags |= VU_FLAG_NEED_REPLY;
	rc = vu_sock_send(sock, m);
	while (!rc && (rc = vu_sock_recv(sock, m)) == -EAGAIN) {
		struct pollfd p = {.fd = sock->fd, .events = POLLIN};

		rc = poll(&p, 1, ANSWER_MS) <= 0 ? -ETIMEDOUT : 0;
	}
	return rc ? rc : vu_msg_check_answer(m, request, true) ? -EPROTO : 0;
}

static int tell(struct vu_sock *sock, struct vu_msg *m)
{
	uint64_t value = 0;
	int rc = ask(sock, m);

	if (rc)
		return rc;
	return vu_msg_get_u64(m, &value) && !value ? 0 : -EREMOTEIO;
}

static int tell_u64(struct vu_sock *sock, uint32_t request, uint64_t value)
{
	struct vu_msg m;

	vu_msg_u64(&m, request, value);
	return tell(sock, &m);
}

static int tell_state(struct vu_sock *sock, uint32_t request, uint32_t ring, uint32_t num)
{
	struct vu_msg m;

	vu_msg_state(&m, request, ring, num);
	return tell(sock, &m);
}

static int tell_fd(struct vu_sock *sock, uint32_t request, uint32_t ring, int fd)
{
	struct vu_msg m;

	vu_msg_vring_fd(&m, request, ring, fd);
	return tell(sock, &m);
}

static unsigned n_rings(const struct sf_session *s)
{
	return SF_FIXED + s->options.queues;
}

static int negotiate(struct sf_session *s, struct vu_sock *sock)
{
	uint64_t protocol =
		BIT(VU_PROTOCOL_MQ) | BIT(VU_PROTOCOL_REPLY_ACK) | BIT(VU_PROTOCOL_CONFIG);
	struct vu_msg m;
	uint64_t features = FEATURES | BIT(VU_F_PROTOCOL_FEATURES), offered = 0;
	int rc;

	if (s->options.inflight)
		protocol |= BIT(VU_PROTOCOL_INFLIGHT_SHMFD);
	features |= s->options.indirect ? BIT(28) : 0;
	features |= s->options.event_idx ? BIT(29) : 0;
	vu_msg_empty(&m, VU_GET_FEATURES);
	rc = ask(sock, &m);
	if (!rc && (!vu_msg_get_u64(&m, &offered) || (features & ~offered)))
		rc = -ENOTSUP;
	vu_msg_u64(&m, VU_SET_PROTOCOL_FEATURES, protocol);
	if (!rc)
		rc = vu_sock_send(sock, &m); /* acknowledgements begin after it */
	return rc ? rc : tell_u64(sock, VU_SET_FEATURES, features);
}

static int share_memory(struct sf_session *s, struct vu_sock *sock)
{
	struct vu_mem_table table = {.n_regions = 1};
	struct vu_msg m;

	table.region[0] = (struct vu_region){GUEST_BASE, s->mem.bytes, (uintptr_t)s->mem.base, 0};
	vu_msg_mem_table(&m, &table, &s->mem.fd);
	return tell(sock, &m);
}

static int get_inflight(struct sf_session *s, struct vu_sock *sock)
{
	struct vu_msg m;
	int rc;

	/* As viomuxd asks: for the longest ring there is. */
	s->inflight = (struct vu_inflight){
		.n_queues = (uint16_t)n_rings(s), .queue_size = VU_INFLIGHT_KEPT_SIZE};
	vu_msg_inflight(&m, VU_GET_INFLIGHT_FD, &s->inflight);
	rc = ask(sock, &m);
	if (rc || m.n_fds != 1 || !vu_msg_get_inflight(&m, &s->inflight))
		return rc ? rc : -EPROTO;
	s->inflight_fd = m.fds[0];
	return 0;
}

static int share_inflight(struct sf_session *s, struct vu_sock *sock)
{
	struct vu_msg m;
	int rc = s->inflight_fd < 0 ? get_inflight(s, sock) : 0;

	if (rc)
		return rc;
	vu_msg_inflight(&m, VU_SET_INFLIGHT_FD, &s->inflight);
	m.fds[m.n_fds++] = s->inflight_fd;
	return tell(sock, &m);
}

static int start_ring(struct sf_session *s, struct vu_sock *sock, unsigned i)
{
	struct sf_ring *r = &s->ring[i];
	struct vu_vring_addr addr = {.index = i};
	const uint64_t one = 1;
	struct vu_msg m;
	int rc = tell_state(sock, VU_SET_VRING_NUM, i, SF_RING_SIZE);

	sf_ring_addresses(r, &addr.desc, &addr.avail, &addr.used);
	vu_msg_addr(&m, &addr);
	if (!rc)
		rc = tell(sock, &m);
	if (!rc)
		rc = tell_fd(sock, VU_SET_VRING_CALL, i, r->call_fd);
	if (!rc)
		rc = tell_state(sock, VU_SET_VRING_BASE, i, sf_ring_used_idx(r));
	if (!rc)
		rc = tell_fd(sock, VU_SET_VRING_KICK, i, r->kick_fd);
	if (!rc)
		rc = tell_state(sock, VU_SET_VRING_ENABLE, i, 1);
	if (!rc && (write(r->kick_fd, &one, 8) < 0 || write(r->call_fd, &one, 8) < 0))
		rc = -errno;
	return rc;
}

int sf_session_open(struct sf_session *s, const struct sf_options *options)
{
	size_t bytes =
		SF_FIXED * sf_ring_bytes(1) + options->queues * sf_ring_bytes(options->depth);
	size_t at = 0;
	int rc;

	memset(s, 0, sizeof(*s));
	s->options = *options;
	s->inflight_fd = s->live = -1;
	for (unsigned i = 0; i < SF_TARGETS_MAX; i++)
		s->sock[i].fd = -1;
	rc = sf_mem_open(&s->mem, bytes);
	for (unsigned i = 0; i < n_rings(s) && !rc; i++) {
		unsigned depth = i < SF_FIXED ? 1 : options->depth;

		rc = sf_ring_open(
			&s->ring[i], &s->mem, at, depth, options->indirect, options->event_idx);
		at += sf_ring_bytes(depth);
	}
	return rc;
}

int sf_session_go(struct sf_session *s, unsigned target)
{
	struct vu_sock *sock = &s->sock[target];
	int rc, fd;

	vu_sock_fini(sock);
	fd = vu_sock_connect(s->options.socket[target]);
	rc = fd < 0 ? fd : vu_sock_init(sock, fd);
	if (!rc)
		rc = negotiate(s, sock);
	if (!rc)
		rc = share_memory(s, sock);
	if (!rc && s->options.inflight)
		rc = share_inflight(s, sock);
	for (unsigned i = 0; i < n_rings(s) && !rc; i++)
		rc = start_ring(s, sock, i);
	s->live = rc ? -1 : (int)target;
	return rc;
}

int sf_session_stop(struct sf_session *s)
{
	int rc = s->live < 0 ? -ENOTCONN : 0;

	for (unsigned i = 0; i < n_rings(s) && !rc; i++) {
		struct vu_msg m;

		vu_msg_state(&m, VU_GET_VRING_BASE, i, 0);
		rc = ask(&s->sock[s->live], &m);
	}
	s->live = -1;
	return rc;
}
