/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nfront.h - a native virtio-net driver over vhost-user, on memory of its own: what QEMU and its
 * guest are to a mux or a back end, without either. Blocking where it waits for answers, with a
 * timeout. For tests; one thread.
 */
#ifndef VIOS_TESTS_NFRONT_H
#define VIOS_TESTS_NFRONT_H

#include "tests/lib/nfront/nf_ring.h"
#include "vios-core/vhostuser/vu_sock.h"

#define NF_PAIRS_MAX 8
#define NF_ANSWER_TIMEOUT_MS 10000

struct nfront_options {
	const char *socket;
	uint64_t mem_bytes; /* at least a few MiB */
	unsigned ring_size, pairs;
	unsigned chain; /* receive: descriptors (and pages) per frame */
	bool event_idx;
	bool walk;	 /* receive buffers go through all of the memory */
	bool need_reply; /* asks for an acknowledgement of everything */
};

struct nfront {
	struct nfront_options options;
	struct vu_sock sock;
	struct nf_mem mem, plugged; /* plugged: a second region, see nfront_hotplug() */
	struct nf_walk walk;
	struct nf_ring
		ring[2 * NF_PAIRS_MAX]; /* as virtio-net numbers them: rx 0, tx 0, rx 1, ... */
	uint64_t offered, protocol_offered, features;
	bool reply_ack;
	uint64_t waited_ns[VU_REQUEST_END]; /* the longest wait for an answer, by request */
};

/* Connects, makes the memory, negotiates, starts all rings and enables the first pair (all:
 * nfront_enable()). 0 or -errno: -EPROTO a wrong answer, -ETIMEDOUT none. */
int nfront_open(struct nfront *nf, const struct nfront_options *options);
void nfront_close(struct nfront *nf);

/* Sends m; waits for the answer, if there must be one, and leaves it in m. -EREMOTEIO: answered
 * "no". Descriptors in m stay the caller's. */
int nfront_request(struct nfront *nf, struct vu_msg *m);

int nfront_negotiate(struct nfront *nf);
int nfront_mem_table(struct nfront *nf);
int nfront_start(struct nfront *nf); /* features, memory, rings, ENABLE */
int nfront_stop(struct nfront *nf);  /* ENABLE 0 and GET_VRING_BASE of each */
int nfront_reset(
	struct nfront *nf); /* stop, forget what is in the rings, start: a guest's reboot */
/* A second region from guest address 1 TiB on, which half of the receive buffers then come from; 0:
 * takes it away again, by a reset, as nothing in it may be with the device. */
int nfront_hotplug(struct nfront *nf, uint64_t bytes);
int nfront_enable(struct nfront *nf, unsigned pair, bool on);

int nfront_send(struct nfront *nf, unsigned pair, const uint8_t *frame, size_t len_bytes);
size_t nfront_recv(struct nfront *nf, unsigned pair, uint8_t *buf, size_t size);
/* Sleeps until a receive ring has something, other_fd is readable, or the time is over; clears the
 * interrupts. true: other_fd is readable. */
bool nfront_wait(struct nfront *nf, int other_fd, uint64_t timeout_ns);
uint64_t nfront_violations(const struct nfront *nf);
uint64_t nfront_now_ns(void);

#endif
