/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nfront.c - the session of the native driver: messages in QEMU's order, timed. One thread; owns
 * socket, memory, rings and eventfds.
 */
#include "tests/lib/nfront/nfront.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define BIT(n) (UINT64_C(1) << (n))
#define F_MRG_RXBUF 15
#define F_EVENT_IDX 29
#define F_VERSION_1 32
#define F_MQ 22
#define PLUGGED_AT (UINT64_C(1) << 40)
#define PAGE 4096u

uint64_t nfront_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- messages ---- */

static int wait_answer(struct nfront *nf, struct vu_msg *m)
{
	uint64_t end_ns = nfront_now_ns() + NF_ANSWER_TIMEOUT_MS * UINT64_C(1000000);
	int err;

	while ((err = vu_sock_recv(&nf->sock, m)) == -EAGAIN) {
		struct pollfd p = {.fd = nf->sock.fd, .events = POLLIN};

		if (nfront_now_ns() >= end_ns || poll(&p, 1, NF_ANSWER_TIMEOUT_MS) <= 0)
			return -ETIMEDOUT;
		/* Half an answer: the rest may still come, but not at full speed. */
		if (vu_sock_peek(&nf->sock, m) == -EAGAIN)
			usleep(1000);
		else
			vu_msg_close_fds(m);
	}
	return err;
}

int nfront_request(struct nfront *nf, struct vu_msg *m)
{
	const struct vu_rule *rule = vu_msg_rule(m->request);
	uint32_t request = m->request;
	uint64_t start_ns = nfront_now_ns(), waited_ns, value = 0;
	int err;

	if (nf->options.need_reply && nf->reply_ack && rule && rule->answer == VU_ANSWER_ACK)
		m->flags |= VU_FLAG_NEED_REPLY;
	err = vu_sock_send(&nf->sock, m);
	if (err || !vu_msg_wants_answer(m, nf->reply_ack))
		return err;
	err = wait_answer(nf, m);
	waited_ns = nfront_now_ns() - start_ns;
	if (request < VU_REQUEST_END && waited_ns > nf->waited_ns[request])
		nf->waited_ns[request] = waited_ns;
	if (err)
		return err;
	if (vu_msg_check_answer(m, request, true)) {
		vu_msg_close_fds(m);
		return -EPROTO;
	}
	if (rule && rule->answer == VU_ANSWER_ACK && (!vu_msg_get_u64(m, &value) || value))
		return -EREMOTEIO;
	return 0;
}

static int request_empty(struct nfront *nf, uint32_t request)
{
	struct vu_msg m;

	vu_msg_empty(&m, request);
	return nfront_request(nf, &m);
}

static int request_u64(struct nfront *nf, uint32_t request, uint64_t value)
{
	struct vu_msg m;

	vu_msg_u64(&m, request, value);
	return nfront_request(nf, &m);
}

static int ask_u64(struct nfront *nf, uint32_t request, uint64_t *value)
{
	struct vu_msg m;
	int err;

	vu_msg_empty(&m, request);
	err = nfront_request(nf, &m);
	return err ? err : vu_msg_get_u64(&m, value) ? 0 : -EPROTO;
}

static int request_state(struct nfront *nf, uint32_t request, uint32_t ring, uint32_t num)
{
	struct vu_msg m;

	vu_msg_state(&m, request, ring, num);
	return nfront_request(nf, &m);
}

static int request_fd(struct nfront *nf, uint32_t request, uint32_t ring, int fd)
{
	struct vu_msg m;

	vu_msg_vring_fd(&m, request, ring, fd);
	return nfront_request(nf, &m);
}

/* ---- the session ---- */

int nfront_negotiate(struct nfront *nf)
{
	uint64_t queues = 1;
	int err = ask_u64(nf, VU_GET_FEATURES, &nf->offered);

	if (!err)
		err = ask_u64(nf, VU_GET_PROTOCOL_FEATURES, &nf->protocol_offered);
	if (!err)
		err = request_u64(nf, VU_SET_PROTOCOL_FEATURES,
			nf->protocol_offered & (BIT(VU_PROTOCOL_MQ) | BIT(VU_PROTOCOL_REPLY_ACK)));
	nf->reply_ack = nf->protocol_offered & BIT(VU_PROTOCOL_REPLY_ACK);
	if (!err && (nf->protocol_offered & BIT(VU_PROTOCOL_MQ)))
		err = ask_u64(nf, VU_GET_QUEUE_NUM, &queues);
	if (!err && queues < nf->options.pairs)
		err = -ENOTSUP;
	if (!err)
		err = request_empty(nf, VU_SET_OWNER);
	nf->features = nf->offered & (BIT(F_MRG_RXBUF) | BIT(F_VERSION_1) |
					     BIT(VU_F_PROTOCOL_FEATURES) | BIT(F_MQ));
	if (nf->options.event_idx)
		nf->features |= nf->offered & BIT(F_EVENT_IDX);
	return err;
}

