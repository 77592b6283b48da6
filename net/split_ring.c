/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A split ring as the device works it. The worker that owns the ring's port runs it; memory is the
 * guest's, mapped for as long as the port is live. What a frame may cost is bounded by the ring's
 * size: so many descriptors are looked at for one frame and no more, however they are chained.
 */
#include "net/split_ring.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define DESC_BYTES 16
#define DESC_NEXT 1
#define DESC_WRITE 2
#define DESC_INDIRECT 4
#define USED_NO_NOTIFY 1
#define AVAIL_NO_INTERRUPT 1

#define PARTS_MAX 256 /* stretches of memory for one frame */
#define MERGE_MAX 64  /* buffers for one frame */

struct desc {
	uint64_t address;
	uint32_t len_bytes;
	uint16_t flags, next;
};

struct part {
	uint8_t *at;
	uint32_t len_bytes;
};

/* The buffers of one frame. */
struct gather {
	unsigned n_parts;
	unsigned n_buffers;
	unsigned descs_left; /* that may still be looked at */
	uint64_t bytes;
	struct part part[PARTS_MAX];
	uint16_t head[MERGE_MAX];
	uint32_t buffer_bytes[MERGE_MAX];
};

static uint16_t load16(const uint16_t *at)
{
	return le16toh(__atomic_load_n(at, __ATOMIC_RELAXED));
}

static void store16(uint16_t *at, uint16_t value)
{
	__atomic_store_n(at, htole16(value), __ATOMIC_RELAXED);
}

static uint16_t *avail_event(const struct split_ring *ring)
{
	return ring->used + 2 + 4 * ring->size; /* after elements of 8 bytes */
}

static const uint16_t *used_event(const struct split_ring *ring)
{
	return ring->avail + 2 + ring->size;
}

int split_ring_init(struct split_ring *ring, const struct split_ring_setup *setup)
{
	uint32_t size = setup->size;

	if (!size || size > SPLIT_RING_SIZE_MAX || (size & (size - 1)))
		return -EINVAL;
	/* virtio 1.2, 2.7: 16, 2 and 4 bytes */
	if (!setup->desc || !setup->avail || !setup->used || (uintptr_t)setup->desc % 16 ||
		(uintptr_t)setup->avail % 2 || (uintptr_t)setup->used % 4)
		return -EINVAL;
	*ring = (struct split_ring){
		.desc = setup->desc,
		.avail = setup->avail,
		.used = setup->used,
		.size = (uint16_t)size,
		.mask = (uint16_t)(size - 1),
		.next_avail = setup->next_avail,
		.next_used = setup->next_used,
		.signalled = setup->next_used,
		.header_bytes = setup->long_header ? 12 : 10,
		.event_idx = setup->event_idx,
		.indirect = setup->indirect,
		.mergeable = setup->mergeable,
	};
	return 0;
}

unsigned split_ring_waiting(struct split_ring *ring)
{
	uint16_t n;

	if (ring->broken)
		return 0;
	/* acquire: the entries that the index covers are read after it */
	n = (uint16_t)(le16toh(__atomic_load_n(&ring->avail[1], __ATOMIC_ACQUIRE)) -
		       ring->next_avail);
	if (n <= ring->size)
		return n;
	ring->broken = true;
	return 0;
}

static struct desc read_desc(const uint8_t *at)
{
	struct desc raw;

	memcpy(&raw, at, DESC_BYTES);
	/* So that no field is read from the guest's memory a second time. */
	__asm__ volatile("" ::: "memory");
	return (struct desc){le64toh(raw.address), le32toh(raw.len_bytes), le16toh(raw.flags),
		le16toh(raw.next)};
}

/* Adds the memory of one descriptor. */
static int add_parts(struct gather *g, const struct guest_mem *mem, const struct desc *d)
{
	uint64_t address = d->address, left = d->len_bytes;

	while (left) {
		uint64_t len = left;
		uint8_t *at = guest_mem_at(mem, address, &len);

		if (!at || g->n_parts == PARTS_MAX)
			return -EPROTO;
		g->part[g->n_parts++] = (struct part){at, (uint32_t)len};
		address += len;
		left -= len;
	}
	g->bytes += d->len_bytes;
	return 0;
}

/* A table of descriptors: the ring's own, or an indirect one. */
struct table {
	const uint8_t *at;
	uint32_t n;
};

static int find_indirect(const struct split_ring *ring, const struct guest_mem *mem,
	const struct desc *d, struct table *table)
{
	uint64_t len = d->len_bytes;

	/* virtio 1.2, 2.7.5.3.1: not together with NEXT, no longer than the ring */
	if (!ring->indirect || (d->flags & DESC_NEXT) || len % DESC_BYTES ||
		len / DESC_BYTES > ring->size)
		return -EPROTO;
	table->n = (uint32_t)(len / DESC_BYTES);
	table->at = guest_mem_at(mem, d->address, &len);
	return table->at && len == d->len_bytes ? 0 : -EPROTO;
}

