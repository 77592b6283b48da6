/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tt_cases.c - cases that are right in their form and wrong in what they say: memory that overlaps,
 * wraps or is not there, rings outside of it, indices, orders, storms. One thread; closes what it
 * opens.
 */
#include "tests/lib/raw_send.h"
#include "tests/lib/torture/torture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE UINT64_C(4096)

static enum tt_outcome mem(struct tt *t, const struct vu_mem_table *table)
{
	enum tt_outcome o = tt_set_up(t, tt_random(t, 2));

	return o == TT_ACCEPTED ? tt_mem_table(t, table, t->mem_fd) : o;
}

static enum tt_outcome mem_overlap(struct tt *t)
{
	const bool guest = tt_random(t, 2);
	const struct vu_mem_table table = {.n_regions = 2,
		.region = {{0, 2 * PAGE, TT_USER, 0},
			{guest ? PAGE : 4 * PAGE, 2 * PAGE,
				guest ? TT_USER + 8 * PAGE : TT_USER + PAGE, 0}}};

	return mem(t, &table);
}

static enum tt_outcome mem_wraps(struct tt *t)
{
	struct vu_mem_table table = {.n_regions = 1, .region = {{0, 2 * PAGE, TT_USER, 0}}};

	switch (tt_random(t, 3)) {
	case 0:
		table.region[0].guest_addr = UINT64_MAX - PAGE;
		break;
	case 1:
		table.region[0].user_addr = UINT64_MAX - PAGE;
		break;
	default:
		table.region[0].mmap_offset = UINT64_MAX - PAGE;
		break;
	}
	return mem(t, &table);
}

static enum tt_outcome mem_huge(struct tt *t)
{
	static const uint64_t sizes[] = {
		TT_MEM_BYTES + 1, UINT64_C(1) << 40, INT64_MAX, UINT64_MAX};
	const struct vu_mem_table table = {
		.n_regions = 1, .region = {{0, sizes[tt_random(t, 4)], 0, 0}}};

	return mem(t, &table);
}

static enum tt_outcome mem_empty(struct tt *t)
{
	const struct vu_mem_table table = {
		.n_regions = 2, .region = {{0, PAGE, TT_USER, 0}, {PAGE, 0, TT_USER + PAGE, 0}}};

	return mem(t, &table);
}

static enum tt_outcome mem_count(struct tt *t)
{
	const struct vu_mem_table table = {.n_regions = 1, .region = {{0, PAGE, TT_USER, 0}}};
	enum tt_outcome o = tt_set_up(t, true);
	struct vu_msg m;

	if (o != TT_ACCEPTED)
		return o;
	vu_msg_mem_table(&m, &table, &t->mem_fd);
	m.payload[tt_random(t, 4)] ^= (uint8_t)(2 + tt_random(t, 200));
	return tt_ask(t, &m);
}

/* One region more than there may be, with as many descriptors as can be received, or with all nine.
 */
static enum tt_outcome mem_nine_regions(struct tt *t)
{
	uint8_t wire[VU_HEADER_BYTES + 8 + 9 * 32] = {0};
	enum tt_outcome o = tt_set_up(t, tt_random(t, 2));
	struct vu_msg m;

	if (o != TT_ACCEPTED)
		return o;
	vu_msg_empty(&m, VU_SET_MEM_TABLE);
	m.flags |= VU_FLAG_NEED_REPLY;
	m.size_bytes = 8 + 9 * 32;
	vu_msg_header_put(&m, wire);
	wire[VU_HEADER_BYTES] = 9;
	for (unsigned i = 0; i < 9; i++) {
		const uint64_t region[4] = {PAGE * i, PAGE, TT_USER + PAGE * i, 0};

		memcpy(wire + VU_HEADER_BYTES + 8 + i * sizeof(region), region, sizeof(region));
	}
	raw_send(t->sock.fd, wire, sizeof(wire), t->mem_fd, 8 + tt_random(t, 2));
	return tt_alive(t);
}

/* Files that cannot be memory: unsealed, a pipe's kind, a device, too short. */
static enum tt_outcome mem_file(struct tt *t)
{
	const struct vu_mem_table table = {
		.n_regions = 1, .region = {{0, TT_MEM_BYTES, TT_USER, 0}}};
	enum tt_outcome o = tt_set_up(t, tt_random(t, 2));
	int fd;

