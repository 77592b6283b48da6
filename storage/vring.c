/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A split ring as a disk works it: buffers are taken in order and come back in any. The worker runs
 * it; memory is the guest's, mapped as long as the ring runs. What a buffer may cost is bounded:
 * as many descriptors as the ring has entries and VRING_PIECES_MAX stretches of memory, however
 * they are chained.
 */
#include "storage/vring.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define DESC_BYTES 16
#define DESC_NEXT 1
#define DESC_WRITE 2
#define DESC_INDIRECT 4
#define USED_NO_NOTIFY 1
#define AVAIL_NO_INTERRUPT 1

struct desc {
	uint64_t address;
	uint32_t len_bytes;
	uint16_t flags, next;
};

/* A table of descriptors: the ring's own, or an indirect one. */
struct table {
	const uint8_t *at;
	uint32_t n;
};

static uint16_t load16(const uint16_t *at)
{
	return le16toh(__atomic_load_n(at, __ATOMIC_RELAXED));
}

static void store16(uint16_t *at, uint16_t value)
{
	__atomic_store_n(at, htole16(value), __ATOMIC_RELAXED);
}

static uint16_t *avail_event(const struct vring *ring)
{
	return ring->used + 2 + 4 * ring->size; /* after elements of 8 bytes */
}

static const uint16_t *used_event(const struct vring *ring)
{
	return ring->avail + 2 + ring->size;
}

int vring_init(struct vring *ring, const struct vring_setup *setup)
{
	uint32_t size = setup->size;

	if (!size || size > VRING_SIZE_MAX || (size & (size - 1)))
		return -EINVAL;
	/* virtio 1.2, 2.7: 16, 2 and 4 bytes */
	if (!setup->desc || !setup->avail || !setup->used || (uintptr_t)setup->desc % 16 ||
		(uintptr_t)setup->avail % 2 || (uintptr_t)setup->used % 4)
		return -EINVAL;
	*ring = (struct vring){
		.desc = setup->desc,
		.avail = setup->avail,
		.used = setup->used,
		.size = (uint16_t)size,
		.mask = (uint16_t)(size - 1),
		.next_avail = setup->next_avail,
		.event_idx = setup->event_idx,
		.indirect = setup->indirect,
	};
	ring->next_used = ring->shown = load16(&ring->used[1]);
	return 0;
}

unsigned vring_waiting(struct vring *ring)
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

int vring_next(struct vring *ring, uint16_t *head)
{
	uint16_t value = load16(&ring->avail[2 + (ring->next_avail & ring->mask)]);

	if (ring->broken || value >= ring->size) {
		ring->broken = true;
		return -EPROTO;
	}
	ring->next_avail++;
	*head = value;
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
static int add_pieces(struct vring_chain *c, const struct guest_mem *mem, const struct desc *d)
{
	bool in = d->flags & DESC_WRITE;
	uint32_t *bytes = in ? &c->in_bytes : &c->out_bytes;
	uint64_t address = d->address, left = d->len_bytes;

	/* virtio 1.2, 2.7.4.2: what the device reads comes before what it writes */
	if ((!in && c->n_in) || d->len_bytes > UINT32_MAX - *bytes)
		return -EPROTO;
	while (left) {
		uint64_t len = left;
		uint8_t *at = guest_mem_at(mem, address, &len);
		unsigned n = c->n_out + c->n_in;

		if (!at || n == VRING_PIECES_MAX)
			return -EPROTO;
		c->iov[n] = (struct iov){at, len};
		if (in)
			c->n_in++;
		else
			c->n_out++;
		address += len;
		left -= len;
	}
	*bytes += d->len_bytes;
	return 0;
}

static int find_indirect(const struct vring *ring, const struct guest_mem *mem,
	const struct desc *d, struct table *table)
{
	uint64_t len = d->len_bytes;

	/* virtio 1.2, 2.7.5.3.1: not together with NEXT, no longer than the ring */
	if (!ring->indirect || (d->flags & DESC_NEXT) || !len || len % DESC_BYTES ||
		len / DESC_BYTES > ring->size)
		return -EPROTO;
	table->n = (uint32_t)(len / DESC_BYTES);
	table->at = guest_mem_at(mem, d->address, &len);
	return table->at && len == d->len_bytes ? 0 : -EPROTO;
}

/* Follows a chain from its first descriptor, of which first is the copy. */
static int follow(const struct guest_mem *mem, const struct table *table, struct desc d,
	struct vring_chain *c)
{
	for (uint32_t left = table->n; left; left--) {
		int rc = d.flags & DESC_INDIRECT ? -EPROTO : add_pieces(c, mem, &d);

		if (rc || !(d.flags & DESC_NEXT))
			return rc;
		if (d.next >= table->n)
			return -EPROTO;
		d = read_desc(table->at + (size_t)d.next * DESC_BYTES);
	}
	return -EPROTO; /* longer than its table: a loop */
}

int vring_chain(
	struct vring *ring, const struct guest_mem *mem, uint16_t head, struct vring_chain *out)
{
	struct table table = {ring->desc, ring->size};
	struct desc first;
	int rc = ring->broken || head >= ring->size ? -EPROTO : 0;

	out->head = head;
	out->n_out = out->n_in = 0;
	out->out_bytes = out->in_bytes = 0;
	if (!rc) {
		first = read_desc(ring->desc + (size_t)head * DESC_BYTES);
		if (first.flags & DESC_INDIRECT) {
			rc = find_indirect(ring, mem, &first, &table);
			if (!rc)
				first = read_desc(table.at);
		}
	}
	if (!rc)
		rc = follow(mem, &table, first, out);
	if (rc)
		ring->broken = true;
	return rc;
}

void vring_put(struct vring *ring, uint16_t head, uint32_t written_bytes)
{
	uint16_t *element = ring->used + 2 + 4 * (ring->next_used & ring->mask);
	uint32_t words[2] = {htole32(head), htole32(written_bytes)};

	memcpy(element, words, sizeof(words));
	ring->next_used++;
}

void vring_show(struct vring *ring)
{
	/* release: the elements and the bytes in the buffers are there before the index says so */
	__atomic_store_n(&ring->used[1], htole16(ring->next_used), __ATOMIC_RELEASE);
	ring->shown = ring->next_used;
}

bool vring_wants_call(struct vring *ring, uint16_t was_shown)
{
	bool first = !ring->was_signalled;

	/* The driver writes its wish, then reads our index; we do the opposite. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!ring->event_idx)
		return !(load16(&ring->avail[0]) & AVAIL_NO_INTERRUPT);
	ring->was_signalled = true;
	/* virtio 1.2, 2.7.7.2 */
	return first || (uint16_t)(ring->shown - load16(used_event(ring)) - 1) <
				(uint16_t)(ring->shown - was_shown);
}

void vring_want_kicks(struct vring *ring, bool kicks)
{
	if (ring->broken)
		return;
	if (!ring->event_idx)
		store16(&ring->used[0], kicks ? 0 : USED_NO_NOTIFY);
	else if (kicks)
		store16(avail_event(ring), ring->next_avail);
	/* The wish is there before the ring is looked at once more. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
