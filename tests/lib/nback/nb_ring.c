/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nb_ring.c - client memory and split rings as a device sees them. One thread; the mappings are
 * struct nb_mem's, the descriptors the session's.
 */
#include "tests/lib/nback/nb_ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void nb_mem_unmap(struct nb_mem *mem)
{
	for (uint32_t i = 0; i < mem->table.n_regions; i++)
		if (mem->mapped[i])
			munmap(mem->mapped[i], mem->mapped_bytes[i]);
	memset(mem, 0, sizeof(*mem));
}

int nb_mem_map(struct nb_mem *mem, const struct vu_mem_table *table, const int *fds)
{
	nb_mem_unmap(mem);
	mem->table = *table;
	for (uint32_t i = 0; i < table->n_regions; i++) {
		const struct vu_region *r = &table->region[i];
		size_t bytes = r->mmap_offset + r->size_bytes;
		void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fds[i], 0);

		if (p == MAP_FAILED) {
			int err = -errno;

			nb_mem_unmap(mem);
			return err;
		}
		mem->mapped[i] = p;
		mem->mapped_bytes[i] = bytes;
		mem->base[i] = (uint8_t *)p + r->mmap_offset;
	}
	return 0;
}

void *nb_mem_guest(const struct nb_mem *mem, uint64_t guest_addr, uint64_t len_bytes)
{
	for (uint32_t i = 0; i < mem->table.n_regions; i++) {
		const struct vu_region *r = &mem->table.region[i];

		if (guest_addr >= r->guest_addr && guest_addr - r->guest_addr < r->size_bytes &&
			len_bytes <= r->size_bytes - (guest_addr - r->guest_addr))
			return (uint8_t *)mem->base[i] + (guest_addr - r->guest_addr);
	}
	return NULL;
}

static void *at_span(const struct nb_mem *mem, const struct vu_span *span)
{
	return (uint8_t *)mem->base[span->region] +
	       (span->offset - mem->table.region[span->region].mmap_offset);
}

bool nb_ring_attach(struct nb_ring *r, const struct nb_mem *mem, uint32_t num)
{
	struct vu_ring_layout layout;

	if (num == 0 || vu_ring_locate(&mem->table, &r->addr, num, &layout))
		return false;
	r->vring.num = num;
	r->vring.desc = at_span(mem, &layout.desc);
	r->vring.avail = at_span(mem, &layout.avail);
	r->vring.used = at_span(mem, &layout.used);
	return true;
}

uint16_t nb_ring_used_idx(const struct nb_ring *r)
{
	return __atomic_load_n(&r->vring.used->idx, __ATOMIC_RELAXED);
}

/* The head of the next available chain, or -1. */
static int next_head(struct nb_ring *r)
{
	uint16_t idx = __atomic_load_n(&r->vring.avail->idx, __ATOMIC_ACQUIRE);
	uint16_t head;

	if (idx == r->next_avail)
		return -1;
	head = r->vring.avail->ring[r->next_avail % r->vring.num];
	r->next_avail++;
	return head % (int)r->vring.num;
}

/* Moves bytes along a chain: to the device (write false) or to the driver. Bytes moved. */
static size_t walk(struct nb_ring *r, const struct nb_mem *mem, uint16_t head, uint8_t *buf,
	size_t size, bool write)
{
	size_t done = 0;
	uint16_t at = head;

	for (unsigned steps = 0; steps < r->vring.num; steps++) {
		struct vring_desc d = r->vring.desc[at]; /* read once */
		size_t n = d.len < size - done ? d.len : size - done;
		void *p = nb_mem_guest(mem, d.addr, d.len);

		if (p && !(d.flags & VRING_DESC_F_WRITE) == !write) {
			memcpy(write ? p : buf + done, write ? buf + done : p, n);
			done += n;
		}
		if (!(d.flags & VRING_DESC_F_NEXT))
			break;
		at = d.next % r->vring.num;
	}
	return done;
}

void nb_ring_return(struct nb_ring *r, uint16_t head, uint32_t written_bytes)
{
	uint16_t idx = r->vring.used->idx;
	struct vring_used_elem *e = &r->vring.used->ring[idx % r->vring.num];

	e->id = head;
	e->len = written_bytes;
	__atomic_store_n(&r->vring.used->idx, (uint16_t)(idx + 1), __ATOMIC_RELEASE);
}

int nb_ring_take(
	struct nb_ring *r, const struct nb_mem *mem, uint8_t *buf, size_t size, uint16_t *head)
{
	int next = next_head(r);

	if (next < 0)
		return -1;
	*head = (uint16_t)next;
	return (int)walk(r, mem, *head, buf, size, false);
}

bool nb_ring_fill(struct nb_ring *r, const struct nb_mem *mem, const uint8_t *buf, size_t len_bytes)
{
	int next = next_head(r);
	size_t written;

	if (next < 0)
		return false;
	written = walk(r, mem, (uint16_t)next, (uint8_t *)(uintptr_t)buf, len_bytes, true);
	nb_ring_return(r, (uint16_t)next, written == len_bytes ? (uint32_t)written : 0);
	return written == len_bytes;
}

void nb_ring_notify(struct nb_ring *r, uint16_t old_used)
{
	uint16_t new_used = nb_ring_used_idx(r);
	uint64_t one = 1;
	bool wanted;

	if (r->event_idx)
		vring_avail_event(&r->vring) = r->next_avail;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (new_used == old_used || r->call_fd < 0)
		return;
	if (r->event_idx)
		wanted = vring_need_event(vring_used_event(&r->vring), new_used, old_used);
	else
		wanted = !(r->vring.avail->flags & VRING_AVAIL_F_NO_INTERRUPT);
	if (wanted && write(r->call_fd, &one, sizeof(one)) < 0)
		return; /* full counter: it is signalled already */
}
