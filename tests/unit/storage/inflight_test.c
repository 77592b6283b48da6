/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inflight_test.c - the region, and the promise that it keeps: a target may die at any store, and
 * its successor does every request again that the driver has not been shown, and none that it has.
 *
 * The property: a driver with two rings in a random world. A target takes requests, executes them
 * in any order, and gives back batches; it dies before a random store into the region or the used
 * index: inflight.c is compiled into this test with stores that count. The successor recovers from
 * the region and the used index alone, and may die of that, too.
 */
#include <errno.h>
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
#undef __atomic_store_n
#include "tests/lib/leak_check.h"

#define SIZE 16
#define QUEUES 2
#define LIVES 20000

static uint64_t seed;

static unsigned draw(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

/* What the driver sees and knows of a ring. */
struct driver {
	uint16_t avail_idx, used_idx, seen;
	uint16_t avail[SIZE], used[SIZE];
	bool with_device[SIZE];
	unsigned executed[SIZE]; /* since it was made available */
	unsigned finished;
};

/* A target's own memory: gone when it dies. */
struct target {
	struct inflight q;
	uint16_t next_avail, next_used;
	uint16_t taken[SIZE];
	unsigned n_taken, n_put;
};

struct world {
	_Alignas(64) uint8_t region[4096];
	struct driver driver[QUEUES];
	struct target target[QUEUES];
};

static void driver_step(struct driver *d)
{
	while (d->seen != d->used_idx) {
		uint16_t head = d->used[d->seen++ % SIZE];

		assert_true(d->with_device[head]); /* else it came back twice */
		assert_true(d->executed[head] >= 1);
		d->with_device[head] = false;
		d->finished++;
	}
	for (unsigned n = draw(4); n; n--) {
		uint16_t head = (uint16_t)draw(SIZE);

		if (d->with_device[head])
			continue;
		d->with_device[head] = true;
		d->executed[head] = 0;
		d->avail[d->avail_idx++ % SIZE] = head;
	}
}

static void begin(struct world *w, unsigned i)
{
	struct target *t = &w->target[i];
	struct driver *d = &w->driver[i];
	uint16_t heads[SIZE];
	int n;

	*t = (struct target){0};
	assert_int_equal(inflight_attach(&t->q, w->region, sizeof(w->region), i, QUEUES, SIZE), 0);
	n = inflight_recover(&t->q, d->used_idx, heads);
	assert_in_range(n, 0, SIZE);
	for (int k = 0; k < n; k++) {
		/* Shown to the driver: must not be done again. */
		bool shown = false;

		for (uint16_t s = d->seen; s != d->used_idx; s++)
			shown |= d->used[s % SIZE] == heads[k];
		assert_false(shown);
		assert_true(d->with_device[heads[k]]);
		t->taken[t->n_taken++] = heads[k];
	}
	t->next_used = d->used_idx;
	t->next_avail = (uint16_t)(d->used_idx + n);
	/* What is neither to be done again nor still in the available ring would be lost. */
	assert_in_range((uint16_t)(d->avail_idx - t->next_avail), 0, SIZE);
}

static void take(struct world *w, unsigned i)
{
	struct target *t = &w->target[i];
	struct driver *d = &w->driver[i];

	if (t->next_avail == d->avail_idx)
		return;
	t->taken[t->n_taken] = d->avail[t->next_avail++ % SIZE];
	inflight_take(&t->q, t->taken[t->n_taken++]);
}

/* Executes one, out of order, and puts it into the used ring. */
static void put(struct world *w, unsigned i)
{
	struct target *t = &w->target[i];
	struct driver *d = &w->driver[i];
	unsigned k;
	uint16_t head;

	if (!t->n_taken)
		return;
	k = draw(t->n_taken);
	head = t->taken[k];
	t->taken[k] = t->taken[--t->n_taken];
	d->executed[head]++;
	/* Never after the driver has been shown it. */
	assert_true(d->with_device[head]);
	d->used[t->next_used++ % SIZE] = head;
	inflight_put(&t->q, head);
	t->n_put++;
}

static void show(struct world *w, unsigned i)
{
	struct target *t = &w->target[i];

	if (!t->n_put)
		return;
	before_store();
	w->driver[i].used_idx = t->next_used;
	inflight_shown(&t->q, t->n_put, w->driver[i].used_idx);
	t->n_put = 0;
}

static void live(struct world *w)
{
	stores_left = 1 + draw(80);
	__lsan_disable();
	if (setjmp(death)) {
		__lsan_enable();
		return;
	}
	for (unsigned i = 0; i < QUEUES; i++)
		begin(w, i);
	for (;;) {
		unsigned i = draw(QUEUES), what = draw(8);

		if (what < 3)
			take(w, i);
		else if (what < 6)
			put(w, i);
		else if (what == 6)
			show(w, i);
		driver_step(&w->driver[i]);
	}
}

static void drain(struct world *w)
{
	for (unsigned i = 0; i < QUEUES; i++) {
		struct driver *d = &w->driver[i];

		begin(w, i);
		while (w->target[i].next_avail != d->avail_idx)
			take(w, i);
		while (w->target[i].n_taken)
			put(w, i);
		show(w, i);
		while (d->seen != d->used_idx) {
			uint16_t head = d->used[d->seen++ % SIZE];

			assert_true(d->with_device[head]);
			d->with_device[head] = false;
			d->finished++;
		}
		for (unsigned head = 0; head < SIZE; head++)
			assert_false(d->with_device[head]); /* lost */
	}
}

static void test_dies_at_any_step(void **state)
{
	struct world *w = aligned_alloc(64, (sizeof(*w) + 63) / 64 * 64);
	const char *given = getenv("VIOS_SEED");

	assert_non_null(w);
	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) | 1;
	print_message("VIOS_SEED=%llu\n", (unsigned long long)seed);
	memset(w, 0, sizeof(*w));
	for (unsigned n = 0; n < LIVES; n++)
		live(w);
	stores_left = 0;
	drain(w);
	assert_true(w->driver[0].finished > LIVES && w->driver[1].finished > LIVES);
	free(w);
}

