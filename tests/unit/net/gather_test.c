/* SPDX-License-Identifier: BSD-3-Clause */
/* gather_test.c - pieces of a TCP stream that become one frame, and each way in which they do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/gather.h"
#include "net/packet.h"

#define SIZE 1000
#define NUMBER 0xFFFFFC00u /* it goes on from 0 after the first piece */
#define ACK 0x10
#define PSH 0x08

struct one {
	uint8_t bytes[2048];
	size_t len;
	struct gather_piece piece;
};

static bool v6;
static struct one held, next;
static struct gather gather;
static struct offload left;

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint8_t *ip_of(struct one *o)
{
	return o->bytes + 14;
}

static uint8_t *tcp_of(struct one *o)
{
	return ip_of(o) + (v6 ? 40 : 20);
}

static void sum_up(struct one *o, uint32_t segment)
{
	uint8_t *ip = ip_of(o), *tcp = tcp_of(o);
	const unsigned at = v6 ? 8 : 12, both = v6 ? 32 : 8;

	if (!v6) {
		put16(ip + 10, 0);
		put16(ip + 10, ~packet_sum(ip, 20, 0));
	}
	put16(tcp + 16, 0);
	put16(tcp + 16, ~packet_sum(tcp, segment, packet_sum(ip + at, both, 6 + segment)));
}

/* With a timestamp option, and so many bytes of payload. */
static void make(struct one *o, uint32_t number, uint32_t payload, uint8_t flags)
{
	const uint32_t segment = 32 + payload;
	uint8_t *ip = ip_of(o), *tcp;

	memset(o, 0, sizeof(*o));
	memset(o->bytes, 2, 12);
	put16(o->bytes + 12, v6 ? 0x86DD : 0x0800);
	ip[0] = v6 ? 0x60 : 0x45;
	put16(ip + (v6 ? 4 : 2), v6 ? segment : 20 + segment);
	ip[v6 ? 6 : 9] = 6;
	ip[v6 ? 7 : 8] = 64;
	memset(ip + (v6 ? 8 : 12), 10, v6 ? 32 : 8);
	tcp = tcp_of(o);
	put16(tcp, 1000);
	put16(tcp + 2, 2000);
	put16(tcp + 4, number >> 16);
	put16(tcp + 6, number);
	tcp[12] = 0x80;
	tcp[13] = flags;
	put16(tcp + 14, 500);
	memcpy(tcp + 20, "\x01\x01\x08\x0a-time-..", 12);
	for (uint32_t i = 0; i < payload; i++)
		tcp[32 + i] = (uint8_t)(number + i);
	o->len = (size_t)(tcp - o->bytes) + segment;
	sum_up(o, segment);
}

static enum gather_kind read_one(struct one *o)
{
	return gather_read(o->bytes, o->len, false, &o->piece);
}

/* A first piece is held. */
static void hold(uint8_t flags)
{
	make(&held, NUMBER, SIZE, flags);
	assert_int_equal(read_one(&held), GATHER_PIECE);
	gather_begin(&gather, &held.piece);
}

static bool joins(struct one *o)
{
	assert_int_equal(read_one(o), GATHER_PIECE);
	return gather_joins(&gather, held.bytes, o->bytes, &o->piece);
}

static void check_whole(uint32_t payload, unsigned pieces, uint8_t flags)
{
	const uint8_t *ip = ip_of(&held), *tcp = tcp_of(&held);
	uint32_t segment = 32 + payload;

	gather_finish(&gather, held.bytes, &left);
	assert_int_equal(ip[v6 ? 4 : 2] << 8 | ip[v6 ? 5 : 3], v6 ? segment : 20 + segment);
	if (!v6)
		assert_int_equal(packet_sum(ip, 20, 0), 0xFFFF);
	assert_int_equal(
		tcp[16] << 8 | tcp[17], packet_sum(ip + (v6 ? 8 : 12), v6 ? 32 : 8, 6 + segment));
	assert_int_equal(tcp[13], flags);
	assert_int_equal(left.asks, OFFLOAD_CHECKSUM | (v6 ? OFFLOAD_TSO6 : OFFLOAD_TSO4));
	assert_int_equal(left.checksum_start, v6 ? 54 : 34);
	assert_int_equal(left.checksum_offset, 16);
	assert_int_equal(left.l2_bytes, 14);
	assert_int_equal(left.l4_bytes, 32);
	assert_int_equal(left.segment_bytes, SIZE);
	assert_int_equal(left.segments, pieces);
	assert_int_equal(left.protocol, 6);
	assert_int_equal(left.ip_version, v6 ? 6 : 4);
}

