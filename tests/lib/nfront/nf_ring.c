/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nf_ring.c - a virtio-net driver's rings. One thread; owns the memory it opens and its
 * bookkeeping, not the eventfds.
 */
#include "tests/lib/nfront/nf_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u

int nf_mem_open(struct nf_mem *mem, uint64_t guest_addr, uint64_t bytes)
{
	mem->guest_addr = guest_addr;
	mem->fd = memfd_create("nfront", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	mem->bytes = bytes;
	mem->busy = calloc(bytes / PAGE / 8 + 1, 1);
	if (!mem->busy)
		return -ENOMEM;
	if (mem->fd < 0 || ftruncate(mem->fd, (off_t)bytes) < 0 ||
		fcntl(mem->fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		return -errno;
	mem->base =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, mem->fd, 0);
	if (mem->base == MAP_FAILED) {
		mem->base = NULL;
		return -errno;
	}
	return 0;
}

void nf_mem_close(struct nf_mem *mem)
{
	if (mem->base)
		munmap(mem->base, mem->bytes);
	if (mem->fd >= 0)
		close(mem->fd);
	free(mem->busy);
	*mem = (struct nf_mem){.fd = -1};
}

uint64_t nf_ring_bytes(unsigned num)
{
	return (vring_size(num, PAGE) + PAGE - 1) / PAGE * PAGE;
}

int nf_ring_open(struct nf_ring *r, struct nf_mem *mem, uint64_t at, unsigned num, unsigned chain)
{
	vring_init(&r->vring, num, mem->base + at, PAGE);
	r->mem = mem;
	r->chain = chain;
	r->kick_fd = r->call_fd = -1;
	r->with_device = calloc(num, sizeof(*r->with_device));
	r->free_heads = calloc(num, sizeof(*r->free_heads));
	if (!r->with_device || !r->free_heads)
		return -ENOMEM;
	nf_ring_reset(r);
	return 0;
}

void nf_ring_close(struct nf_ring *r)
{
	free(r->with_device);
	free(r->free_heads);
	r->with_device = NULL;
	r->free_heads = NULL;
}

static const struct nf_mem *mem_of(const struct nf_ring *r, uint64_t guest_addr)
{
	const struct nf_mem *plugged = r->walk->plugged;

	return plugged->base && guest_addr >= plugged->guest_addr ? plugged : r->mem;
}

static uint8_t *at(const struct nf_ring *r, uint64_t guest_addr)
{
	const struct nf_mem *mem = mem_of(r, guest_addr);

	return mem->base + (guest_addr - mem->guest_addr);
}

static bool is_busy(const struct nf_mem *mem, uint64_t guest_addr)
{
	uint64_t page = (guest_addr - mem->guest_addr) / PAGE;

	return mem->busy[page / 8] >> page % 8 & 1;
}

static void set_busy(const struct nf_ring *r, uint64_t guest_addr, bool busy)
{
	const struct nf_mem *mem = mem_of(r, guest_addr);
	uint64_t page = (guest_addr - mem->guest_addr) / PAGE;

	if (busy)
		mem->busy[page / 8] |= (uint8_t)(1u << page % 8);
	else
		mem->busy[page / 8] &= (uint8_t) ~(1u << page % 8);
}

/* Takes the pages of a receive buffer back. */
static void take_back(struct nf_ring *r, unsigned head)
{
	for (unsigned i = 0; i < r->chain; i++)
		set_busy(r, r->vring.desc[head + i].addr, false);
}

void nf_ring_reset(struct nf_ring *r)
{
	for (unsigned head = 0; r->walk && head < r->vring.num; head++)
		if (r->with_device[head])
			take_back(r, head);
	memset(r->vring.desc, 0, vring_size(r->vring.num, PAGE));
	memset(r->with_device, 0, r->vring.num * sizeof(*r->with_device));
	r->next_avail = r->next_used = 0;
	r->n_free = 0;
	for (unsigned head = 0; head + r->chain <= r->vring.num; head += r->chain)
		r->free_heads[r->n_free++] = (uint16_t)head;
}

static void offer(struct nf_ring *r, uint16_t head)
{
	r->with_device[head] = true;
	r->vring.avail->ring[r->next_avail % r->vring.num] = head;
	r->next_avail++;
	__atomic_store_n(&r->vring.avail->idx, r->next_avail, __ATOMIC_RELEASE);
}

bool nf_ring_pending(struct nf_ring *r)
{
	if (__atomic_load_n(&r->vring.used->idx, __ATOMIC_ACQUIRE) != r->next_used)
		return true;
	if (r->event_idx)
		vring_used_event(&r->vring) = r->next_used;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&r->vring.used->idx, __ATOMIC_ACQUIRE) != r->next_used;
}

/* The next returned head, or -1; *len_bytes: what the device says it wrote. */
static int next_used(struct nf_ring *r, uint32_t *len_bytes)
{
	while (__atomic_load_n(&r->vring.used->idx, __ATOMIC_ACQUIRE) != r->next_used) {
		struct vring_used_elem e = r->vring.used->ring[r->next_used % r->vring.num];

		r->next_used++;
		if (e.id < r->vring.num && r->with_device[e.id]) {
			r->with_device[e.id] = false;
			*len_bytes = e.len;
			return (int)e.id;
		}
		r->violations++;
	}
	return -1;
}

void nf_ring_kick(struct nf_ring *r, bool always)
{
	uint64_t one = 1;
	bool wanted;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (r->event_idx)
		wanted = vring_need_event(
			vring_avail_event(&r->vring), r->next_avail, (uint16_t)(r->next_avail - 1));
	else
		wanted = !(r->vring.used->flags & VRING_USED_F_NO_NOTIFY);
	if ((wanted || always) && write(r->kick_fd, &one, sizeof(one)) < 0)
		return; /* full counter: it is kicked already */
}

void nf_ring_reclaim(struct nf_ring *r)
{
	uint32_t len_bytes;
	int head;

	while ((head = next_used(r, &len_bytes)) >= 0)
		r->free_heads[r->n_free++] = (uint16_t)head;
}

int nf_ring_send(struct nf_ring *r, const uint8_t *frame, size_t len_bytes)
{
	struct vring_desc *d;
	uint16_t head;
	uint64_t at;

	if (len_bytes > NF_BUFFER_BYTES - NF_NET_HEADER)
		return -EMSGSIZE;
	nf_ring_reclaim(r);
	if (r->n_free == 0)
		return -EAGAIN;
	head = r->free_heads[--r->n_free];
	at = r->buffers + (uint64_t)head * NF_BUFFER_BYTES;
	memset(r->mem->base + at, 0, NF_NET_HEADER);
	memcpy(r->mem->base + at + NF_NET_HEADER, frame, len_bytes);
	d = &r->vring.desc[head];
	*d = (struct vring_desc){.addr = at, .len = (uint32_t)(NF_NET_HEADER + len_bytes)};
	offer(r, head);
	nf_ring_kick(r, false);
	return 0;
}

/* A page of the walk that no ring has with the device: there are more than can be. */
static uint64_t next_page(struct nf_ring *r)
{
	struct nf_walk *w = r->walk;
	uint64_t page;

	w->turn = !w->turn;
	if (w->turn && w->plugged->base) {
		page = w->plugged->guest_addr + w->next_plugged;
		w->next_plugged = (w->next_plugged + PAGE) % w->plugged->bytes;
		if (!is_busy(w->plugged, page))
			return page;
	}
	do {
		page = w->next;
		w->next = w->next + 2 * PAGE > w->end ? w->first : w->next + PAGE;
	} while (is_busy(r->mem, page));
	return page;
}

static void offer_buffer(struct nf_ring *r, uint16_t head)
{
	for (unsigned i = 0; i < r->chain; i++) {
		struct vring_desc *d = &r->vring.desc[head + i];

		d->addr = next_page(r);
		set_busy(r, d->addr, true);
		d->len = NF_BUFFER_BYTES / r->chain;
		d->flags =
			(uint16_t)(VRING_DESC_F_WRITE | (i + 1 < r->chain ? VRING_DESC_F_NEXT : 0));
		d->next = (uint16_t)(head + i + 1);
	}
	offer(r, head);
}

void nf_ring_refill(struct nf_ring *r)
{
	while (r->n_free > 0)
		offer_buffer(r, r->free_heads[--r->n_free]);
	nf_ring_kick(r, false);
}

/* Copies what the device wrote, header and all, out of the chain's pages. */
static size_t gather(struct nf_ring *r, uint16_t head, uint32_t len_bytes, uint8_t *to, size_t size)
{
	size_t done = 0;

	for (unsigned i = 0; i < r->chain && done < len_bytes && done < size; i++) {
		const struct vring_desc *d = &r->vring.desc[head + i];
		size_t n = len_bytes - done < d->len ? len_bytes - done : d->len;

		if (n > size - done)
			n = size - done;
		memcpy(to + done, at(r, d->addr), n);
		done += n;
	}
	return done;
}

size_t nf_ring_recv(struct nf_ring *r, uint8_t *buf, size_t size)
{
	uint8_t whole[NF_BUFFER_BYTES];
	uint32_t len_bytes = 0;
	size_t n;
	int head = next_used(r, &len_bytes);

	if (head < 0)
		return 0;
	n = gather(r, (uint16_t)head, len_bytes, whole, sizeof(whole));
	take_back(r, (unsigned)head);
	offer_buffer(r, (uint16_t)head);
	nf_ring_kick(r, false);
	if (n <= NF_NET_HEADER)
		return 0;
	n -= NF_NET_HEADER;
	memcpy(buf, whole + NF_NET_HEADER, n < size ? n : size);
	return n < size ? n : size;
}
