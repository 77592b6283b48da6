/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nf_ring.h - the driver's side of split virtqueues (virtio 1.2 2.7) in a test's own memory. Every
 * returned buffer is checked: one that the device returns twice, or never had, is counted as a
 * violation.
 */
#ifndef VIOS_TESTS_NF_RING_H
#define VIOS_TESTS_NF_RING_H

#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NF_CHAIN_MAX 64
#define NF_NET_HEADER 12 /* virtio 1.2 5.1.6 */
#define NF_BUFFER_BYTES 2048

/* A piece of guest memory: all of a file. */
struct nf_mem {
	int fd;
	uint8_t *base; /* NULL: not there */
	uint64_t bytes;
	uint64_t guest_addr;
	uint8_t *busy; /* a bit a page: it is in a receive buffer that the device has */
};

/* Where receive buffers are taken from: every page once, then again from the start; if memory is
 * plugged, every other one from there. */
struct nf_walk {
	uint64_t first, end, next; /* guest addresses, multiples of 4096 */
	const struct nf_mem *plugged;
	uint64_t next_plugged; /* offset */
	bool turn;
};

struct nf_ring {
	struct vring vring;
	struct nf_mem *mem;
	int kick_fd, call_fd;
	bool event_idx, enabled;
	unsigned chain; /* descriptors per buffer */
	uint16_t next_avail, next_used;
	bool *with_device;    /* by head */
	uint16_t *free_heads; /* transmit: not with the device */
	unsigned n_free;
	uint64_t buffers;     /* transmit: guest address of the first */
	struct nf_walk *walk; /* receive */
	uint64_t violations;
};

/* Sealed against shrinking. 0 or -errno. */
int nf_mem_open(struct nf_mem *mem, uint64_t guest_addr, uint64_t bytes);
void nf_mem_close(struct nf_mem *mem);

/* Guest memory that a ring takes, a multiple of 4096. */
uint64_t nf_ring_bytes(unsigned num);
/* Lays an empty ring at guest address at. 0 or -errno. */
int nf_ring_open(struct nf_ring *r, struct nf_mem *mem, uint64_t at, unsigned num, unsigned chain);
void nf_ring_close(struct nf_ring *r);
/* As after a device reset: nothing with the device, both indices 0. */
void nf_ring_reset(struct nf_ring *r);

int nf_ring_send(struct nf_ring *r, const uint8_t *frame, size_t len_bytes); /* 0; -EAGAIN: full */
void nf_ring_refill(struct nf_ring *r); /* receive: gives the device all it can have */
/* The next frame's bytes (without header) in buf, and refills; 0: none. */
size_t nf_ring_recv(struct nf_ring *r, uint8_t *buf, size_t size);
void nf_ring_reclaim(struct nf_ring *r); /* transmit */
void nf_ring_kick(struct nf_ring *r, bool always);
/* Has the device returned something? Asks for an interrupt at the next if not. */
bool nf_ring_pending(struct nf_ring *r);

#endif
