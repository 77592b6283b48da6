// SPDX-License-Identifier: BSD-3-Clause
/* wire_test.c - messages of the group: what is written is read again, and nothing else is. */
#include "ha/cluster/wire.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char sent[] = "{\"name\":\"vios1\"}";

/* In memory of exactly its size, so that a sanitizer sees a read beyond it. */
static uint8_t *message(size_t bytes)
{
	uint8_t *m = malloc(bytes ? bytes : 1);

	assert_non_null(m);
	return m;
}

static enum wire_fault open_copy(const uint8_t *from, size_t bytes)
{
	uint8_t *copy = message(bytes);
	struct wire_body body;

	memcpy(copy, from, bytes);
	enum wire_fault fault = wire_open(copy, bytes, &body);
	free(copy);
	return fault;
}

static size_t good(uint8_t *m)
{
	assert_int_equal(wire_header(WIRE_REPLICA, strlen(sent), m), 0);
	memcpy(m + WIRE_HEADER_BYTES, sent, strlen(sent));
	return WIRE_HEADER_BYTES + strlen(sent);
}

static void test_round_trip(void **state)
{
	uint8_t m[64];
	size_t bytes = good(m);
	struct wire_body body;

	assert_int_equal(wire_open(m, bytes, &body), WIRE_OK);
	assert_int_equal(body.kind, WIRE_REPLICA);
	assert_int_equal(body.n_bytes, strlen(sent));
	assert_memory_equal(body.bytes, sent, body.n_bytes);
}

/* What goes over the wire is the same on every machine. */
static void test_bytes(void **state)
{
	static const uint8_t want[] = {'V', 'I', 'O', 'S', 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 1, 2};
	uint8_t header[WIRE_HEADER_BYTES];

	assert_int_equal(wire_header(WIRE_SUMMARY, 258, header), 0);
	assert_memory_equal(header, want, sizeof(want));
}

static void test_cut_short(void **state)
{
	uint8_t m[64];
	size_t bytes = good(m);

	for (size_t n = 0; n < WIRE_HEADER_BYTES; n++)
		assert_int_equal(open_copy(m, n), WIRE_SHORT);
	for (size_t n = WIRE_HEADER_BYTES; n < bytes; n++)
		assert_int_equal(open_copy(m, n), WIRE_LENGTH_WRONG);
	assert_int_equal(open_copy(m, bytes + 1), WIRE_LENGTH_WRONG);
}

static void test_foreign(void **state)
{
	uint8_t m[64];
	size_t bytes = good(m);

	m[0] ^= 1;
	assert_int_equal(open_copy(m, bytes), WIRE_NOT_OURS);
	good(m);
	m[7] = 1;
	assert_int_equal(open_copy(m, bytes), WIRE_VERSION_UNKNOWN);
	good(m);
	m[11] = 0;
	assert_int_equal(open_copy(m, bytes), WIRE_KIND_UNKNOWN);
	m[11] = 4;
	assert_int_equal(open_copy(m, bytes), WIRE_KIND_UNKNOWN);
	good(m);
	memset(m + 12, 0xff, 4);
	assert_int_equal(open_copy(m, bytes), WIRE_LENGTH_WRONG);
}

static void test_limits(void **state)
{
	uint8_t *m = message(WIRE_MESSAGE_MAX + 1);

	memset(m, ' ', WIRE_MESSAGE_MAX + 1);
	assert_int_equal(wire_header(WIRE_SUMMARY, WIRE_BODY_MAX, m), 0);
	assert_int_equal(open_copy(m, WIRE_MESSAGE_MAX), WIRE_OK);
	assert_int_equal(open_copy(m, WIRE_MESSAGE_MAX + 1), WIRE_TOO_LONG);
	assert_int_equal(wire_header(WIRE_SUMMARY, WIRE_BODY_MAX + 1, m), -EMSGSIZE);
	assert_int_equal(wire_header(WIRE_SUMMARY, 0, m), 0);
	assert_int_equal(open_copy(m, WIRE_HEADER_BYTES), WIRE_OK);
	free(m);
}

static void test_every_fault_has_a_name(void **state)
{
	for (int i = 0; i < WIRE_N_FAULTS; i++)
		assert_non_null(wire_fault_name((enum wire_fault)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_every_fault_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