/* ---- the text's layout, and its order ---- */

static uint8_t *new_region(void)
{
	uint8_t *region = aligned_alloc(64, 4096);

	assert_non_null(region);
	memset(region, 0, 4096);
	return region;
}

static void test_layout(void **state)
{
	uint8_t *region = new_region(), *at;
	struct inflight q;
	uint16_t v;

	assert_int_equal(inflight_bytes(1, 128), 2112); /* 16 + 128 * 16, to a multiple of 64 */
	assert_int_equal(inflight_bytes(4, 128), 4 * 2112);
	assert_int_equal(inflight_attach(&q, region, 4096, 1, 2, 16), 0);
	at = region + 320;
	memcpy(&v, at + 8, 2);
	assert_int_equal(v, 1);
	memcpy(&v, at + 10, 2);
	assert_int_equal(v, 16);
	inflight_take(&q, 3);
	inflight_take(&q, 5);
	assert_int_equal(at[16 + 3 * 16], 1);
	assert_int_equal(at[16 + 5 * 16 + 8], 1); /* counters 0 and 1 */
	inflight_put(&q, 3);
	inflight_put(&q, 5);
	memcpy(&v, at + 12, 2);
	assert_int_equal(v, 5);
	memcpy(&v, at + 16 + 5 * 16 + 6, 2);
	assert_int_equal(v, 3);
	inflight_shown(&q, 2, 2);
	memcpy(&v, at + 14, 2);
	assert_int_equal(v, 2);
	assert_false(inflight_has(&q, 3) || inflight_has(&q, 5));
	free(region);
}

static void test_order_and_counter(void **state)
{
	uint8_t *region = new_region();
	static const uint16_t order[] = {9, 2, 14, 0};
	struct inflight q, next;
	uint16_t heads[16];

	assert_int_equal(inflight_attach(&q, region, 4096, 0, 1, 16), 0);
	assert_int_equal(inflight_recover(&q, 77, heads), 0);
	for (unsigned i = 0; i < 4; i++)
		inflight_take(&q, order[i]);
	assert_int_equal(inflight_attach(&next, region, 4096, 0, 1, 16), 0);
	assert_int_equal(inflight_recover(&next, 77, heads), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(heads[i], order[i]);
	assert_int_equal(next.counter, 4);
	free(region);
}

static void refused(void (*damage)(uint8_t *part), int attach, int recover)
{
	uint8_t *region = new_region(), *copy = new_region();
	struct inflight q;
	uint16_t heads[16];

	assert_int_equal(inflight_attach(&q, region, 4096, 0, 1, 16), 0);
	assert_int_equal(inflight_recover(&q, 100, heads), 0);
	inflight_take(&q, 1);
	inflight_take(&q, 2);
	damage(region);
	memcpy(copy, region, 4096);
	assert_int_equal(inflight_attach(&q, region, 4096, 0, 1, 16), attach);
	if (!attach)
		assert_int_equal(inflight_recover(&q, 102, heads), recover);
	assert_memory_equal(region, copy, 4096); /* nothing was changed */
	free(copy);
	free(region);
}

static void put16(uint8_t *at, uint16_t v)
{
	memcpy(at, &v, 2);
}

static void version(uint8_t *p)
{
	put16(p + 8, 2);
}

static void other_size(uint8_t *p)
{
	put16(p + 10, 32);
}

static void far_index(uint8_t *p)
{
	put16(p + 14, 50);
}

static void head_outside(uint8_t *p)
{
	put16(p + 12, 16);
}

static void circle(uint8_t *p)
{
	put16(p + 12, 1);
	put16(p + 16 + 16 + 6, 1);
}

static void odd_flag(uint8_t *p)
{
	put16(p + 12, 1);
	put16(p + 16 + 16 + 6, 2);
	p[16 + 5 * 16] = 3;
}

static void counter_ends(uint8_t *p)
{
	put16(p + 12, 1);
	put16(p + 16 + 16 + 6, 5);
	memset(p + 16 + 2 * 16 + 8, 0xff, 8);
}

static void test_damaged(void **state)
{
	refused(version, -EPROTO, 0);
	refused(other_size, -EPROTO, 0);
	refused(far_index, 0, -EPROTO);
	refused(head_outside, 0, -EPROTO);
	refused(circle, 0, -EPROTO);
	refused(odd_flag, 0, -EPROTO);
	refused(counter_ends, 0, -EPROTO);
}

static void test_too_short(void **state)
{
	uint8_t *region = new_region();
	struct inflight q;

	assert_int_equal(inflight_attach(&q, region, 319, 0, 1, 16), -EINVAL);
	assert_int_equal(inflight_attach(&q, region, 320, 0, 1, 16), 0);
	assert_int_equal(inflight_attach(&q, region, 4096, 2, 2, 16), -EINVAL);
	assert_int_equal(inflight_attach(&q, region, 4096, 0, 1, 0), -EINVAL);
	assert_false(inflight_any(NULL, 0, 0, 1, 16));
	assert_false(inflight_any(region, 4096, 0, 1, 16));
	inflight_take(&q, 0);
	assert_true(inflight_any(region, 4096, 0, 1, 16));
	assert_false(inflight_any(region, 4096, 1, 1, 16));
	free(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_order_and_counter),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_too_short),
		cmocka_unit_test(test_dies_at_any_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