	switch (tt_random(t, 4)) {
	case 0:
		fd = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (ftruncate(fd, (off_t)TT_MEM_BYTES) < 0)
			return TT_SILENT;
		break;
	case 1:
		fd = eventfd(0, EFD_CLOEXEC);
		break;
	case 2:
		fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
		break;
	default:
		fd = memfd_create("short", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (ftruncate(fd, (off_t)TT_MEM_BYTES - 1) < 0 ||
			fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
			return TT_SILENT;
		break;
	}
	if (o == TT_ACCEPTED)
		o = tt_mem_table(t, &table, fd);
	close(fd);
	return o;
}

/* The memory moves away from under rings that run. */
static enum tt_outcome mem_without_rings(struct tt *t)
{
	const struct vu_mem_table table = {
		.n_regions = 1, .region = {{0, PAGE, TT_USER + (UINT64_C(1) << 40), 0}}};
	enum tt_outcome o = tt_set_up(t, false);

	return o == TT_ACCEPTED ? tt_mem_table(t, &table, t->mem_fd) : o;
}

static enum tt_outcome mem_storm(struct tt *t)
{
	struct vu_mem_table table = {.n_regions = 2, .region = {{0, TT_MEM_BYTES, TT_USER, 0}}};
	enum tt_outcome o = tt_set_up(t, false);

	for (unsigned i = 1; o == TT_ACCEPTED && i < 20; i++) {
		table.region[1] =
			(struct vu_region){UINT64_C(1) << 40, PAGE * i, UINT64_C(1) << 46, 0};
		o = tt_mem_table(t, &table, t->mem_fd);
	}
	return o;
}

static enum tt_outcome ring_outside(struct tt *t)
{
	static const uint64_t far[] = {0, TT_USER - PAGE, TT_USER + TT_MEM_BYTES - 16,
		TT_USER + TT_MEM_BYTES, UINT64_MAX - 4095};
	struct vu_vring_addr a = {
		.desc = TT_USER, .avail = TT_USER + 0x2000, .used = TT_USER + 0x4000};
	enum tt_outcome o = tt_set_up(t, false);
	uint64_t bad = far[tt_random(t, 5)];
	struct vu_msg m;

	switch (tt_random(t, 3)) {
	case 0:
		a.desc = bad;
		break;
	case 1:
		a.avail = bad;
		break;
	default:
		a.used = bad;
		break;
	}
	vu_msg_addr(&m, &a);
	return o == TT_ACCEPTED ? tt_ask(t, &m) : o;
}

static enum tt_outcome ring_misaligned(struct tt *t)
{
	const struct vu_vring_addr a = {
		.desc = TT_USER + 8, .avail = TT_USER + 0x2001, .used = TT_USER + 0x4002};
	enum tt_outcome o = tt_set_up(t, false);
	struct vu_msg m;

	vu_msg_addr(&m, &a);
	return o == TT_ACCEPTED ? tt_ask(t, &m) : o;
}

static enum tt_outcome ring_index(struct tt *t)
{
	static const uint32_t requests[] = {VU_SET_VRING_NUM, VU_SET_VRING_BASE,
		VU_SET_VRING_ENABLE, VU_SET_VRING_ADDR, VU_SET_VRING_KICK, VU_SET_VRING_CALL};
	static const uint32_t indices[] = {18, 64, 255, 256, 1u << 31, UINT32_MAX};
	enum tt_outcome o = tt_set_up(t, tt_random(t, 2));
	uint32_t request = requests[tt_random(t, 6)], index = indices[tt_random(t, 6)];
	const struct vu_vring_addr a = {.index = index, .desc = TT_USER};
	struct vu_msg m;

	if (o != TT_ACCEPTED)
		return o;
	if (request == VU_SET_VRING_ADDR) {
		vu_msg_addr(&m, &a);
	} else if (request == VU_SET_VRING_KICK || request == VU_SET_VRING_CALL) {
		vu_msg_u64(&m, request, index & ~VU_VRING_NO_FD);
		if ((index & VU_VRING_INDEX_MASK) < 18)
			vu_msg_u64(&m, request, 200); /* 256 is ring 0 without the flag */
		m.fds[m.n_fds++] = t->mem_fd;
	} else {
		vu_msg_state(&m, request, index, 1);
	}
	return tt_ask(t, &m);
}

static enum tt_outcome ring_num(struct tt *t)
{
	static const uint32_t nums[] = {0, 3, 255, 257, 2048, 65536, 1u << 31, UINT32_MAX};
	enum tt_outcome o = tt_set_up(t, true);

	return o == TT_ACCEPTED ? tt_ask_state(t, VU_SET_VRING_NUM, 0, nums[tt_random(t, 8)]) : o;
}

static enum tt_outcome ring_base(struct tt *t)
{
	enum tt_outcome o = tt_set_up(t, true);

	return o == TT_ACCEPTED ? tt_ask_state(t, VU_SET_VRING_BASE, 0, 65536 + tt_random(t, 1000))
				: o;
}

/* Rings started before anything else is known; the mux may take it, but must go on. */
static enum tt_outcome reordered(struct tt *t)
{
	static const uint32_t order[] = {VU_SET_VRING_ENABLE, VU_SET_VRING_BASE, VU_SET_VRING_NUM};
	enum tt_outcome o = tt_set_up(t, true);
	struct vu_msg m;

	for (unsigned i = 0; i < 10 && o != TT_HUNG_UP && o != TT_SILENT; i++) {
		uint32_t ring = tt_random(t, 2);
		int fd = eventfd(0, EFD_CLOEXEC);

		if (tt_random(t, 2)) {
			vu_msg_vring_fd(&m, tt_random(t, 2) ? VU_SET_VRING_KICK : VU_SET_VRING_CALL,
				ring, fd);
			o = tt_ask(t, &m);
		} else {
			o = tt_ask_state(t, order[tt_random(t, 3)], ring, 1);
		}
		close(fd);
	}
	return o == TT_SILENT ? o : tt_alive(t);
}

static enum tt_outcome stop_what_never_ran(struct tt *t)
{
	enum tt_outcome o = tt_set_up(t, true);

	for (unsigned i = 0; o == TT_ACCEPTED && i < 4; i++)
		o = tt_ask_state(t, VU_GET_VRING_BASE, i % 2, 0);
	return o;
}

static enum tt_outcome enable_storm(struct tt *t)
{
	enum tt_outcome o = tt_set_up(t, false);
	struct vu_msg m;

	for (unsigned i = 0; o == TT_ACCEPTED && i < 400; i++) {
		vu_msg_state(&m, VU_SET_VRING_ENABLE, i % 2, tt_random(t, 2));
		o = vu_sock_send(&t->sock, &m) ? TT_HUNG_UP : TT_ACCEPTED;
	}
	return o == TT_ACCEPTED ? tt_alive(t) : o;
}

static enum tt_outcome reset_storm(struct tt *t)
{
	enum tt_outcome o = TT_ACCEPTED;

	for (unsigned i = 0; o == TT_ACCEPTED && i < 3; i++) {
		o = tt_set_up(t, false);
		for (uint32_t ring = 0; o == TT_ACCEPTED && ring < 2; ring++)
			o = tt_ask_state(t, VU_GET_VRING_BASE, ring, 0);
	}
	return o;
}

/* Features and requests that were never offered. */
static enum tt_outcome not_offered(struct tt *t)
{
	static const uint32_t requests[] = {VU_SET_STATUS, VU_IOTLB_MSG, VU_POSTCOPY_END,
		VU_SET_LOG_BASE, VU_ADD_MEM_REG, VU_SET_BACKEND_REQ_FD, VU_RESET_DEVICE};
	uint32_t request = requests[tt_random(t, 7)];
	const struct vu_rule *rule = vu_msg_rule(request);
	enum tt_outcome o = tt_set_up(t, true);
	struct vu_msg m;

	if (o != TT_ACCEPTED)
		return o;
	vu_msg_empty(&m, request);
	memset(m.payload, 0, sizeof(m.payload));
	m.size_bytes = rule->min_bytes;
	for (unsigned i = 0; i < rule->fds_min; i++)
		m.fds[m.n_fds++] = t->mem_fd;
	return tt_ask(t, &m);
}

static enum tt_outcome features_not_offered(struct tt *t)
{
	enum tt_outcome o = tt_set_up(t, true);
	struct vu_msg m;

	vu_msg_u64(&m, VU_SET_FEATURES, UINT64_MAX);
	return o == TT_ACCEPTED ? tt_ask(t, &m) : o;
}

static enum tt_outcome set_up_and_leave(struct tt *t)
{
	return tt_set_up(t, false);
}

const struct tt_case tt_cases[] = {
	{"mem_overlap", mem_overlap, true},
	{"mem_wraps", mem_wraps, true},
	{"mem_huge", mem_huge, true},
	{"mem_empty", mem_empty, true},
	{"mem_count", mem_count, true},
	{"mem_nine_regions", mem_nine_regions, true},
	{"mem_file", mem_file, true},
	{"mem_without_rings", mem_without_rings, false},
	{"mem_storm", mem_storm, false},
	{"ring_outside", ring_outside, false},
	{"ring_misaligned", ring_misaligned, true},
	{"ring_index", ring_index, true},
	{"ring_num", ring_num, true},
	{"ring_base", ring_base, true},
	{"reordered", reordered, false},
	{"stop_what_never_ran", stop_what_never_ran, false},
	{"enable_storm", enable_storm, false},
	{"reset_storm", reset_storm, false},
	{"not_offered", not_offered, true},
	{"features_not_offered", features_not_offered, true},
	{"set_up_and_leave", set_up_and_leave, false},
	{NULL, NULL, false},
};