int nfront_mem_table(struct nfront *nf)
{
	struct vu_mem_table table = {.n_regions = 1};
	int fds[2] = {nf->mem.fd, nf->plugged.fd};
	struct vu_msg m;
	int err;

	table.region[0] = (struct vu_region){0, nf->mem.bytes, (uintptr_t)nf->mem.base, 0};
	if (nf->plugged.base) {
		table.region[1] = (struct vu_region){
			nf->plugged.guest_addr, nf->plugged.bytes, (uintptr_t)nf->plugged.base, 0};
		table.n_regions = 2;
	}
	vu_msg_mem_table(&m, &table, fds);
	if (nf->reply_ack) /* as QEMU does */
		m.flags |= VU_FLAG_NEED_REPLY;
	err = nfront_request(nf, &m);
	return err;
}

static int start_ring(struct nfront *nf, unsigned i)
{
	struct nf_ring *r = &nf->ring[i];
	struct vu_vring_addr addr = {.index = i,
		.desc = (uintptr_t)r->vring.desc,
		.used = (uintptr_t)r->vring.used,
		.avail = (uintptr_t)r->vring.avail};
	struct vu_msg m;
	int err = request_state(nf, VU_SET_VRING_NUM, i, r->vring.num);

	if (!err)
		err = request_state(nf, VU_SET_VRING_BASE, i, r->vring.used->idx);
	if (!err) {
		vu_msg_addr(&m, &addr);
		err = nfront_request(nf, &m);
	}
	if (!err)
		err = request_fd(nf, VU_SET_VRING_KICK, i, r->kick_fd);
	if (!err)
		err = request_fd(nf, VU_SET_VRING_CALL, i, r->call_fd);
	r->event_idx = nf->features >> F_EVENT_IDX & 1;
	return err;
}

int nfront_start(struct nfront *nf)
{
	int err = request_u64(nf, VU_SET_FEATURES, nf->features);

	if (!err)
		err = nfront_mem_table(nf);
	for (unsigned i = 0; !err && i < 2 * nf->options.pairs; i++) {
		err = start_ring(nf, i);
		if (!err && i % 2 == 0)
			nf_ring_refill(&nf->ring[i]);
	}
	for (unsigned i = 0; !err && i < 2 * nf->options.pairs; i++)
		err = request_state(nf, VU_SET_VRING_ENABLE, i, nf->ring[i].enabled);
	return err;
}

int nfront_stop(struct nfront *nf)
{
	int err = 0;

	for (unsigned i = 0; !err && i < 2 * nf->options.pairs; i++)
		err = request_state(nf, VU_SET_VRING_ENABLE, i, 0);
	for (unsigned i = 0; !err && i < 2 * nf->options.pairs; i++)
		err = request_state(nf, VU_GET_VRING_BASE, i, 0);
	return err;
}

int nfront_reset(struct nfront *nf)
{
	int err = nfront_stop(nf);

	for (unsigned i = 0; !err && i < 2 * nf->options.pairs; i++)
		nf_ring_reset(&nf->ring[i]);
	return err ? err : nfront_start(nf);
}

static int replace_plugged(struct nfront *nf, uint64_t bytes)
{
	struct nf_mem old = nf->plugged;
	int err;

	nf->plugged = (struct nf_mem){.fd = -1};
	err = bytes ? nf_mem_open(&nf->plugged, PLUGGED_AT, bytes) : 0;
	nf->walk.next_plugged = 0;
	if (!err)
		err = nfront_mem_table(nf);
	nf_mem_close(&old);
	return err;
}

/* What is with the device must not be unplugged: a guest would have taken it back before. */
static int unplug(struct nfront *nf)
{
	int err = nfront_stop(nf);

	for (unsigned i = 0; !err && i < 2 * nf->options.pairs; i++)
		nf_ring_reset(&nf->ring[i]);
	if (!err)
		err = replace_plugged(nf, 0);
	return err ? err : nfront_start(nf);
}

int nfront_hotplug(struct nfront *nf, uint64_t bytes)
{
	int err = nf->plugged.base ? unplug(nf) : 0;

	return err || !bytes ? err : replace_plugged(nf, bytes);
}

int nfront_enable(struct nfront *nf, unsigned pair, bool on)
{
	int err = 0;

	for (unsigned i = 2 * pair; !err && i < 2 * pair + 2; i++) {
		nf->ring[i].enabled = on;
		err = request_state(nf, VU_SET_VRING_ENABLE, i, on);
	}
	return err;
}

