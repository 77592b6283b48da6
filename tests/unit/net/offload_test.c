/* SPDX-License-Identifier: BSD-3-Clause */
/* offload_test.c - drivers' wishes that fit their frames, and each way in which they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/offload.h"

#define ALL (OFFLOAD_CHECKSUM | OFFLOAD_TSO4 | OFFLOAD_TSO6)
#define TCP4_AT 34
#define TCP6_AT 54
#define WHOLE 9014

static uint8_t bytes[256], header[OFFLOAD_HEADER_BYTES];
static size_t whole_bytes;
static struct offload got;

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* flags, gso_type, hdr_len, gso_size, csum_start, csum_offset */
static void ask(uint8_t flags, uint8_t type, unsigned size, unsigned start, unsigned offset)
{
	const unsigned words[] = {0xFFFF, size, start, offset}; /* hdr_len: nobody believes it */

	header[0] = flags;
	header[1] = type;
	for (unsigned i = 0; i < 4; i++) {
		header[2 + 2 * i] = (uint8_t)words[i];
		header[3 + 2 * i] = (uint8_t)(words[i] >> 8);
	}
}

static void tcp4_at(size_t l2)
{
	bytes[l2] = 0x45;
	put16(bytes + l2 + 2, (unsigned)(whole_bytes - l2));
	bytes[l2 + 9] = 6;
	bytes[l2 + 20 + 12] = 0x80; /* 32 bytes */
}

static int set_up(void **state)
{
	memset(bytes, 0, sizeof(bytes));
	whole_bytes = WHOLE;
	put16(bytes + 12, 0x0800);
	tcp4_at(14);
	ask(1, 1, 1448, TCP4_AT, 16);
	return 0;
}

static void make_ipv6(void)
{
	set_up(NULL);
	put16(bytes + 12, 0x86DD);
	memset(bytes + 14, 0, 60);
	bytes[14] = 0x60;
	put16(bytes + 18, WHOLE - 54);
	bytes[20] = 6;
	bytes[TCP6_AT + 12] = 0x50;
	ask(1, 4, 1440, TCP6_AT, 16);
}

static enum offload_fault read_with(unsigned may)
{
	const struct offload_frame frame = {bytes, sizeof(bytes), whole_bytes};

	return offload_read(header, &frame, may, &got);
}

static void test_nothing_asked(void **state)
{
	ask(0, 0, 0xFFFF, 0xFFFF, 0xFFFF);
	assert_int_equal(read_with(ALL), OFFLOAD_OK);
	assert_int_equal(got.asks, 0);
	assert_int_equal(got.segments, 1);
	ask(2, 0, 0, 0, 0); /* DATA_VALID: the device's word, not a driver's */
	assert_int_equal(read_with(0), OFFLOAD_OK);
	assert_int_equal(got.asks, 0);
}

static void test_long_frames(void **state)
{
	assert_int_equal(read_with(ALL), OFFLOAD_OK);
	assert_int_equal(got.asks, OFFLOAD_CHECKSUM | OFFLOAD_TSO4);
	assert_int_equal(got.l2_bytes, 14);
	assert_int_equal(got.checksum_start, TCP4_AT);
	assert_int_equal(got.l4_bytes, 32);
	assert_int_equal(got.segment_bytes, 1448);
	assert_int_equal(got.segments, (WHOLE - 66 + 1447) / 1448);
	make_ipv6();
	assert_int_equal(read_with(ALL), OFFLOAD_OK);
	assert_int_equal(got.asks, OFFLOAD_CHECKSUM | OFFLOAD_TSO6);
	assert_int_equal(got.ip_version, 6);
	assert_int_equal(got.segments, (WHOLE - 74 + 1439) / 1440);
	/* Behind a tag, and behind options. */
	set_up(NULL);
	put16(bytes + 12, 0x8100);
	put16(bytes + 16, 0x0800);
	tcp4_at(18);
	ask(1, 1, 1448, TCP4_AT + 4, 16);
	assert_int_equal(read_with(ALL), OFFLOAD_OK);
	assert_int_equal(got.l2_bytes, 18);
	make_ipv6();
	bytes[20] = 60;
	bytes[54] = 6;
	bytes[62 + 12] = 0x50;
	ask(1, 4, 1440, 62, 16);
	assert_int_equal(read_with(ALL), OFFLOAD_OK);
	assert_int_equal(got.asks, OFFLOAD_CHECKSUM | OFFLOAD_TSO6);
}

static void test_one_segment_is_a_frame(void **state)
{
	whole_bytes = 66 + 1448;
	tcp4_at(14);
	assert_int_equal(read_with(ALL), OFFLOAD_OK);
	assert_int_equal(got.asks, OFFLOAD_CHECKSUM);
	assert_int_equal(got.segments, 1);
	whole_bytes++;
	tcp4_at(14);
	assert_int_equal(read_with(ALL), OFFLOAD_OK);
	assert_int_equal(got.segments, 2);
}

