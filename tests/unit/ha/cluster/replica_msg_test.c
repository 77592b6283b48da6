// SPDX-License-Identifier: BSD-3-Clause
/* replica_msg_test.c - messages of the replicas: what is written is read again, and nothing else
 * is. */
#include "ha/cluster/replica_msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct replica_msg example(enum replica_kind kind)
{
	struct replica_msg msg = {
		.kind = kind, .from = {0x1122334455667788, 2}, .to = {3, UINT64_MAX}};

	msg.stamp.epoch = 5;
	msg.stamp.version = INT64_MAX - 1;
	msg.stamp.done[1].seq = 9;
	memset(msg.stamp.digest, 0xab, STAMP_DIGEST);
	msg.doubtful = kind == MSG_HAVE;
	if (kind == MSG_PROPOSE || kind == MSG_CHUNK) {
		msg.data = (const uint8_t *)"text";
		msg.n_data = 4;
	}
	if (kind == MSG_PROPOSE) {
		msg.seq = 8;
		msg.base = REPLICA_ANY_BASE;
	}
	if (kind == MSG_CHUNK) {
		msg.total = 10;
		msg.offset = 6;
		msg.changed.n = 2;
		msg.changed.id[1] = UINT32_MAX;
	}
	return msg;
}

static void test_round_trip(void **state)
{
	for (int kind = MSG_HAVE; kind <= MSG_CHUNK; kind++) {
		struct replica_msg msg = example((enum replica_kind)kind), again;
		size_t n;
		uint8_t *bytes = replica_msg_write(&msg, &n);

		assert_true(replica_msg_read(bytes, n, &again));
		assert_int_equal(again.n_data, msg.n_data);
		if (msg.n_data)
			assert_memory_equal(again.data, msg.data, msg.n_data);
		again.data = msg.data;
		assert_memory_equal(&again, &msg, sizeof(msg));
		free(bytes);
	}
}

/* In memory of exactly its size, so that a sanitizer sees a read beyond it. */
static bool reads(const uint8_t *from, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	struct replica_msg msg;

	memcpy(copy, from, n);
	bool good = replica_msg_read(copy, n, &msg);
	free(copy);
	return good;
}

static void test_cut_short_or_long(void **state)
{
	for (int kind = MSG_HAVE; kind <= MSG_CHUNK; kind++) {
		struct replica_msg msg = example((enum replica_kind)kind);
		size_t n, data = msg.n_data;
		uint8_t *bytes = replica_msg_write(&msg, &n);

		/* Data may be shorter, and still is data. */
		for (size_t cut = 0; cut < n - (data ? data - 1 : 0); cut++)
			assert_false(data && cut == n - data + 1 ? false : reads(bytes, cut));
		bytes[n] = 0;
		assert_int_equal(reads(bytes, n + 1), kind == MSG_PROPOSE);
		free(bytes);
	}
}

static bool refused(struct replica_msg *msg)
{
	size_t n;
	uint8_t *bytes = replica_msg_write(msg, &n);
	bool good = reads(bytes, n);

	free(bytes);
	return !good;
}

static void test_ranges(void **state)
{
	struct replica_msg msg = example(MSG_ACK);

	assert_false(refused(&msg));
	msg.stamp.version = INT64_MAX;
	assert_true(refused(&msg));
	msg = example(MSG_ACK);
	msg.from.incarnation = 0;
	assert_true(refused(&msg));
	msg = example(MSG_ACK);
	msg.kind = 5;
	assert_true(refused(&msg));
	msg.kind = 0;
	assert_true(refused(&msg));
	msg = example(MSG_PROPOSE);
	msg.seq = 0;
	assert_true(refused(&msg));
	msg = example(MSG_CHUNK);
	msg.offset = 7; /* and four bytes: more than 10 */
	assert_true(refused(&msg));
	msg.total = REPLICA_TEXT_MAX + 1;
	assert_true(refused(&msg));
	msg = example(MSG_CHUNK);
	msg.n_data = 0;
	assert_true(refused(&msg));
}

static void test_ids(void **state)
{
	struct replica_msg msg = example(MSG_CHUNK), again;
	size_t n;

	msg.changed.n = STAMP_IDS;
	assert_false(refused(&msg));
	msg.changed = (struct stamp_ids){.all = true};
	uint8_t *bytes = replica_msg_write(&msg, &n);
	assert_true(replica_msg_read(bytes, n, &again));
	assert_true(again.changed.all && again.changed.n == 0);
	bytes[116 + 8 + 2] = 1; /* 0xffff01ff ids */
	assert_false(reads(bytes, n));
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_cut_short_or_long),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
