/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sf_ring.c - a queue as a driver works it. Guest addresses are offsets into the memory, plus 4
 * GiB. One thread; the memory is the initiator's, and the device under test may write anything into
 * it.
 */
#include "tests/lib/sfront/sf_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUEST_BASE (UINT64_C(1) << 32)
#define AVAIL_AT 4096
#define USED_AT 8192
#define RESPONSE_AT 256
#define TABLE_AT 1024
#define DATA_AT 4096
#define HEADER_BYTES 51
#define RESPONSE_BYTES 108
#define NEXT 1
#define WRITE 2
#define INDIRECT 4
#define CHAIN_MAX 4

int sf_mem_open(struct sf_mem *mem, size_t bytes)
{
	mem->bytes = bytes;
	mem->fd = memfd_create("sfront", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (mem->fd < 0 || ftruncate(mem->fd, (off_t)bytes) ||
		fcntl(mem->fd, F_ADD_SEALS, F_SEAL_SHRINK))
		return -errno;
	mem->base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, mem->fd, 0);
	return mem->base == MAP_FAILED ? -errno : 0;
}

size_t sf_ring_bytes(unsigned depth)
{
	return SF_RING_BYTES + (size_t)depth * SF_SLOT_BYTES;
}

int sf_ring_open(struct sf_ring *r, struct sf_mem *mem, size_t at, unsigned depth, bool indirect,
	bool event_idx)
{
	if (!depth || depth > (indirect ? SF_RING_SIZE : SF_RING_SIZE / CHAIN_MAX))
		return -EINVAL;
	*r = (struct sf_ring){.mem = mem,
		.at = at,
		.slots = at + SF_RING_BYTES,
		.depth = depth,
		.indirect = indirect,
		.event_idx = event_idx};
	r->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return r->kick_fd < 0 || r->call_fd < 0 ? -errno : 0;
}

static uint16_t *avail(const struct sf_ring *r)
{
	return (uint16_t *)(void *)(r->mem->base + r->at + AVAIL_AT);
}

static uint16_t *used(const struct sf_ring *r)
{
	return (uint16_t *)(void *)(r->mem->base + r->at + USED_AT);
}

static size_t slot_at(const struct sf_ring *r, unsigned slot)
{
	return r->slots + (size_t)slot * SF_SLOT_BYTES;
}

uint8_t *sf_ring_data(const struct sf_ring *r, unsigned slot, unsigned skew)
{
	return r->mem->base + slot_at(r, slot) + DATA_AT + skew;
}

struct chain {
	uint8_t *table;
	unsigned n, first;
};

static void add(struct chain *c, const struct sf_ring *r, size_t at, uint32_t bytes, bool write)
{
	uint8_t *d = c->table + 16 * (size_t)(c->first + c->n);
	uint64_t address = GUEST_BASE + at;
	uint16_t flags = write ? WRITE : 0, next = 0;

	if (c->n) { /* the one before goes on here */
		uint16_t before;

		memcpy(&before, d - 16 + 12, 2);
		before |= NEXT;
		next = (uint16_t)(c->first + c->n);
		memcpy(d - 16 + 12, &before, 2);
		memcpy(d - 16 + 14, &next, 2);
		next = 0;
	}
	memcpy(d, &address, 8);
	memcpy(d + 8, &bytes, 4);
	memcpy(d + 12, &flags, 2);
	memcpy(d + 14, &next, 2);
	c->n++;
}

static void add_data(struct chain *c, const struct sf_ring *r, size_t at, uint32_t bytes,
	bool write, unsigned pieces)
{
	uint32_t first = pieces > 1 && bytes > 1024 ? bytes / 2 / 512 * 512 : bytes;

	add(c, r, at, first, write);
	if (first < bytes)
		add(c, r, at + first, bytes - first, write);
}

static void point_to_table(const struct sf_ring *r, unsigned slot, unsigned n)
{
	uint8_t *d = r->mem->base + r->at + 16 * (size_t)slot;
	uint64_t address = GUEST_BASE + slot_at(r, slot) + TABLE_AT;
	uint32_t bytes = n * 16;
	uint16_t flags = INDIRECT, next = 0;

	memcpy(d, &address, 8);
	memcpy(d + 8, &bytes, 4);
	memcpy(d + 12, &flags, 2);
	memcpy(d + 14, &next, 2);
}