/* Follows a chain from its first descriptor on. */
static int add_chain(struct gather *g, const struct guest_mem *mem, const struct table *table,
	uint32_t index, bool device_writes)
{
	for (;;) {
		struct desc d;
		int rc;

		if (index >= table->n || !g->descs_left)
			return -EPROTO;
		g->descs_left--;
		d = read_desc(table->at + (size_t)index * DESC_BYTES);
		if ((d.flags & DESC_INDIRECT) || !(d.flags & DESC_WRITE) == device_writes)
			return -EPROTO;
		rc = add_parts(g, mem, &d);
		if (rc || !(d.flags & DESC_NEXT))
			return rc;
		index = d.next;
	}
}

/* Adds the buffer that is `ahead` entries after the next one. */
static int add_buffer(const struct split_ring *ring, const struct guest_mem *mem, unsigned ahead,
	bool device_writes, struct gather *g)
{
	uint16_t entry = (uint16_t)(ring->next_avail + ahead) & ring->mask;
	uint16_t head = load16(&ring->avail[2 + entry]);
	struct table table = {ring->desc, ring->size};
	uint64_t before = g->bytes;
	uint32_t index = head;
	struct desc first;
	int rc = 0;

	if (head >= ring->size)
		return -EPROTO;
	first = read_desc(ring->desc + (size_t)head * DESC_BYTES);
	if (first.flags & DESC_INDIRECT) {
		rc = find_indirect(ring, mem, &first, &table);
		index = 0;
	}
	if (!rc)
		rc = add_chain(g, mem, &table, index, device_writes);
	if (rc)
		return rc;
	g->head[g->n_buffers] = head;
	/* Longer buffers exist nowhere; the sum of a chain's lengths is the guest's to exaggerate.
	 */
	g->buffer_bytes[g->n_buffers] =
		g->bytes - before > UINT32_MAX ? UINT32_MAX : (uint32_t)(g->bytes - before);
	g->n_buffers++;
	return 0;
}

static void gather_init(struct gather *g, const struct split_ring *ring)
{
	g->n_parts = 0;
	g->n_buffers = 0;
	g->bytes = 0;
	g->descs_left = ring->size;
}

static int break_ring(struct split_ring *ring)
{
	ring->broken = true;
	return -EPROTO;
}

/* Moves one buffer to the used ring; shown to the driver by split_ring_finish(). */
static void give_back(struct split_ring *ring, uint16_t head, uint32_t written_bytes)
{
	uint16_t *element = ring->used + 2 + 4 * (ring->next_used & ring->mask);
	uint32_t words[2] = {htole32(head), htole32(written_bytes)};

	memcpy(element, words, sizeof(words));
	ring->next_used++;
	ring->next_avail++;
}

/* The next byte of the parts. */
struct cursor {
	const struct gather *g;
	unsigned part;
	uint32_t offset;
};

static void copy_out(struct cursor *c, uint8_t *to, uint32_t n)
{
	while (n) {
		const struct part *p = &c->g->part[c->part];
		uint32_t len = p->len_bytes - c->offset < n ? p->len_bytes - c->offset : n;

		memcpy(to, p->at + c->offset, len);
		to += len;
		n -= len;
		c->offset += len;
		if (c->offset == p->len_bytes) {
			c->part++;
			c->offset = 0;
		}
	}
}

/* The frame itself, into one room after the other. */
static int copy_frame(struct cursor *c, uint32_t left, uint8_t *to, uint32_t room_bytes,
	const struct split_ring_sink *sink)
{
	const int len_bytes = (int)left;

	while (left > room_bytes) {
		copy_out(c, to, room_bytes);
		left -= room_bytes;
		to = sink->more ? sink->more(sink->user, &room_bytes) : NULL;
		if (!to)
			return -ENOBUFS;
	}
	copy_out(c, to, left);
	return len_bytes;
}

/* Gathers the next frame. Its length, or why not; only -EPROTO leaves its buffer where it is. */
static int gather_frame(
	struct split_ring *ring, const struct guest_mem *mem, uint32_t most_bytes, struct gather *g)
{
	gather_init(g, ring);
	if (ring->broken || add_buffer(ring, mem, 0, false, g))
		return break_ring(ring);
	if (g->bytes <= ring->header_bytes)
		return -EBADMSG;
	if (g->bytes - ring->header_bytes > most_bytes)
		return -EMSGSIZE;
	return (int)(g->bytes - ring->header_bytes);
}

