/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outcome_test.c - what is kept of commands that must not be done twice. The property: a target
 * takes such commands, does them and answers them, and dies before any store into the region: its
 * successor does again what had no effect, answers what was kept, and says of the rest that it does
 * not know; nothing is done twice, whatever counters begin anew. inflight.c and outcome.c are
 * compiled into this test with stores that count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static jmp_buf death;
static unsigned stores_left; /* 0: immortal */

static void before_store(void)
{
	if (stores_left && --stores_left == 0)
		longjmp(death, 1);
}

#define __atomic_store_n(at, value, order) (before_store(), (void)(*(at) = (value)))
#include "storage/inflight.c"

#undef ENTRY_BYTES
#define entry outcome_entry
#include "storage/outcome.c"
#undef __atomic_store_n
#include "tests/lib/leak_check.h"

#define SIZE 8
#define LIVES 20000
#define COMMAND 9

static uint64_t seed;

static unsigned draw(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

/* What a driver asked for, and what became of it on the disk. */
static struct {
	bool with_device;
	unsigned done;	/* effects of this request */
	uint8_t result; /* that an effect had */
} asked[SIZE];

static _Alignas(64) uint8_t region[4096];
static uint16_t used_idx;
static unsigned answered, unknown, repeated;

static void answer(struct inflight *q, uint16_t head, int result)
{
	inflight_put(q, head);
	before_store();
	used_idx++; /* the driver sees it, and is told the truth: */
	if (result < 0)
		unknown++;
	else
		assert_true(asked[head].done == 1 && asked[head].result == result);
	answered++;
	asked[head].with_device = false;
	inflight_shown(q, 1, used_idx);
}

static void effect(uint16_t head)
{
	before_store();
	assert_true(asked[head].with_device);
	assert_int_equal(asked[head].done++, 0);
	asked[head].result = (uint8_t)draw(200);
}

static void carry_out(struct inflight *q, struct outcomes *o, uint16_t head)
{
	uint64_t counter = inflight_counter(q, head);

	outcome_begin(o, head, counter, COMMAND);
	effect(head);
	outcome_keep(o, head, counter, asked[head].result, head);
	answer(q, head, asked[head].result);
}

static void do_again(struct inflight *q, struct outcomes *o, uint16_t head)
{
	struct outcome kept;

	switch (outcome_find(o, head, inflight_counter(q, head), COMMAND, &kept)) {
	case OUTCOME_NONE:
		repeated++;
		carry_out(q, o, head);
		return;
	case OUTCOME_KEPT:
		assert_int_equal(kept.where, head);
		answer(q, head, kept.result);
		return;
	case OUTCOME_BEGUN:
		answer(q, head, -1);
	}
}

static void work(struct inflight *q, struct outcomes *o, unsigned n)
{
	while (n--) {
		uint16_t head = (uint16_t)draw(SIZE), other = (uint16_t)draw(SIZE);

		if (asked[head].with_device || asked[other].with_device || head == other)
			continue;
		asked[head].with_device = asked[other].with_device = true;
		asked[head].done = asked[other].done = 0;
		inflight_take(q, head);
		inflight_take(q, other);
		carry_out(q, o, head);
		carry_out(q, o, other);
	}
}

static void live(unsigned stores)
{
	size_t before = inflight_bytes(1, SIZE);
	struct inflight q;
	struct outcomes o;
	uint16_t heads[SIZE];
	uint64_t counters[SIZE];
	int n;

	stores_left = stores;
	__lsan_disable();
	if (setjmp(death)) {
		__lsan_enable();
		return;
	}
	assert_int_equal(inflight_attach(&q, region, sizeof(region), 0, 1, SIZE), 0);
	assert_true(outcome_attach(&o, region, sizeof(region), before, 0, 1, SIZE));
	n = inflight_recover(&q, used_idx, heads);
	assert_in_range(n, 0, SIZE);
	for (int i = 0; i < n; i++)
		counters[i] = inflight_counter(&q, heads[i]);
	outcome_recover(&o, heads, counters, (unsigned)n);
	for (int i = 0; i < n; i++)
		do_again(&q, &o, heads[i]);
	/* Taken by nobody: still in the driver's ring. */
	for (uint16_t head = 0; head < SIZE; head++)
		if (!inflight_has(&q, head))
			asked[head].with_device = false;
	work(&q, &o, stores ? 1000 : 10);
	stores_left = 0;
	__lsan_enable();
}

static void test_dies_at_any_step(void **state)
{
	const char *given = getenv("VIOS_SEED");

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) | 1;
	print_message("VIOS_SEED=%llu\n", (unsigned long long)seed);
	memset(region, 0, sizeof(region));
	for (unsigned n = 0; n < LIVES; n++)
		live(draw(8) ? 1 + draw(60) : 0);
	live(0);
	assert_true(answered > LIVES && repeated > LIVES / 100 && unknown > LIVES / 100);
	assert_true(unknown < LIVES);
}