void sf_ring_put(struct sf_ring *r, unsigned slot, const uint8_t lun[8], const uint8_t *cdb,
	size_t cdb_len, uint32_t data_bytes, bool write, unsigned skew, unsigned pieces)
{
	size_t at = slot_at(r, slot);
	uint8_t *header = r->mem->base + at;
	struct chain c = {r->mem->base + r->at, 0, slot * CHAIN_MAX};
	uint64_t tag = r->last_tag = r->last_tag ? r->last_tag + 1 : (uint64_t)r->at << 32 | 1;

	r->tag[slot] = tag;
	if (r->indirect)
		c = (struct chain){header + TABLE_AT, 0, 0};
	memset(header, 0, HEADER_BYTES);
	memset(header + RESPONSE_AT, 0xff, RESPONSE_BYTES);
	memcpy(header, lun, 8);
	memcpy(header + 8, &tag, 8);
	memcpy(header + 19, cdb, cdb_len);
	add(&c, r, at, HEADER_BYTES, false);
	if (data_bytes && write)
		add_data(&c, r, at + DATA_AT + skew, data_bytes, false, pieces);
	add(&c, r, at + RESPONSE_AT, RESPONSE_BYTES, true);
	if (data_bytes && !write)
		add_data(&c, r, at + DATA_AT + skew, data_bytes, true, pieces);
	if (r->indirect)
		point_to_table(r, slot, c.n);
	r->busy[slot] = true;
	r->n_busy++;
	avail(r)[2 + r->avail_idx++ % SF_RING_SIZE] =
		(uint16_t)(r->indirect ? slot : slot * CHAIN_MAX);
}

void sf_ring_show(struct sf_ring *r)
{
	uint16_t was = __atomic_load_n(&avail(r)[1], __ATOMIC_RELAXED), event;
	const uint64_t one = 1;
	bool kick;

	if (was == r->avail_idx)
		return;
	__atomic_store_n(&avail(r)[1], r->avail_idx, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	event = __atomic_load_n(&used(r)[2 + 4 * SF_RING_SIZE], __ATOMIC_RELAXED);
	kick = r->event_idx ? (uint16_t)(r->avail_idx - event - 1) < (uint16_t)(r->avail_idx - was)
			    : !(__atomic_load_n(&used(r)[0], __ATOMIC_RELAXED) & 1);
	if (kick && write(r->kick_fd, &one, sizeof(one)) < 0)
		r->violations++;
}

uint16_t sf_ring_used_idx(const struct sf_ring *r)
{
	return __atomic_load_n(&used(r)[1], __ATOMIC_ACQUIRE);
}

bool sf_ring_pending(const struct sf_ring *r)
{
	return sf_ring_used_idx(r) != r->seen_used;
}

static int slot_of(struct sf_ring *r, uint32_t head)
{
	uint32_t slot = r->indirect ? head : head / CHAIN_MAX;

	if (slot >= r->depth || (!r->indirect && head % CHAIN_MAX) || !r->busy[slot])
		return -1;
	return (int)slot;
}

/* What the driver has seen come back, in the file in which the targets tell what they carry out
 * (storage/fault.h): 'S', virtio's response, the SCSI status. */
static void trace(const struct sf_ring *r, unsigned slot, const struct sf_answer *a)
{
	static int fd = -2;
	uint8_t record[16] = {[8] = 'S', [10] = a->response, [11] = a->status};
	const char *path = getenv("VIOS_TRACE");

	if (fd == -2)
		fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	memcpy(record, &r->tag[slot], sizeof(r->tag[slot]));
	if (fd >= 0 && write(fd, record, sizeof(record)) != sizeof(record))
		abort();
}

static void count_order(struct sf_ring *r, unsigned slot)
{
	r->reordered += r->tag[slot] < r->seen_tag;
	if (r->tag[slot] > r->seen_tag)
		r->seen_tag = r->tag[slot];
}

int sf_ring_get(struct sf_ring *r, struct sf_answer *out)
{
	while (sf_ring_pending(r)) {
		uint32_t words[2];
		const uint8_t *response;
		int slot;

		memcpy(words, used(r) + 2 + 4 * (r->seen_used++ % SF_RING_SIZE), sizeof(words));
		slot = slot_of(r, words[0]);
		if (slot < 0) { /* a request that was answered already, or that never was */
			r->violations++;
			continue;
		}
		response = r->mem->base + slot_at(r, (unsigned)slot) + RESPONSE_AT;
		*out = (struct sf_answer){.response = response[11],
			.status = response[10],
			.sense_key = response[12 + 2] & 15,
			.written_bytes = words[1]};
		memcpy(&out->residual, response + 4, 4);
		trace(r, (unsigned)slot, out);
		count_order(r, (unsigned)slot);
		r->busy[slot] = false;
		r->n_busy--;
		return slot;
	}
	return -1;
}

void sf_ring_want_calls(struct sf_ring *r)
{
	/* used_event: behind the entries of the available ring */
	__atomic_store_n(&avail(r)[2 + SF_RING_SIZE], r->seen_used, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void sf_ring_addresses(
	const struct sf_ring *r, uint64_t *desc, uint64_t *avail_at, uint64_t *used_at)
{
	*desc = (uintptr_t)(r->mem->base + r->at);
	*avail_at = (uintptr_t)avail(r);
	*used_at = (uintptr_t)used(r);
}