/* ---- memory and rings ---- */

static int open_rings(struct nfront *nf)
{
	const struct nfront_options *o = &nf->options;
	uint64_t at = PAGE; /* guest address 0 stays free */
	int err = 0;

	for (unsigned i = 0; !err && i < 2 * o->pairs; i++) {
		struct nf_ring *r = &nf->ring[i];

		err = nf_ring_open(r, &nf->mem, at, o->ring_size, i % 2 ? 1 : o->chain);
		at += nf_ring_bytes(o->ring_size);
		r->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		r->call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		r->enabled = i < 2;
		r->walk = i % 2 ? NULL : &nf->walk; /* receive */
		if (!err && (r->kick_fd < 0 || r->call_fd < 0))
			err = -errno;
		if (i % 2) {
			r->buffers = at;
			at += ((uint64_t)o->ring_size * NF_BUFFER_BYTES + PAGE - 1) / PAGE * PAGE;
		}
	}
	nf->walk = (struct nf_walk){.first = at,
		.end = nf->mem.bytes / PAGE * PAGE,
		.next = at,
		.plugged = &nf->plugged};
	if (!o->walk) /* as many pages as can be with the device at once, with some to spare */
		nf->walk.end = at + (uint64_t)o->ring_size * (o->pairs + 1) * PAGE;
	return nf->walk.end > nf->mem.bytes ? -ENOSPC : err;
}

int nfront_open(struct nfront *nf, const struct nfront_options *options)
{
	int err, fd;

	memset(nf, 0, sizeof(*nf));
	nf->options = *options;
	nf->sock.fd = nf->mem.fd = nf->plugged.fd = -1;
	for (unsigned i = 0; i < 2 * NF_PAIRS_MAX; i++)
		nf->ring[i].kick_fd = nf->ring[i].call_fd = -1;
	if (options->pairs == 0 || options->pairs > NF_PAIRS_MAX || options->chain == 0 ||
		options->chain > NF_CHAIN_MAX)
		return -EINVAL;
	err = nf_mem_open(&nf->mem, 0, options->mem_bytes);
	if (!err)
		err = open_rings(nf);
	fd = err ? err : vu_sock_connect(options->socket);
	if (fd < 0)
		return fd;
	err = vu_sock_init(&nf->sock, fd);
	if (!err)
		err = nfront_negotiate(nf);
	return err ? err : nfront_start(nf);
}

void nfront_close(struct nfront *nf)
{
	vu_sock_fini(&nf->sock);
	for (unsigned i = 0; i < 2 * NF_PAIRS_MAX; i++) {
		nf_ring_close(&nf->ring[i]);
		if (nf->ring[i].kick_fd >= 0)
			close(nf->ring[i].kick_fd);
		if (nf->ring[i].call_fd >= 0)
			close(nf->ring[i].call_fd);
		nf->ring[i].kick_fd = nf->ring[i].call_fd = -1;
	}
	nf_mem_close(&nf->plugged);
	nf_mem_close(&nf->mem);
}

/* ---- frames ---- */

int nfront_send(struct nfront *nf, unsigned pair, const uint8_t *frame, size_t len_bytes)
{
	return nf_ring_send(&nf->ring[2 * pair + 1], frame, len_bytes);
}

size_t nfront_recv(struct nfront *nf, unsigned pair, uint8_t *buf, size_t size)
{
	return nf_ring_recv(&nf->ring[2 * pair], buf, size);
}

bool nfront_wait(struct nfront *nf, int other_fd, uint64_t timeout_ns)
{
	struct timespec ts = {(time_t)(timeout_ns / 1000000000u), (long)(timeout_ns % 1000000000u)};
	struct pollfd p[NF_PAIRS_MAX + 1];
	nfds_t n = 0;
	uint64_t count;

	for (unsigned pair = 0; pair < nf->options.pairs; pair++) {
		if (nf_ring_pending(&nf->ring[2 * pair]))
			ts = (struct timespec){0, 0};
		p[n++] = (struct pollfd){.fd = nf->ring[2 * pair].call_fd, .events = POLLIN};
	}
	p[n++] = (struct pollfd){.fd = other_fd, .events = POLLIN};
	if (ppoll(p, n, &ts, NULL) <= 0)
		return false;
	for (nfds_t i = 0; i + 1 < n; i++)
		if (p[i].revents & POLLIN && read(p[i].fd, &count, sizeof(count)) < 0)
			continue; /* somebody's doubled signal */
	return p[n - 1].revents & (POLLIN | POLLHUP);
}

uint64_t nfront_violations(const struct nfront *nf)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < 2 * nf->options.pairs; i++)
		n += nf->ring[i].violations;
	return n;
}