static void grow(void)
{
	hold(ACK);
	for (unsigned i = 1; i < 4; i++) {
		make(&next, NUMBER + i * SIZE, SIZE, ACK);
		assert_true(joins(&next));
		gather_add(&gather, &next.piece);
	}
	make(&next, NUMBER + 4 * SIZE, 7, ACK | PSH);
	assert_true(joins(&next));
	gather_add(&gather, &next.piece);
	/* That was the last. */
	make(&next, NUMBER + 4 * SIZE + 7, 7, ACK);
	assert_false(joins(&next));
	check_whole(4 * SIZE + 7, 5, ACK | PSH);
}

static void test_grows(void **state)
{
	v6 = false;
	grow();
	v6 = true;
	grow();
	v6 = false;
}

static void test_ends(void **state)
{
	/* A short piece is the last, pushed or not; so is a pushed one of full size. */
	hold(ACK);
	make(&next, NUMBER + SIZE, SIZE - 1, ACK);
	assert_true(joins(&next));
	gather_add(&gather, &next.piece);
	make(&next, NUMBER + 2 * SIZE - 1, SIZE, ACK);
	assert_false(joins(&next));
	check_whole(2 * SIZE - 1, 2, ACK);
	hold(ACK | PSH);
	make(&next, NUMBER + SIZE, SIZE, ACK);
	assert_false(joins(&next));
	/* What follows a short one would be cut in other places. */
	make(&held, NUMBER, 40, ACK);
	read_one(&held);
	gather_begin(&gather, &held.piece);
	make(&next, NUMBER + 40, 40, ACK);
	assert_false(joins(&next));
}

static void test_no_longer_than_ip(void **state)
{
	unsigned n = 1;

	hold(ACK);
	for (;; n++) {
		make(&next, NUMBER + n * SIZE, SIZE, ACK);
		if (!joins(&next))
			break;
		gather_add(&gather, &next.piece);
	}
	assert_int_equal(n, 65);
	check_whole(65 * SIZE, 65, ACK);
}

struct change {
	int at; /* from the IP header; v4 */
	uint8_t value;
};

/* Each differs in what the long frame could say for one of them only. */
static void test_headers_differ(void **state)
{
	static const struct change changes[] = {{1, 2}, {8, 63}, {12, 11}, {16, 11}, {20, 9},
		{22, 9}, {27, 1}, {31, 1}, {34, 2}, {39, 7}, {44, 'T'}};

	hold(ACK);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make(&next, NUMBER + SIZE, SIZE, ACK);
		ip_of(&next)[changes[i].at] = changes[i].value;
		sum_up(&next, 32 + SIZE);
		if (joins(&next))
			fail_msg("byte %d", changes[i].at);
	}
	make(&next, NUMBER + SIZE, SIZE, ACK);
	next.bytes[3] = 9;
	assert_false(joins(&next));
	make(&next, NUMBER + SIZE, SIZE + 1, ACK);
	assert_false(joins(&next));
	make(&next, NUMBER + SIZE + 1, SIZE, ACK);
	assert_false(joins(&next));
	make(&next, NUMBER, SIZE, ACK);
	assert_false(joins(&next));
	/* Identification and sums are each one's own. */
	make(&next, NUMBER + SIZE, SIZE, ACK);
	put16(ip_of(&next) + 4, 77);
	sum_up(&next, 32 + SIZE);
	assert_true(joins(&next));
}

static void test_headers_differ_v6(void **state)
{
	static const struct change changes[] = {
		{1, 2}, {3, 2}, {7, 63}, {8, 11}, {39, 11}, {40, 9}};

	v6 = true;
	hold(ACK);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make(&next, NUMBER + SIZE, SIZE, ACK);
		ip_of(&next)[changes[i].at] = changes[i].value;
		sum_up(&next, 32 + SIZE);
		if (joins(&next))
			fail_msg("byte %d", changes[i].at);
	}
	v6 = false;
}

