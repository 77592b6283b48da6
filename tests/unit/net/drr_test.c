/* SPDX-License-Identifier: BSD-3-Clause */
/* drr_test.c - shares of an uplink that is full, over virtual time: by weight, by bytes, and
 * without anybody being starved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/bucket.h"
#include "net/drr.h"

#define PORTS 4
#define UPLINK_BYTES_S 12500000u /* 100 Mbit/s */
#define BURST 32u

static struct drr drr;

static int set_up(void **state)
{
	memset(&drr, 0, sizeof(drr));
	return 0;
}

static struct rte_mbuf *number(uintptr_t n)
{
	return (struct rte_mbuf *)n;
}

static void test_in_order(void **state)
{
	struct drr_frame out[DRR_FRAMES];

	for (uintptr_t i = 1; i <= 20; i++)
		assert_true(drr_put(&drr, i % 2 ? 7 : 9, 10, number(i), 100));
	assert_int_equal(drr_take(&drr, out, DRR_FRAMES, 550), 5);
	drr_give_back(&drr, out + 2, 3);
	assert_int_equal(drr.n, 18);
	uintptr_t odd = (uintptr_t)out[1].mbuf, even = 0;
	unsigned n = drr_take(&drr, out, DRR_FRAMES, UINT64_MAX);

	assert_int_equal(n, 18);
	for (unsigned i = 0; i < n; i++) {
		uintptr_t *last = out[i].port == 7 ? &odd : &even;
		uintptr_t at = (uintptr_t)out[i].mbuf;

		assert_int_equal(at, *last ? *last + 2 : 2);
		*last = at;
	}
	assert_int_equal(drr.n, 0);
	assert_int_equal(drr_take(&drr, out, 1, UINT64_MAX), 0);
}

static void test_one_port_at_once(void **state)
{
	struct drr_frame out[DRR_FRAMES];

	for (uintptr_t i = 1; i <= 30; i++)
		assert_true(drr_put(&drr, (uint16_t)(i % 3), 1, number(i), 1500));
	assert_int_equal(drr_take_port(&drr, 1, out, 4), 4);
	assert_int_equal((uintptr_t)out[3].mbuf, 10);
	assert_int_equal(drr_take_port(&drr, 1, out, DRR_FRAMES), 6);
	assert_int_equal((uintptr_t)out[5].mbuf, 28);
	assert_int_equal(drr_take_port(&drr, 1, out, DRR_FRAMES), 0);
	assert_int_equal(drr_take(&drr, out, DRR_FRAMES, UINT64_MAX), 20);
	for (unsigned i = 0; i < 20; i++)
		assert_int_not_equal(out[i].port, 1);
	assert_true(drr_put(&drr, 1, 1, number(1), 60));
	assert_int_equal(drr_take(&drr, out, 2, UINT64_MAX), 1);
}

/* Whoever fills it, another one finds room. */
static void test_room(void **state)
{
	struct drr_frame out[DRR_FRAMES];
	unsigned n = 0;

	while (drr_put(&drr, 0, 10, number(1), 1500))
		n++;
	assert_int_equal(n, (DRR_FRAMES - DRR_RESERVE) / 2);
	for (n = 0; drr_put(&drr, 1, 10, number(2), 1500); n++)
		;
	assert_int_equal(n, (DRR_FRAMES - DRR_RESERVE) / 4);
	assert_int_equal(drr_take(&drr, out, 16, UINT64_MAX), 16);
	assert_false(drr_put(&drr, 0, 10, number(1), 1500)); /* has more than is left */
	assert_true(drr_put(&drr, 1, 10, number(2), 1500));
	assert_true(drr_put(&drr, 0, 100, number(1), 1500)); /* the weight has changed */
}

/* However many fill it, and however heavy they are. */
static void test_always_room(void **state)
{
	struct drr_frame out;

	for (unsigned i = 0; i < 20000; i++) {
		drr_put(&drr, (uint16_t)(i % 20), 100, number(1), 60);
		if (i % 50 == 0)
			drr_take(&drr, &out, 1, UINT64_MAX);
	}
	assert_true(drr_put(&drr, 99, 1, number(2), 1500));
}

struct sender {
	uint8_t weight;
	uint32_t frame_bytes;
	uint32_t bytes_per_s; /* what it would send */
	uint64_t sent, lost, offered;
};

/* Two seconds of what they send, in rounds of 100 us, into an uplink with this rate. Every third
 * round it takes one frame less than its turn says: they come back. */
