/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sf_ring.h - the driver's side of a virtio-scsi queue, on memory of the initiator's own: fixed
 * slots, each with its headers and its data, at most one request each. For tests; one thread.
 */
#ifndef VIOS_TESTS_SF_RING_H
#define VIOS_TESTS_SF_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SF_RING_SIZE 128
#define SF_DATA_MAX 32768u
#define SF_SLOT_BYTES (SF_DATA_MAX + 8192u)
#define SF_RING_BYTES 16384u

struct sf_mem {
	int fd;
	uint8_t *base;
	size_t bytes;
};

struct sf_ring {
	struct sf_mem *mem;
	size_t at;    /* of desc, avail, used in the memory */
	size_t slots; /* of slot 0 */
	unsigned depth;
	bool indirect, event_idx;
	uint16_t avail_idx, seen_used;
	int kick_fd, call_fd;
	bool busy[SF_RING_SIZE];
	unsigned n_busy;
	uint64_t tag[SF_RING_SIZE], last_tag,
		seen_tag;    /* of each slot; given last; seen, the highest */
	uint64_t reordered;  /* that came back after a later one */
	uint64_t violations; /* what a device must not do: return what it does not have */
};

struct sf_answer {
	uint8_t response, status, sense_key;
	uint32_t residual, written_bytes;
};

int sf_mem_open(struct sf_mem *mem, size_t bytes); /* sealed against shrinking; 0 or -errno */
size_t sf_ring_bytes(unsigned depth);		   /* ring and slots */
/* indirect: up to SF_RING_SIZE slots, else a quarter of that. 0 or -errno. */
int sf_ring_open(struct sf_ring *r, struct sf_mem *mem, size_t at, unsigned depth, bool indirect,
	bool event_idx);

/* Where a slot's data lies, skew bytes (up to 512) behind a page's start. */
uint8_t *sf_ring_data(const struct sf_ring *r, unsigned slot, unsigned skew);
/* Offers a request; pieces: into how many descriptors the data goes (1 or 2). */
void sf_ring_put(struct sf_ring *r, unsigned slot, const uint8_t lun[8], const uint8_t *cdb,
	size_t cdb_len, uint32_t data_bytes, bool write, unsigned skew, unsigned pieces);
/* Shows what was put, and kicks if the device wants it. */
void sf_ring_show(struct sf_ring *r);
/* The slot of the next request that came back, or -1. */
int sf_ring_get(struct sf_ring *r, struct sf_answer *out);
void sf_ring_want_calls(struct sf_ring *r);
bool sf_ring_pending(const struct sf_ring *r);

/* Addresses for SET_VRING_ADDR. */
void sf_ring_addresses(const struct sf_ring *r, uint64_t *desc, uint64_t *avail, uint64_t *used);
uint16_t sf_ring_used_idx(const struct sf_ring *r);

#endif