static void expect_long(enum offload_fault fault, unsigned may)
{
	assert_int_equal(read_with(may), fault);
	set_up(NULL);
}

static void test_long_frames_that_are_not(void **state)
{
	ask(1, 1, 0, TCP4_AT, 16);
	expect_long(OFFLOAD_BAD_SIZE, ALL);
	ask(1, 1, OFFLOAD_SEGMENT_MIN_BYTES - 1, TCP4_AT, 16);
	expect_long(OFFLOAD_BAD_SIZE, ALL);
	ask(0, 1, 1448, TCP4_AT, 16); /* without a checksum */
	expect_long(OFFLOAD_BAD_TYPE, ALL);
	ask(1, 4, 1448, TCP4_AT, 16); /* the other version */
	expect_long(OFFLOAD_BAD_TYPE, ALL);
	ask(1, 3, 1448, TCP4_AT, 16); /* UDP */
	expect_long(OFFLOAD_BAD_TYPE, ALL);
	ask(1, 0x81, 1448, TCP4_AT, 16); /* ECN */
	expect_long(OFFLOAD_BAD_TYPE, ALL);
	expect_long(OFFLOAD_BAD_TYPE, OFFLOAD_CHECKSUM | OFFLOAD_TSO6);
	expect_long(OFFLOAD_BAD_TYPE, 0);
	ask(1, 1, 1448, TCP4_AT + 2, 16);
	expect_long(OFFLOAD_BAD_TYPE, ALL);
	ask(1, 1, 1448, TCP4_AT, 6);
	expect_long(OFFLOAD_BAD_TYPE, ALL);
	bytes[14 + 9] = 17;
	expect_long(OFFLOAD_BAD_TYPE, ALL);
	bytes[14 + 6] = 0x20; /* a fragment */
	expect_long(OFFLOAD_BAD_TYPE, ALL);
	bytes[14 + 3]--; /* the packet ends elsewhere than the frame */
	expect_long(OFFLOAD_BAD_TYPE, ALL);
	bytes[14] = 0x44;
	expect_long(OFFLOAD_BAD_TYPE, ALL);
	bytes[TCP4_AT + 12] = 0x40;
	expect_long(OFFLOAD_BAD_LENGTHS, ALL);
	whole_bytes = 66; /* headers only */
	tcp4_at(14);
	expect_long(OFFLOAD_BAD_LENGTHS, ALL);
	/* Extension headers to the end of what is there, and one that routes. */
	make_ipv6();
	memset(bytes + 54, 0, sizeof(bytes) - 54);
	bytes[20] = 0;
	expect_long(OFFLOAD_BAD_TYPE, ALL);
	make_ipv6();
	bytes[20] = 43;
	bytes[54] = 6;
	ask(1, 4, 1440, 62, 16);
	expect_long(OFFLOAD_BAD_TYPE, ALL);
}

static void test_headers_cut_short(void **state)
{
	static const struct {
		size_t len_bytes;
		enum offload_fault fault;
	} rows[] = {
		{13, OFFLOAD_BAD_PLACE},
		{TCP4_AT + 17, OFFLOAD_BAD_PLACE},
		{TCP4_AT + 18, OFFLOAD_BAD_LENGTHS}, /* the checksum's field is there */
		{TCP4_AT + 31, OFFLOAD_BAD_LENGTHS}, /* not all of the options */
		{TCP4_AT + 32, OFFLOAD_OK},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct offload_frame frame = {bytes, rows[i].len_bytes, whole_bytes};

		assert_int_equal(offload_read(header, &frame, ALL, &got), rows[i].fault);
	}
	bytes[14] = 0x44; /* an IP header of 16 bytes */
	bytes[30 + 12] = 0x50;
	ask(1, 1, 1448, 30, 16);
	expect_long(OFFLOAD_BAD_TYPE, ALL);
}

static void test_checksums(void **state)
{
	ask(1, 0, 0, TCP4_AT, 16);
	assert_int_equal(read_with(OFFLOAD_CHECKSUM), OFFLOAD_OK);
	assert_int_equal(got.asks, OFFLOAD_CHECKSUM);
	assert_int_equal(got.protocol, 6);
	bytes[14 + 9] = 17;
	ask(1, 0, 0, TCP4_AT, 6);
	assert_int_equal(read_with(OFFLOAD_CHECKSUM), OFFLOAD_OK);
	assert_int_equal(got.protocol, 17);
	/* Somewhere inside: known only as bytes to sum up. */
	ask(1, 0, 0, 84, 16);
	assert_int_equal(read_with(OFFLOAD_CHECKSUM), OFFLOAD_OK);
	assert_int_equal(got.protocol, 0);
	assert_int_equal(got.checksum_start, 84);
	/* To the last two bytes of what is there, and not further. */
	ask(1, 0, 0, 100, sizeof(bytes) - 102);
	assert_int_equal(read_with(OFFLOAD_CHECKSUM), OFFLOAD_OK);
	ask(1, 0, 0, 100, sizeof(bytes) - 101);
	assert_int_equal(read_with(OFFLOAD_CHECKSUM), OFFLOAD_BAD_PLACE);
	ask(1, 0, 0, 0xFFFF, 0xFFFF);
	assert_int_equal(read_with(OFFLOAD_CHECKSUM), OFFLOAD_BAD_PLACE);
	ask(1, 0, 0, 13, 0); /* the Ethernet header */
	assert_int_equal(read_with(OFFLOAD_CHECKSUM), OFFLOAD_BAD_PLACE);
	ask(1, 0, 0, TCP4_AT, 16);
	assert_int_equal(read_with(0), OFFLOAD_BAD_TYPE);
}