static void run(struct sender *s, unsigned n)
{
	struct drr_frame out[BURST];
	struct bucket bucket = {0};

	for (uint64_t now = 1000000; now < 3000000; now += 100) {
		for (unsigned i = 0; i < n; i++) {
			uint64_t due = s[i].bytes_per_s * (now - 1000000) / 1000000;

			for (; s[i].offered < due; s[i].offered += s[i].frame_bytes)
				if (!drr_put(&drr, (uint16_t)i, s[i].weight, number(1),
					    s[i].frame_bytes))
					s[i].lost += s[i].frame_bytes;
		}
		for (unsigned got = BURST; got == BURST;) {
			uint32_t level = bucket_level(&bucket, UPLINK_BYTES_S, 30000, now);
			unsigned sent;

			got = drr_take(&drr, out, BURST, level);
			sent = got && now % 300 == 0 ? got - 1 : got;
			drr_give_back(&drr, out + sent, got - sent);
			for (unsigned i = 0; i < sent; i++) {
				s[out[i].port].sent += out[i].bytes;
				bucket_charge(&bucket, UPLINK_BYTES_S, out[i].bytes);
			}
			if (sent < got)
				break;
		}
	}
}

static void assert_about(uint64_t got, uint64_t wanted)
{
	assert_in_range(got, wanted - wanted / 20, wanted + wanted / 20);
}

static void test_shares_by_weight(void **state)
{
	struct sender s[] = {{10, 1514, 100000000}, {30, 1514, 100000000}, {10, 1514, 100000000}};

	run(s, 3);
	assert_about(s[0].sent, UPLINK_BYTES_S * 2 / 5);
	assert_about(s[1].sent, UPLINK_BYTES_S * 6 / 5);
	assert_about(s[2].sent, UPLINK_BYTES_S * 2 / 5);
}

/* Bytes count, not frames. */
static void test_short_frames(void **state)
{
	struct sender s[] = {{10, 64, 60000000}, {10, 9018, 60000000}, {1, 1514, 60000000}};

	run(s, 3);
	assert_about(s[0].sent, UPLINK_BYTES_S * 20 / 21);
	assert_about(s[1].sent, UPLINK_BYTES_S * 20 / 21);
	assert_about(s[2].sent, UPLINK_BYTES_S * 2 / 21);
}

/* Who wants less than its share gets all that it wants, and the others the rest. */
static void test_nobody_is_starved(void **state)
{
	struct sender s[] = {
		{10, 1514, 400000000}, {10, 200, 1000000}, {10, 1514, 0}, {1, 1514, 200000}};

	run(s, 4);
	assert_int_equal(s[1].lost, 0);
	assert_int_equal(s[3].lost, 0);
	assert_about(s[1].sent, 2000000);
	assert_about(s[3].sent, 400000);
	assert_about(s[0].sent, UPLINK_BYTES_S * 2 - 2400000);
}

/* Any order of calls: what goes in comes out once, or is refused. */
static void test_anything(void **state)
{
	static uint8_t there[100000];
	struct drr_frame out[DRR_FRAMES];
	uintptr_t next = 1;
	unsigned n, inside = 0;

	srand(1);
	for (unsigned step = 0; step < 200000; step++) {
		unsigned what = (unsigned)rand(), most = 1 + (what >> 16) % 40;

		if (what % 8 < 5 && next < sizeof(there)) {
			if (drr_put(&drr, (uint16_t)((what >> 8) % 6), (uint8_t)(what >> 16) % 101,
				    number(next), 60 + what % 9000)) {
				there[next++] = 1;
				inside++;
			}
			continue;
		}
		if (what % 8 == 7)
			n = drr_take_port(&drr, (uint16_t)((what >> 8) % 6), out, most);
		else
			n = drr_take(&drr, out, most, what);
		if (what % 8 == 6) {
			unsigned back = n / 2;

			drr_give_back(&drr, out + n - back, back);
			n -= back;
		}
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(there[(uintptr_t)out[i].mbuf]++, 1);
		inside -= n;
		assert_int_equal(drr.n, inside);
	}
	assert_true(next > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_in_order, set_up),
		cmocka_unit_test_setup(test_one_port_at_once, set_up),
		cmocka_unit_test_setup(test_room, set_up),
		cmocka_unit_test_setup(test_always_room, set_up),
		cmocka_unit_test_setup(test_shares_by_weight, set_up),
		cmocka_unit_test_setup(test_short_frames, set_up),
		cmocka_unit_test_setup(test_nobody_is_starved, set_up),
		cmocka_unit_test_setup(test_anything, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