int split_ring_take_long(struct split_ring *ring, const struct guest_mem *mem, uint8_t *to,
	uint32_t room_bytes, struct split_ring_sink *sink)
{
	struct gather g;
	struct cursor c = {.g = &g};
	int rc = gather_frame(ring, mem, sink->most_bytes, &g);

	if (rc == -EPROTO)
		return rc;
	if (rc >= 0) {
		copy_out(&c, sink->header, ring->header_bytes);
		rc = copy_frame(&c, (uint32_t)rc, to, room_bytes, sink);
	}
	give_back(ring, g.head[0], 0);
	return rc;
}

/* What lies behind the header. */
static void copy_behind(const struct gather *g, uint32_t skip, uint8_t *to)
{
	for (unsigned i = 0; i < g->n_parts; i++) {
		const struct part *p = &g->part[i];

		if (skip >= p->len_bytes) {
			skip -= p->len_bytes;
			continue;
		}
		memcpy(to, p->at + skip, p->len_bytes - skip);
		to += p->len_bytes - skip;
		skip = 0;
	}
}

int split_ring_take(
	struct split_ring *ring, const struct guest_mem *mem, uint8_t *to, uint32_t room_bytes)
{
	struct gather g;
	int rc = gather_frame(ring, mem, room_bytes, &g);

	if (rc == -EPROTO)
		return rc;
	if (rc >= 0)
		copy_behind(&g, ring->header_bytes, to);
	give_back(ring, g.head[0], 0);
	return rc;
}

static void copy_in(struct cursor *c, const void *from, uint32_t n)
{
	const uint8_t *bytes = from;

	while (n) {
		const struct part *p = &c->g->part[c->part];
		uint32_t len = p->len_bytes - c->offset < n ? p->len_bytes - c->offset : n;

		memcpy(p->at + c->offset, bytes, len);
		bytes += len;
		n -= len;
		c->offset += len;
		if (c->offset == p->len_bytes) {
			c->part++;
			c->offset = 0;
		}
	}
}

/* Buffers for so many bytes. */
static int find_buffers(
	struct split_ring *ring, const struct guest_mem *mem, uint64_t bytes, struct gather *g)
{
	unsigned waiting = split_ring_waiting(ring);

	if (ring->broken)
		return -EPROTO;
	gather_init(g, ring);
	while (g->bytes < bytes) {
		if (g->n_buffers == waiting)
			return -EAGAIN;
		if (g->n_buffers == (ring->mergeable ? MERGE_MAX : 1))
			return -EMSGSIZE;
		if (add_buffer(ring, mem, g->n_buffers, true, g))
			return break_ring(ring);
	}
	return 0;
}

int split_ring_give_with(struct split_ring *ring, const struct guest_mem *mem,
	uint8_t header[SPLIT_RING_HEADER_BYTES], const struct split_ring_piece *pieces,
	unsigned n_pieces)
{
	uint64_t left = ring->header_bytes;
	struct gather g;
	struct cursor c = {.g = &g};
	int rc;

	for (unsigned i = 0; i < n_pieces; i++)
		left += pieces[i].len_bytes;
	rc = find_buffers(ring, mem, left, &g);
	if (rc)
		return rc;
	header[10] =
		(uint8_t)g.n_buffers; /* num_buffers, little-endian; absent from the short header */
	header[11] = 0;
	copy_in(&c, header, ring->header_bytes);
	for (unsigned i = 0; i < n_pieces; i++)
		copy_in(&c, pieces[i].at, pieces[i].len_bytes);
	for (unsigned i = 0; i < g.n_buffers; i++) {
		uint32_t written = left < g.buffer_bytes[i] ? (uint32_t)left : g.buffer_bytes[i];

		give_back(ring, g.head[i], written);
		left -= written;
	}
	return 0;
}

int split_ring_give(struct split_ring *ring, const struct guest_mem *mem,
	const struct split_ring_piece *pieces, unsigned n_pieces)
{
	uint8_t header[SPLIT_RING_HEADER_BYTES] = {0};

	return split_ring_give_with(ring, mem, header, pieces, n_pieces);
}

bool split_ring_finish(struct split_ring *ring)
{
	uint16_t now = ring->next_used, before = ring->signalled;
	bool first = !ring->was_signalled;

	/* release: the elements and the bytes in the buffers are there before the index says so */
	__atomic_store_n(&ring->used[1], htole16(now), __ATOMIC_RELEASE);
	/* The driver writes its wish, then reads our index; we do the opposite. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!ring->event_idx)
		return !(load16(&ring->avail[0]) & AVAIL_NO_INTERRUPT);
	ring->signalled = now;
	ring->was_signalled = true;
	/* virtio 1.2, 2.7.7.2 */
	return first || (uint16_t)(now - load16(used_event(ring)) - 1) < (uint16_t)(now - before);
}

void split_ring_want_kicks(struct split_ring *ring, bool kicks)
{
	if (ring->broken)
		return;
	if (!ring->event_idx)
		store16(&ring->used[0], kicks ? 0 : USED_NO_NOTIFY);
	else if (kicks)
		store16(avail_event(ring), ring->next_avail);
}