static void test_alone(void **state)
{
	static const uint8_t flags[] = {
		0, ACK | 1, ACK | 2, ACK | 4, ACK | 0x20, ACK | 0x40, ACK | 0x80};

	for (size_t i = 0; i < sizeof(flags); i++) {
		make(&next, NUMBER, SIZE, flags[i]);
		assert_int_equal(read_one(&next), GATHER_ALONE);
	}
	make(&next, NUMBER, 0, ACK);
	assert_int_equal(read_one(&next), GATHER_ALONE);
	/* It is known whose it is. */
	hold(ACK);
	assert_true(gather_same_flow(held.bytes, &held.piece, next.bytes, &next.piece));
	next.bytes[14 + 20] ^= 1;
	assert_false(gather_same_flow(held.bytes, &held.piece, next.bytes, &next.piece));
	/* A wrong sum is the client's to see; unless somebody has checked it. */
	make(&next, NUMBER, SIZE, ACK);
	next.bytes[next.len - 1] ^= 1;
	assert_int_equal(read_one(&next), GATHER_ALONE);
	assert_int_equal(gather_read(next.bytes, next.len, true, &next.piece), GATHER_PIECE);
	make(&next, NUMBER, SIZE, ACK);
	ip_of(&next)[10] ^= 1;
	assert_int_equal(read_one(&next), GATHER_ALONE);
	/* A header that is longer than the segment. */
	make(&next, NUMBER, 8, ACK);
	tcp_of(&next)[12] = 0xB0;
	assert_int_equal(read_one(&next), GATHER_ALONE);
	tcp_of(&next)[12] = 0x40;
	assert_int_equal(read_one(&next), GATHER_ALONE);
}

static void test_unknown_and_other(void **state)
{
	make(&next, NUMBER, SIZE, ACK);
	next.len--; /* less than it says */
	assert_int_equal(read_one(&next), GATHER_UNKNOWN);
	make(&next, NUMBER, SIZE, ACK);
	ip_of(&next)[6] = 0x20; /* a fragment */
	assert_int_equal(read_one(&next), GATHER_UNKNOWN);
	make(&next, NUMBER, SIZE, ACK);
	ip_of(&next)[0] = 0x46; /* options */
	assert_int_equal(read_one(&next), GATHER_UNKNOWN);
	make(&next, NUMBER, SIZE, ACK);
	put16(ip_of(&next) + 2, 39); /* no room for TCP */
	assert_int_equal(read_one(&next), GATHER_UNKNOWN);
	make(&next, NUMBER, SIZE, ACK);
	ip_of(&next)[9] = 17;
	assert_int_equal(read_one(&next), GATHER_OTHER);
	next.bytes[13] = 6; /* ARP */
	assert_int_equal(read_one(&next), GATHER_OTHER);
	next.len = 13;
	assert_int_equal(read_one(&next), GATHER_OTHER);
	v6 = true;
	make(&next, NUMBER, SIZE, ACK);
	ip_of(&next)[6] = 0; /* an extension header first */
	assert_int_equal(read_one(&next), GATHER_UNKNOWN);
	ip_of(&next)[6] = 58;
	assert_int_equal(read_one(&next), GATHER_OTHER);
	v6 = false;
}

/* A tag is part of what all have in common; padding is none of the piece. */
static void test_tag_and_padding(void **state)
{
	make(&next, NUMBER, 5, ACK);
	memmove(next.bytes + 16, next.bytes + 12, next.len - 12);
	memcpy(next.bytes + 12, "\x81\x00\x20\x05", 4);
	next.len += 4 + 9;
	assert_int_equal(read_one(&next), GATHER_PIECE);
	assert_int_equal(next.piece.l2_bytes, 18);
	assert_int_equal(next.piece.payload_bytes, 5);
	assert_int_equal(gather_header_bytes(&next.piece), 18 + 20 + 32);
	assert_int_equal(next.piece.number, NUMBER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_no_longer_than_ip),
		cmocka_unit_test(test_headers_differ),
		cmocka_unit_test(test_headers_differ_v6),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_unknown_and_other),
		cmocka_unit_test(test_tag_and_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
