/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_msg_test.c - the wire image of each message against bytes written by hand from QEMU's
 * vhost-user specification, and the rule table's every border. One thread.
 */
#include "vios-core/vhostuser/vu_msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void header(void **state)
{
	/* SET_VRING_KICK (12), version 1 and NEED_REPLY, 8 bytes */
	static const uint8_t wire[12] = {12, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0};
	uint8_t again[12];
	struct vu_msg m;

	assert_int_equal(vu_msg_header_get(&m, wire), VU_OK);
	assert_int_equal(m.request, VU_SET_VRING_KICK);
	assert_int_equal(m.flags, VU_FLAG_VERSION | VU_FLAG_NEED_REPLY);
	assert_int_equal(m.size_bytes, 8);
	assert_int_equal(m.n_fds, 0);
	vu_msg_header_put(&m, again);
	assert_memory_equal(wire, again, 12);
}

static void bad_headers(void **state)
{
	uint8_t wire[12] = {1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
	struct vu_msg m;

	for (unsigned version = 0; version < 4; version++) {
		wire[4] = (uint8_t)version;
		assert_int_equal(
			vu_msg_header_get(&m, wire), version == 1 ? VU_OK : VU_BAD_VERSION);
	}
	wire[4] = 1;
	wire[8] = VU_PAYLOAD_MAX & 0xff;
	wire[9] = VU_PAYLOAD_MAX >> 8;
	assert_int_equal(vu_msg_header_get(&m, wire), VU_OK);
	wire[8]++;
	assert_int_equal(vu_msg_header_get(&m, wire), VU_TOO_LONG);
	wire[0] = VU_SET_MEM_TABLE; /* a ninth region: named for what it is */
	assert_int_equal(vu_msg_header_get(&m, wire), VU_BAD_REGION_COUNT);
	wire[11] = 0xff;
	assert_int_equal(vu_msg_header_get(&m, wire), VU_BAD_REGION_COUNT);
}

static void mem_table_wire(void **state)
{
	static const uint8_t wire[40] = {1, 0, 0, 0, 0, 0, 0, 0, /* one region, padding */
		0, 0, 0x10, 0, 0, 0, 0, 0,			 /* guest address */
		0, 0, 0, 0x40, 0, 0, 0, 0,			 /* size */
		0, 0, 0, 0, 0, 0x7f, 0, 0,			 /* user address */
		0, 0x10, 0, 0, 0, 0, 0, 0};			 /* mmap offset */
	const struct vu_mem_table table = {.n_regions = 1,
		.region = {{0x100000, 0x40000000, UINT64_C(0x7f0000000000), 0x1000}}};
	const int fd = 77;
	struct vu_mem_table again;
	struct vu_msg m;

	vu_msg_mem_table(&m, &table, &fd);
	assert_int_equal(m.request, VU_SET_MEM_TABLE);
	assert_int_equal(m.flags, VU_FLAG_VERSION);
	assert_int_equal(m.size_bytes, sizeof(wire));
	assert_memory_equal(m.payload, wire, sizeof(wire));
	assert_int_equal(m.n_fds, 1);
	assert_int_equal(m.fds[0], 77);
	assert_int_equal(vu_msg_check_request(&m), VU_OK);
	assert_int_equal(vu_msg_get_mem_table(&m, &again), VU_OK);
	assert_int_equal(again.n_regions, 1);
	assert_memory_equal(&again.region[0], &table.region[0], sizeof(table.region[0]));
}

static void mem_table_counts(void **state)
{
	struct vu_mem_table table = {.n_regions = VU_REGIONS_MAX}, again;
	int fds[VU_REGIONS_MAX] = {0};
	struct vu_msg m;

	vu_msg_mem_table(&m, &table, fds);
	assert_int_equal(m.size_bytes, 8 + 8 * 32);
	assert_int_equal(vu_msg_get_mem_table(&m, &again), VU_OK);
	m.payload[0] = 9;
	assert_int_equal(vu_msg_get_mem_table(&m, &again), VU_BAD_REGION_COUNT);
	m.payload[0] = 0;
	assert_int_equal(vu_msg_get_mem_table(&m, &again), VU_BAD_REGION_COUNT);
	m.payload[0] = 7; /* more bytes than the count says */
	assert_int_equal(vu_msg_get_mem_table(&m, &again), VU_BAD_SIZE);
	m.payload[0] = 8;
	m.size_bytes--;
	assert_int_equal(vu_msg_get_mem_table(&m, &again), VU_BAD_SIZE);
	m.payload[3] = 0xff; /* 0xff000008 regions */
	assert_int_equal(vu_msg_get_mem_table(&m, &again), VU_BAD_REGION_COUNT);
	m.size_bytes = 3;
	assert_int_equal(vu_msg_get_mem_table(&m, &again), VU_BAD_SIZE);
}

static void ring_payloads(void **state)
{
	static const uint8_t addr_wire[40] = {2, 0, 0, 0, 1, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0x80,
		0x20, 0, 0, 0, 0, 0, 0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t state_wire[8] = {3, 0, 0, 0, 0, 1, 0, 0};
	const struct vu_vring_addr addr = {2, 1, UINT64_C(0x8000000000000010), 0x20, 0x30, 0x40};
	struct vu_vring_addr addr_again;
	struct vu_vring_state s;
	struct vu_msg m;

	vu_msg_addr(&m, &addr); /* index, flags, descriptor, used, available, log: in this order */
	assert_int_equal(m.size_bytes, 40);
	assert_memory_equal(m.payload, addr_wire, 40);
	assert_true(vu_msg_get_addr(&m, &addr_again));
	assert_memory_equal(&addr, &addr_again, sizeof(addr));
	m.size_bytes = 39;
	assert_false(vu_msg_get_addr(&m, &addr_again));
	vu_msg_state(&m, VU_SET_VRING_NUM, 3, 256);
	assert_memory_equal(m.payload, state_wire, 8);
	assert_true(vu_msg_get_state(&m, &s));
	assert_int_equal(s.index, 3);
	assert_int_equal(s.num, 256);
	m.size_bytes = 7;
	assert_false(vu_msg_get_state(&m, &s));
}

static void descriptors_and_no_fd(void **state)
{
	uint64_t value;
	struct vu_msg m;

	vu_msg_vring_fd(&m, VU_SET_VRING_CALL, 5, 42);
	assert_true(vu_msg_get_u64(&m, &value));
	assert_int_equal(value, 5);
	assert_int_equal(m.n_fds, 1);
	assert_int_equal(m.fds[0], 42);
	assert_true(vu_msg_brings_fds(&m));
	vu_msg_vring_fd(&m, VU_SET_VRING_CALL, 5, -1);
	assert_true(vu_msg_get_u64(&m, &value));
	assert_int_equal(value, 5 | 0x100);
	assert_int_equal(m.n_fds, 0);
	assert_false(vu_msg_brings_fds(&m));
	vu_msg_empty(&m, VU_SET_MEM_TABLE);
	assert_true(vu_msg_brings_fds(&m));
	vu_msg_make_reply(&m); /* the acknowledgement of it */
	assert_false(vu_msg_brings_fds(&m));
	vu_msg_empty(&m, VU_GET_INFLIGHT_FD);
	assert_false(vu_msg_brings_fds(&m));
	vu_msg_make_reply(&m);
	assert_true(vu_msg_brings_fds(&m));
	vu_msg_empty(&m, 4711);
	assert_false(vu_msg_brings_fds(&m));
}

static void inflight_payload(void **state)
{
	const struct vu_inflight in = {0x1000, 0x2000, 3, 128};
	struct vu_inflight out;
	struct vu_msg m;

	vu_msg_inflight(&m, VU_GET_INFLIGHT_FD, &in);
	assert_int_equal(m.size_bytes, 24);
	assert_int_equal(m.payload[16], 3);
	assert_int_equal(m.payload[18], 128);
	assert_int_equal(vu_msg_check_request(&m), VU_OK);
	m.size_bytes = 20; /* without QEMU's padding */
	assert_int_equal(vu_msg_check_request(&m), VU_OK);
	assert_true(vu_msg_get_inflight(&m, &out));
	assert_int_equal(out.mmap_size, 0x1000);
	assert_int_equal(out.mmap_offset, 0x2000);
	assert_int_equal(out.n_queues, 3);
	assert_int_equal(out.queue_size, 128);
	m.size_bytes = 19;
	assert_int_equal(vu_msg_check_request(&m), VU_BAD_SIZE);
	assert_false(vu_msg_get_inflight(&m, &out));
}

static void region_payload(void **state)
{
	struct vu_region r;
	struct vu_msg m;

	vu_msg_empty(&m, VU_ADD_MEM_REG);
	memset(m.payload, 0, sizeof(m.payload));
	m.payload[8] = 7; /* behind 8 bytes of padding */
	m.size_bytes = 40;
	assert_true(vu_msg_get_region(&m, &r));
	assert_int_equal(r.guest_addr, 7);
	m.size_bytes = 39;
	assert_false(vu_msg_get_region(&m, &r));
}

/* Every request, at and just beyond each of its borders. */
static void every_rule(void **state)
{
	unsigned known = 0;

	for (uint32_t request = 0; request < VU_REQUEST_END + 5; request++) {
		const struct vu_rule *rule = vu_msg_rule(request);
		struct vu_msg m;

		memset(&m, 0, sizeof(m));
		vu_msg_empty(&m, request);
		if (!rule) {
			assert_int_equal(vu_msg_check_request(&m), VU_BAD_REQUEST);
			assert_string_equal(vu_msg_name(request), "?");
			continue;
		}
		known++;
		m.n_fds = rule->fds_min;
		for (m.size_bytes = 0; m.size_bytes <= VU_PAYLOAD_MAX; m.size_bytes++)
			assert_int_equal(vu_msg_check_request(&m),
				m.size_bytes < rule->min_bytes || m.size_bytes > rule->max_bytes
					? VU_BAD_SIZE
					: VU_OK);
		assert_int_equal(vu_msg_check_request(&m), VU_TOO_LONG);
		m.size_bytes = rule->min_bytes;
		for (m.n_fds = 0; m.n_fds <= VU_FDS_MAX; m.n_fds++)
			assert_int_equal(vu_msg_check_request(&m),
				m.n_fds < rule->fds_min	  ? VU_FDS_MISSING
				: m.n_fds > rule->fds_max ? VU_FDS_UNWANTED
							  : VU_OK);
	}
	assert_int_equal(known, 40);
}

static void request_flags(void **state)
{
	struct vu_msg m;

	vu_msg_empty(&m, VU_SET_OWNER);
	for (m.flags = 0; m.flags < 64; m.flags++) {
		enum vu_fault want = VU_OK;

		if ((m.flags & 3) != 1)
			want = VU_BAD_VERSION;
		else if (m.flags != 1 && m.flags != 9)
			want = VU_BAD_FLAGS;
		assert_int_equal(vu_msg_check_request(&m), want);
	}
}

static void answers(void **state)
{
	struct vu_msg m;

	vu_msg_u64(&m, VU_GET_FEATURES, 1);
	assert_int_equal(vu_msg_check_answer(&m, VU_GET_FEATURES, false), VU_BAD_FLAGS);
	vu_msg_make_reply(&m);
	assert_int_equal(vu_msg_check_answer(&m, VU_GET_FEATURES, false), VU_OK);
	assert_int_equal(vu_msg_check_answer(&m, VU_GET_PROTOCOL_FEATURES, false), VU_BAD_REQUEST);
	m.n_fds = 1;
	assert_int_equal(vu_msg_check_answer(&m, VU_GET_FEATURES, false), VU_FDS_UNWANTED);
	m.n_fds = 0;
	m.size_bytes = 7;
	assert_int_equal(vu_msg_check_answer(&m, VU_GET_FEATURES, false), VU_BAD_SIZE);
	m.flags |= VU_FLAG_NEED_REPLY; /* QEMU refuses this, too */
	assert_int_equal(vu_msg_check_answer(&m, VU_GET_FEATURES, false), VU_BAD_FLAGS);
	vu_msg_u64(&m, VU_SET_MEM_TABLE, 0);
	vu_msg_make_reply(&m);
	assert_int_equal(vu_msg_check_answer(&m, VU_SET_MEM_TABLE, true), VU_OK);
	assert_int_equal(vu_msg_check_answer(&m, VU_SET_MEM_TABLE, false), VU_UNEXPECTED);
	m.flags = 0;
	assert_int_equal(vu_msg_check_answer(&m, VU_SET_MEM_TABLE, true), VU_BAD_VERSION);
}

static void who_is_answered(void **state)
{
	struct vu_msg m;

	vu_msg_empty(&m, VU_SET_OWNER);
	assert_false(vu_msg_wants_answer(&m, true));
	m.flags |= VU_FLAG_NEED_REPLY;
	assert_true(vu_msg_wants_answer(&m, true));
	assert_false(vu_msg_wants_answer(&m, false));
	vu_msg_empty(&m, VU_GET_VRING_BASE);
	assert_true(vu_msg_wants_answer(&m, false));
	vu_msg_empty(&m, 4711);
	assert_false(vu_msg_wants_answer(&m, true));
	m.flags |= VU_FLAG_NEED_REPLY; /* unknown, but it wants one */
	assert_true(vu_msg_wants_answer(&m, true));
}

static void every_fault_has_a_text(void **state)
{
	for (unsigned i = 0; i < VU_FAULT_END; i++)
		assert_string_not_equal(vu_fault_text((enum vu_fault)i), "unknown fault");
	assert_string_equal(vu_fault_text(VU_FAULT_END), "unknown fault");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header),
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(mem_table_wire),
		cmocka_unit_test(mem_table_counts),
		cmocka_unit_test(ring_payloads),
		cmocka_unit_test(descriptors_and_no_fd),
		cmocka_unit_test(inflight_payload),
		cmocka_unit_test(region_payload),
		cmocka_unit_test(every_rule),
		cmocka_unit_test(request_flags),
		cmocka_unit_test(answers),
		cmocka_unit_test(who_is_answered),
		cmocka_unit_test(every_fault_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
