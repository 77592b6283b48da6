/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vring_fuzz.c - a driver that writes anything into its ring. The input is a byte of ring features,
 * the image of the ring's page, then a script of operations; one of them writes two bytes anywhere.
 * The guest's memory is two allocations of their own, so that a sanitizer sees a byte too far; what
 * a chain names lies within them, and a broken ring is not touched any more.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "storage/vring.h"

#define SIZE 8
#define PAGE 1024
#define OTHER 100
#define AVAIL 0x100
#define USED 0x200
#define GUEST UINT64_C(0x1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static void check_chain(const struct guest_mem *mem, const struct vring_chain *c)
{
	uint64_t bytes = 0;

	assert(c->n_out + c->n_in <= VRING_PIECES_MAX);
	for (unsigned i = 0; i < (unsigned)c->n_out + c->n_in; i++) {
		const uint8_t *at = c->iov[i].base;
		unsigned r = 0;

		while (r < mem->n && (at < mem->region[r].host ||
					     at >= mem->region[r].host + mem->region[r].size_bytes))
			r++;
		assert(r < mem->n);
		assert(c->iov[i].len_bytes &&
			c->iov[i].len_bytes <=
				(size_t)(mem->region[r].host + mem->region[r].size_bytes - at));
		bytes += c->iov[i].len_bytes;
	}
	assert(bytes == (uint64_t)c->out_bytes + c->in_bytes);
	assert(iov_bytes(c->iov, c->n_out) == c->out_bytes);
}

/* Takes a buffer, reads what is to be read, writes what may be written, gives it back. */
static void work(struct vring *ring, const struct guest_mem *mem, bool now)
{
	static struct vring_chain chain;
	uint8_t bytes[256];
	uint16_t head;
	int rc;

	if (!vring_waiting(ring))
		return;
	rc = vring_next(ring, &head);
	assert(!rc || (rc == -EPROTO && ring->broken));
	if (rc)
		return;
	assert(head < SIZE);
	rc = vring_chain(ring, mem, head, &chain);
	assert(!rc || (rc == -EPROTO && ring->broken));
	if (rc)
		return;
	check_chain(mem, &chain);
	iov_read(chain.iov, chain.n_out, 0, bytes, sizeof(bytes));
	iov_write(chain.iov + chain.n_out, chain.n_in, 3, bytes, sizeof(bytes));
	vring_put(ring, head, chain.in_bytes);
	if (now)
		vring_show(ring);
}

static void operate(struct vring *ring, const struct guest_mem *mem, struct input *in)
{
	uint8_t *page = mem->region[0].host;
	struct vring before = *ring;
	uint16_t shown = ring->shown;

	switch (byte(in) % 5) {
	case 0:
		work(ring, mem, true);
		break;
	case 1:
		work(ring, mem, false);
		break;
	case 2:
		if (!ring->broken)
			vring_show(ring);
		vring_wants_call(ring, shown);
		break;
	case 3:
		vring_want_kicks(ring, byte(in) & 1);
		break;
	default: {
		size_t at = (size_t)(byte(in) << 8 | byte(in)) % (PAGE - 1);

		page[at] = byte(in);
		page[at + 1] = byte(in);
	}
	}
	assert(!before.broken || ring->broken);
	if (before.broken)
		assert(ring->next_used == before.next_used &&
			ring->next_avail == before.next_avail);
	assert((uint16_t)(ring->next_used - before.next_used) <=
		(uint16_t)(ring->next_avail - before.next_avail));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t features = byte(&in);
	uint8_t *page = aligned_alloc(16, PAGE), *other = malloc(OTHER);
	struct guest_mem mem = {
		.n = 2, .region = {{GUEST, PAGE, page}, {GUEST + PAGE, OTHER, other}}};
	struct vring_setup setup = {
		.desc = page,
		.avail = page + AVAIL,
		.used = page + USED,
		.size = SIZE,
		.event_idx = features & 1,
		.indirect = features & 2,
	};
	struct vring ring;

	assert(page && other);
	memset(other, 0, OTHER);
	for (size_t i = 0; i < PAGE; i++)
		page[i] = byte(&in);
	assert(vring_init(&ring, &setup) == 0);
	for (unsigned i = 0; i < 64 && in.left; i++)
		operate(&ring, &mem, &in);
	free(page);
	free(other);
	return 0;
}