static void test_written_as_read(void **state)
{
	static const uint8_t moved4[] = {1, 1, 70, 0, 0xA8, 5, 38, 0, 16, 0};
	uint8_t out[OFFLOAD_HEADER_BYTES];

	assert_int_equal(read_with(ALL), OFFLOAD_OK);
	offload_write(&got, 4, out);
	assert_memory_equal(out, moved4, sizeof(out));
	ask(1, 0, 0, TCP4_AT, 16);
	assert_int_equal(read_with(ALL), OFFLOAD_OK);
	offload_write(&got, 0, out);
	assert_int_equal(out[0], 1);
	assert_int_equal(out[1], 0);
	assert_int_equal(out[6], TCP4_AT);
	ask(0, 0, 0, 0, 0);
	assert_int_equal(read_with(ALL), OFFLOAD_OK);
	memset(out, 0xFF, sizeof(out));
	offload_write(&got, 4, out);
	assert_memory_equal(out, ((uint8_t[OFFLOAD_HEADER_BYTES]){0}), sizeof(out));
}

static void test_features(void **state)
{
	const uint64_t csum = 1 << 0, guest_csum = 1 << 1, guest_tso4 = 1 << 7, guest_tso6 = 1 << 8,
		       host_tso4 = 1 << 11, host_tso6 = 1 << 12;

	assert_int_equal(offload_may(0), 0);
	assert_int_equal(offload_may(guest_csum | guest_tso4 | guest_tso6), 0);
	assert_int_equal(offload_may(host_tso4), 0); /* needs CSUM */
	assert_int_equal(offload_may(csum | host_tso6), OFFLOAD_CHECKSUM | OFFLOAD_TSO6);
	assert_int_equal(offload_may(csum | host_tso4 | host_tso6), ALL);
	assert_int_equal(offload_can(csum | host_tso4 | guest_tso4), OFFLOAD_CHAINS);
	assert_int_equal(offload_can(guest_csum | guest_tso4),
		OFFLOAD_CHAINS | OFFLOAD_CHECKSUM | OFFLOAD_TSO4);
}

static void test_what_is_left(void **state)
{
	static const struct {
		unsigned asks, can;
		enum offload_todo todo;
	} rows[] = {
		{0, 0, OFFLOAD_PASS},
		{OFFLOAD_CHECKSUM, OFFLOAD_CHECKSUM, OFFLOAD_PASS},
		{OFFLOAD_CHECKSUM, OFFLOAD_CHAINS, OFFLOAD_FINISH},
		{OFFLOAD_CHECKSUM | OFFLOAD_TSO4, ALL, OFFLOAD_PASS},
		{OFFLOAD_CHECKSUM | OFFLOAD_TSO4, OFFLOAD_CHECKSUM, OFFLOAD_CUT},
		{OFFLOAD_CHECKSUM | OFFLOAD_TSO4, OFFLOAD_CHECKSUM | OFFLOAD_TSO6, OFFLOAD_CUT},
		{OFFLOAD_CHECKSUM | OFFLOAD_TSO6, OFFLOAD_CHECKSUM | OFFLOAD_TSO6, OFFLOAD_PASS},
		{OFFLOAD_CHECKSUM | OFFLOAD_TSO6, 0, OFFLOAD_CUT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct offload one = {.asks = (uint8_t)rows[i].asks};

		assert_int_equal(offload_todo(&one, rows[i].can), rows[i].todo);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_asked, set_up),
		cmocka_unit_test_setup(test_long_frames, set_up),
		cmocka_unit_test_setup(test_one_segment_is_a_frame, set_up),
		cmocka_unit_test_setup(test_long_frames_that_are_not, set_up),
		cmocka_unit_test_setup(test_headers_cut_short, set_up),
		cmocka_unit_test_setup(test_checksums, set_up),
		cmocka_unit_test_setup(test_written_as_read, set_up),
		cmocka_unit_test_setup(test_features, set_up),
		cmocka_unit_test_setup(test_what_is_left, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