static void test_states(void **state)
{
	struct outcomes o;
	struct outcome kept = {0};

	memset(region, 0, sizeof(region));
	assert_true(outcome_attach(&o, region, sizeof(region), 0, 0, 1, SIZE));
	assert_int_equal(outcome_find(&o, 3, 0, COMMAND, &kept), OUTCOME_NONE);
	outcome_keep(&o, 3, 0, 1, 1); /* nothing had begun */
	assert_int_equal(outcome_find(&o, 3, 0, COMMAND, &kept), OUTCOME_NONE);
	outcome_begin(&o, 3, 7, COMMAND);
	assert_int_equal(outcome_find(&o, 3, 7, COMMAND, &kept), OUTCOME_BEGUN);
	assert_int_equal(outcome_find(&o, 3, 8, COMMAND, &kept), OUTCOME_NONE);
	outcome_keep(&o, 3, 8, 1, 1); /* another one's */
	assert_int_equal(outcome_find(&o, 3, 7, COMMAND, &kept), OUTCOME_BEGUN);
	outcome_keep(&o, 3, 7, 5, 1u << 30);
	assert_int_equal(outcome_find(&o, 3, 7, COMMAND, &kept), OUTCOME_KEPT);
	assert_int_equal(kept.result, 5);
	assert_int_equal(kept.where, 1u << 30);
	assert_int_equal(outcome_find(&o, 3, 7, COMMAND + 1, &kept), OUTCOME_BEGUN);
	assert_int_equal(outcome_find(&o, SIZE, 7, COMMAND, &kept), OUTCOME_BEGUN);
	region[3 * 32 + 16] = 99; /* damaged */
	assert_int_equal(outcome_find(&o, 3, 7, COMMAND, &kept), OUTCOME_BEGUN);
	outcome_recover(&o, (uint16_t[]){2, 3}, (uint64_t[]){7, 7}, 2);
	assert_int_equal(outcome_find(&o, 3, 7, COMMAND, &kept), OUTCOME_BEGUN);
	outcome_recover(&o, (uint16_t[]){3}, (uint64_t[]){6}, 1);
	assert_int_equal(outcome_find(&o, 3, 7, COMMAND, &kept), OUTCOME_NONE);
}

static void test_room(void **state)
{
	struct outcomes o;
	struct outcome kept;

	assert_int_equal(outcome_bytes(3, 128), 3 * 128 * 32);
	assert_false(outcome_attach(&o, NULL, 4096, 0, 0, 1, SIZE));
	assert_false(outcome_attach(&o, region, 511, 0, 0, 2, SIZE));
	assert_false(outcome_attach(&o, region, 512, 8, 0, 2, SIZE));
	assert_false(outcome_attach(&o, region, 512, 1024, 0, 2, SIZE));
	assert_false(outcome_attach(&o, region, 4096, 0, 2, 2, SIZE));
	assert_false(outcome_attach(&o, region, 4096, 4, 0, 2, SIZE));
	assert_int_equal(outcome_find(&o, 0, 0, 1, &kept), OUTCOME_BEGUN); /* nobody knows */
	outcome_begin(&o, 0, 0, 1);
	assert_true(outcome_attach(&o, region, 512, 0, 1, 2, SIZE));
	assert_ptr_equal(o.at, region + 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_dies_at_any_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
