/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_request_fuzz.c - any bytes as a front end's stream of requests: for each message a count of
 * descriptors, then the message. What passes the checks must hold what the mux relies on: regions
 * and rings stay inside their files, indices inside their arrays.
 */
#include <assert.h>
#include <string.h>

#include "vios-core/vhostuser/vu_check.h"
#include "vios-core/vhostuser/vu_ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vu_limits limits = {.n_rings = 4, .ring_size_max = 1024};

/* What a session keeps of the messages that were right. */
struct kept {
	struct vu_mem_table table;
	struct vu_vring_addr addr[4];
	uint32_t num[4];
};

static void check_span(const struct vu_mem_table *t, const struct vu_span *s)
{
	const struct vu_region *r = &t->region[s->region];

	assert(s->region < t->n_regions);
	assert(s->offset >= r->mmap_offset);
	assert(s->len_bytes <= r->size_bytes);
	assert(s->offset - r->mmap_offset <= r->size_bytes - s->len_bytes);
	assert(s->offset <= INT64_MAX && s->len_bytes <= INT64_MAX - s->offset + 1);
}

static void check_rings(const struct kept *k)
{
	struct vu_ring_layout l;

	for (unsigned i = 0; i < 4; i++) {
		if (!k->num[i] || !k->table.n_regions ||
			vu_ring_locate(&k->table, &k->addr[i], k->num[i], &l))
			continue;
		check_span(&k->table, &l.desc);
		check_span(&k->table, &l.avail);
		check_span(&k->table, &l.used);
		assert(vu_ring_used_idx_offset(&l) + 2 <= l.used.offset + l.used.len_bytes);
		assert(vu_ring_avail_idx_offset(&l) + 2 <= l.avail.offset + l.avail.len_bytes);
	}
}

static void keep(struct kept *k, const struct vu_msg *m)
{
	struct vu_vring_state s;
	struct vu_vring_addr a;
	uint32_t index;
	int fd;

	switch (m->request) {
	case VU_SET_MEM_TABLE:
		assert(vu_msg_get_mem_table(m, &k->table) == VU_OK);
		assert(k->table.n_regions == m->n_fds);
		break;
	case VU_SET_VRING_NUM:
		assert(vu_msg_get_state(m, &s) && s.index < 4 && s.num >= 1 && s.num <= 1024);
		k->num[s.index] = s.num;
		break;
	case VU_SET_VRING_ADDR:
		assert(vu_msg_get_addr(m, &a) && a.index < 4);
		k->addr[a.index] = a;
		break;
	case VU_SET_VRING_KICK:
	case VU_SET_VRING_CALL:
	case VU_SET_VRING_ERR:
		assert(vu_check_vring_fd(m, &limits, &index, &fd) == VU_OK && index < 4);
		assert((fd >= 0) == (m->n_fds == 1));
		break;
	default:
		break;
	}
	check_rings(k);
}

/* Bytes used, or 0: no whole message is left. */
static size_t one_message(const uint8_t *data, size_t size, struct kept *k)
{
	uint8_t again[VU_HEADER_BYTES];
	struct vu_msg m;
	enum vu_fault fault;

	if (size < 1 + VU_HEADER_BYTES)
		return 0;
	memset(&m, 0xee, sizeof(m));
	fault = vu_msg_header_get(&m, data + 1);
	vu_msg_header_put(&m, again);
	assert(memcmp(again, data + 1, VU_HEADER_BYTES) == 0);
	m.n_fds = data[0] % (VU_FDS_MAX + 1);
	for (unsigned i = 0; i < m.n_fds; i++)
		m.fds[i] = (int)i;
	if (fault) {
		assert(vu_check_request(&m, &limits) !=
			VU_OK); /* nothing bad gets past the second look */
		return 0;
	}
	if (size < 1 + VU_HEADER_BYTES + m.size_bytes)
		return 0;
	memcpy(m.payload, data + 1 + VU_HEADER_BYTES, m.size_bytes);
	vu_msg_brings_fds(&m);
	if (vu_check_request(&m, &limits) == VU_OK)
		keep(k, &m);
	return 1 + VU_HEADER_BYTES + m.size_bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kept k;
	size_t n;

	memset(&k, 0, sizeof(k));
	while ((n = one_message(data, size, &k)) > 0) {
		data += n;
		size -= n;
	}
	return 0;
}
