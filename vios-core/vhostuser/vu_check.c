/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_check.c - whether values that a client sent can be true. Pure; every value is hostile, so sums
 * are written as differences that cannot wrap.
 */
#include "vios-core/vhostuser/vu_check.h"

static bool wraps(uint64_t start, uint64_t len_bytes, uint64_t last)
{
	return start > last || len_bytes - 1 > last - start;
}

static bool overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b ? b - a < a_bytes : a - b < b_bytes;
}

static enum vu_fault check_region(const struct vu_region *r)
{
	if (r->size_bytes == 0)
		return VU_REGION_EMPTY;
	if (wraps(r->guest_addr, r->size_bytes, UINT64_MAX) ||
		wraps(r->user_addr, r->size_bytes, UINT64_MAX) ||
		wraps(r->mmap_offset, r->size_bytes, INT64_MAX))
		return VU_REGION_WRAPS;
	return VU_OK;
}

static bool regions_overlap(const struct vu_region *a, const struct vu_region *b)
{
	return overlap(a->guest_addr, a->size_bytes, b->guest_addr, b->size_bytes) ||
	       overlap(a->user_addr, a->size_bytes, b->user_addr, b->size_bytes);
}

enum vu_fault vu_check_mem_table(const struct vu_mem_table *table)
{
	if (table->n_regions == 0 || table->n_regions > VU_REGIONS_MAX)
		return VU_BAD_REGION_COUNT;
	for (uint32_t i = 0; i < table->n_regions; i++) {
		enum vu_fault fault = check_region(&table->region[i]);

		if (fault)
			return fault;
		for (uint32_t j = 0; j < i; j++)
			if (regions_overlap(&table->region[i], &table->region[j]))
				return VU_REGIONS_OVERLAP;
	}
	return VU_OK;
}

enum vu_fault vu_check_index(uint32_t index, const struct vu_limits *limits)
{
	return index < limits->n_rings && index < VU_RINGS_MAX ? VU_OK : VU_BAD_INDEX;
}

enum vu_fault vu_check_num(const struct vu_vring_state *s, const struct vu_limits *limits)
{
	enum vu_fault fault = vu_check_index(s->index, limits);

	if (fault)
		return fault;
	if (s->num == 0 || s->num > limits->ring_size_max || s->num > VU_RING_SIZE_MAX ||
		(s->num & (s->num - 1)) != 0)
		return VU_BAD_VALUE;
	return VU_OK;
}

enum vu_fault vu_check_base(const struct vu_vring_state *s, const struct vu_limits *limits)
{
	enum vu_fault fault = vu_check_index(s->index, limits);

	if (fault)
		return fault;
	return s->num > UINT16_MAX ? VU_BAD_VALUE : VU_OK;
}

enum vu_fault vu_check_enable(const struct vu_vring_state *s, const struct vu_limits *limits)
{
	enum vu_fault fault = vu_check_index(s->index, limits);

	if (fault)
		return fault;
	return s->num > 1 ? VU_BAD_VALUE : VU_OK;
}

enum vu_fault vu_check_addr(const struct vu_vring_addr *a, const struct vu_limits *limits)
{
	enum vu_fault fault = vu_check_index(a->index, limits);

	if (fault)
		return fault;
	if (a->flags & ~VU_VRING_F_LOG)
		return VU_BAD_FLAGS;
	if (a->desc % 16 || a->avail % 2 || a->used % 4)
		return VU_RING_MISALIGNED;
	return VU_OK;
}

enum vu_fault vu_check_vring_fd(
	const struct vu_msg *m, const struct vu_limits *limits, uint32_t *index, int *fd)
{
	uint64_t value = 0;
	enum vu_fault fault;

	if (!vu_msg_get_u64(m, &value))
		return VU_BAD_SIZE;
	if (value & ~(uint64_t)(VU_VRING_INDEX_MASK | VU_VRING_NO_FD))
		return VU_BAD_VALUE;
	fault = vu_check_index((uint32_t)(value & VU_VRING_INDEX_MASK), limits);
	if (fault)
		return fault;
	if ((value & VU_VRING_NO_FD) && m->n_fds)
		return VU_FDS_UNWANTED;
	if (!(value & VU_VRING_NO_FD) && m->n_fds != 1)
		return m->n_fds ? VU_FDS_UNWANTED : VU_FDS_MISSING;
	*index = (uint32_t)(value & VU_VRING_INDEX_MASK);
	*fd = m->n_fds ? m->fds[0] : -1;
	return VU_OK;
}

static enum vu_fault check_state(const struct vu_msg *m, const struct vu_limits *limits,
	enum vu_fault (*check)(const struct vu_vring_state *, const struct vu_limits *))
{
	struct vu_vring_state s;

	return vu_msg_get_state(m, &s) ? check(&s, limits) : VU_BAD_SIZE;
}

static enum vu_fault check_state_index(
	const struct vu_vring_state *s, const struct vu_limits *limits)
{
	return vu_check_index(s->index, limits);
}

static enum vu_fault check_mem(const struct vu_msg *m)
{
	struct vu_mem_table table;
	enum vu_fault fault = vu_msg_get_mem_table(m, &table);

	if (fault)
		return fault;
	if (m->n_fds != table.n_regions)
		return m->n_fds < table.n_regions ? VU_FDS_MISSING : VU_FDS_UNWANTED;
	return vu_check_mem_table(&table);
}

static enum vu_fault check_addr(const struct vu_msg *m, const struct vu_limits *limits)
{
	struct vu_vring_addr a;

	return vu_msg_get_addr(m, &a) ? vu_check_addr(&a, limits) : VU_BAD_SIZE;
}

enum vu_fault vu_check_request(const struct vu_msg *m, const struct vu_limits *limits)
{
	enum vu_fault fault = vu_msg_check_request(m);
	uint32_t index;
	int fd;

	if (fault)
		return fault;
	switch (m->request) {
	case VU_SET_MEM_TABLE:
		return check_mem(m);
	case VU_SET_VRING_NUM:
		return check_state(m, limits, vu_check_num);
	case VU_SET_VRING_BASE:
		return check_state(m, limits, vu_check_base);
	case VU_SET_VRING_ENABLE:
		return check_state(m, limits, vu_check_enable);
	case VU_GET_VRING_BASE:
	case VU_VRING_KICK:
		return check_state(m, limits, check_state_index);
	case VU_SET_VRING_ADDR:
		return check_addr(m, limits);
	case VU_SET_VRING_KICK:
	case VU_SET_VRING_CALL:
	case VU_SET_VRING_ERR:
		return vu_check_vring_fd(m, limits, &index, &fd);
	default:
		return VU_OK;
	}
}
