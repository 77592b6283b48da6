/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge_power_test.c - a data plane that was killed and does not die: when is its VIOS powered off,
 * and when not? Planes of two VIOS on virtual time, one object a test, one thread.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ha/frame/judge_priv.h"

#define HANG_MS 100
#define LAST_RESORT_MS 10000
#define POWER_MS 8000
#define PLANES 4

struct one {
	int slot; /* -1: dead */
	bool runs;
	struct judge_sample sample;
	unsigned kills;
	uint64_t killed_ms;
};

struct world {
	struct judge *j;
	struct judge_actions out;
	uint64_t ms;
	size_t n;
	struct one one[PLANES];
	unsigned reports[16], powers, answers;
	uint64_t powered_ms, answered_ms;
	enum judge_verdict verdict;
};

static uint64_t now_ns(const struct world *w)
{
	return w->ms * MS_NS;
}

static struct world *begin(uint64_t power_ms)
{
	const struct judge_rules rules = {.hang_ns = HANG_MS * MS_NS,
		.last_resort_ns = LAST_RESORT_MS * MS_NS,
		.power_ns = power_ms * MS_NS};
	struct world *w = calloc(1, sizeof(*w));

	w->ms = 1000;
	w->j = judge_new(&rules, now_ns(w));
	return w;
}

static void end(struct world *w)
{
	judge_free(w->j);
	free(w);
}

static struct one *watch(struct world *w, const char *vios, const char *plane)
{
	struct one *o = &w->one[w->n++];

	o->runs = true;
	o->sample.state[0] = SILENCE_POLLING;
	o->slot = judge_watch(w->j, vios, plane, 0x10 + w->n, 1, false, &o->sample, now_ns(w));
	assert_true(o->slot >= 0);
	return o;
}

static void carry_out(struct world *w);

static void killed(struct world *w, uint32_t slot)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->one[i].slot == (int)slot) {
			w->one[i].kills++;
			w->one[i].killed_ms = w->ms;
		}
}

static void one_action(struct world *w, const struct judge_action *a)
{
	switch (a->kind) {
	case JUDGE_THREADS:
		judge_threads(w->j, a->slot, false, now_ns(w), &w->out);
		carry_out(w);
		break;
	case JUDGE_KILL:
		killed(w, a->slot);
		break;
	case JUDGE_REPORT:
		w->reports[a->report]++;
		break;
	case JUDGE_POWER:
		w->powers++;
		w->powered_ms = w->ms;
		break;
	case JUDGE_ANSWER:
		w->answers++;
		w->answered_ms = w->ms;
		w->verdict = a->verdict;
		break;
	case JUDGE_PING:
	case JUDGE_DEAD:
		break;
	}
}

static void carry_out(struct world *w)
{
	struct judge_actions *now = malloc(sizeof(*now));

	*now = w->out;
	for (size_t i = 0; i < now->n; i++)
		one_action(w, &now->v[i]);
	free(now);
}

static void look(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->one[i].slot < 0)
			continue;
		w->one[i].sample.ticks[0] += w->one[i].runs;
		judge_sample(w->j, (uint32_t)w->one[i].slot, &w->one[i].sample);
	}
	judge_look(w->j, now_ns(w), &w->out);
	carry_out(w);
}

static void run_for(struct world *w, uint64_t for_ms)
{
	const uint64_t end_ms = w->ms + for_ms;

	while (w->ms < end_ms) {
		uint64_t next_ms = (judge_next_ns(w->j) + MS_NS - 1) / MS_NS;

		w->ms = next_ms > end_ms ? end_ms : next_ms;
		if (w->ms == next_ms)
			look(w);
	}
}

static void die(struct world *w, struct one *o)
{
	judge_died(w->j, (uint32_t)o->slot, now_ns(w), &w->out);
	o->slot = -1;
	carry_out(w);
}

static void fence(struct world *w, const char *vios)
{
	judge_fence(w->j, vios, 7, now_ns(w), &w->out);
	carry_out(w);
}

/* It hangs, is killed, and stays. */
static void get_stuck(struct world *w, struct one *o)
{
	o->runs = false;
	run_for(w, 4 * HANG_MS);
	assert_int_equal(o->kills, 1);
	assert_int_equal(w->powers, 0);
}

static void what_does_not_die_is_powered_off_once(void **state)
{
	struct world *w = begin(POWER_MS);
	struct one *a = watch(w, "vios1", "netd");

	watch(w, "vios1", "scsid:lpar1/scsi0");
	watch(w, "vios2", "netd");
	watch(w, "vios2", "scsid:lpar1/scsi0");
	get_stuck(w, a);
	run_for(w, 5000);
	assert_int_equal(w->reports[JUDGE_WILL_NOT_DIE], 1);
	run_for(w, 60000);
	assert_int_equal(w->powers, 1);
	assert_int_equal(w->reports[JUDGE_POWERED_OFF], 1);
	assert_in_range(w->powered_ms, a->killed_ms + POWER_MS, a->killed_ms + POWER_MS + 300);
	assert_int_equal(a->kills, 1);
	die(w, a); /* at last */
	end(w);
}

static void it_is_not_without_a_program_nor_when_it_dies(void **state)
{
	struct world *w = begin(0);
	struct one *a = watch(w, "vios1", "netd");

	watch(w, "vios2", "netd");
	get_stuck(w, a);
	run_for(w, 60000);
	assert_int_equal(w->reports[JUDGE_WILL_NOT_DIE], 1);
	assert_int_equal(w->powers, 0);
	end(w);
	w = begin(POWER_MS);
	a = watch(w, "vios1", "netd");
	watch(w, "vios2", "netd");
	get_stuck(w, a);
	run_for(w, POWER_MS - 600);
	die(w, a);
	run_for(w, 60000);
	assert_int_equal(w->powers, 0);
	end(w);
}

/* Sooner than it would be reported otherwise: then that is told with it. */
static void it_may_be_soon(void **state)
{
	struct world *w = begin(500);
	struct one *a = watch(w, "vios1", "netd");

	watch(w, "vios2", "netd");
	get_stuck(w, a);
	run_for(w, 1000);
	assert_int_equal(w->powers, 1);
	assert_int_equal(w->reports[JUDGE_WILL_NOT_DIE], 1);
	assert_in_range(w->powered_ms, a->killed_ms + 500, a->killed_ms + 900);
	end(w);
}

/* The other VIOS is gone: what is killed has nothing to lose after the last resort. */
static void the_last_one_waits_for_the_last_resort(void **state)
{
	struct world *w = begin(POWER_MS);
	struct one *a = watch(w, "vios1", "netd"), *b = watch(w, "vios2", "netd");

	get_stuck(w, a);
	die(w, b);
	run_for(w, 30000);
	assert_int_equal(w->powers, 1);
	assert_in_range(
		w->powered_ms, a->killed_ms + LAST_RESORT_MS, a->killed_ms + LAST_RESORT_MS + 300);
	end(w);
}

/* A hung other one is as good as none. */
static void a_hung_other_one_does_not_count(void **state)
{
	struct world *w = begin(POWER_MS);
	struct one *a = watch(w, "vios1", "netd"), *b = watch(w, "vios2", "netd");

	get_stuck(w, a);
	run_for(w, POWER_MS - 600);
	b->runs = false;
	run_for(w, 1500);
	assert_int_equal(w->powers, 0);
	assert_int_equal(b->kills, 0); /* one fencing at a time */
	b->runs = true;
	run_for(w, 500);
	assert_int_equal(w->powers, 1);
	end(w);
}

/* ... but what serves well beside it, and has no other path, is not given up for it, ever. */
static void who_serves_beside_it_is_spared(void **state)
{
	struct world *w = begin(POWER_MS);
	struct one *a = watch(w, "vios1", "netd"), *c = watch(w, "vios1", "scsid:lpar1/scsi0");
	struct one *b = watch(w, "vios2", "netd");

	get_stuck(w, a);
	run_for(w, 60000);
	assert_int_equal(w->powers, 0);
	fence(w, "vios1"); /* nor when it is asked for */
	run_for(w, 1000);
	assert_int_equal(w->answers, 1);
	assert_int_equal(w->verdict, JUDGE_LAST);
	assert_int_equal(c->kills, 0);
	assert_true(b->slot >= 0);
	c->runs = false; /* hung itself: after the last resort */
	run_for(w, LAST_RESORT_MS - 1000);
	assert_int_equal(w->powers, 0);
	run_for(w, 2000);
	assert_true(w->powers == 1 || c->kills == 1);
	end(w);
}

static void one_fencing_at_a_time(void **state)
{
	struct world *w = begin(POWER_MS);
	struct one *a = watch(w, "vios1", "netd");

	watch(w, "vios2", "netd");
	get_stuck(w, a);
	for (int i = 0; i < 400; i++) { /* the program is busy with somebody else */
		judge_program(w->j, true);
		run_for(w, 50);
	}
	assert_int_equal(w->powers, 0);
	judge_program(w->j, false);
	run_for(w, 300);
	assert_int_equal(w->powers, 1);
	judge_program(w->j, false);
	fence(w, "vios2"); /* and nobody else while it is under way */
	assert_int_equal(w->verdict, JUDGE_LOST);
	end(w);
}

/* Asked for, it need not wait, and is always answered; and is not done again unasked. */
static void a_fencing_goes_on(void **state)
{
	struct world *w = begin(POWER_MS);
	struct one *a = watch(w, "vios1", "netd");

	watch(w, "vios2", "netd");
	get_stuck(w, a);
	fence(w, "vios1");
	run_for(w, 3000);
	assert_int_equal(w->answers, 0);
	run_for(w, 3000);
	assert_int_equal(w->answers, 1);
	assert_int_equal(w->verdict, JUDGE_STUCK);
	assert_in_range(w->answered_ms, a->killed_ms + 5000, a->killed_ms + 5600);
	judge_program(w->j, false); /* it has failed */
	run_for(w, 20000);
	assert_int_equal(w->powers, 0);
	fence(w, "vios1");
	run_for(w, 500);
	assert_int_equal(w->answers, 2);
	assert_int_equal(w->verdict, JUDGE_STUCK);
	end(w);
}

static void a_fencing_is_answered_without_a_program(void **state)
{
	struct world *w = begin(0);
	struct one *a = watch(w, "vios1", "netd");

	watch(w, "vios2", "netd");
	get_stuck(w, a);
	for (unsigned i = 1; i < 4; i++) {
		fence(w, "vios1");
		run_for(w, 6000);
		assert_int_equal(w->answers, i);
		assert_int_equal(w->verdict, JUDGE_STUCK);
	}
	end(w);
}

/* Of a mux's wish nothing more comes. */
static void an_eviction_is_told_that_it_is_still_there(void **state)
{
	struct world *w = begin(POWER_MS);
	struct one *a = watch(w, "vios1", "netd");

	watch(w, "vios2", "netd");
	get_stuck(w, a);
	judge_evict(w->j, 0x11, 9, now_ns(w), &w->out);
	carry_out(w);
	run_for(w, 5200);
	assert_int_equal(w->answers, 1);
	assert_int_equal(w->verdict, JUDGE_STILL_THERE);
	judge_evict(w->j, 0x11, 9, now_ns(w), &w->out); /* and so is one that comes later */
	carry_out(w);
	assert_int_equal(w->answers, 2);
	assert_int_equal(w->verdict, JUDGE_STILL_THERE);
	end(w);
}

/* After its own sleep what the other path ticked before proves nothing. */
static void the_watchers_sleep_voids_it(void **state)
{
	struct world *w = begin(POWER_MS);
	struct one *a = watch(w, "vios1", "netd"), *b = watch(w, "vios2", "netd");

	get_stuck(w, a);
	run_for(w, POWER_MS - 1000);
	b->runs = false;
	w->ms += 1500; /* asleep; the power time is over meanwhile */
	look(w);
	assert_int_equal(w->powers, 0);
	run_for(w, 400);
	assert_int_equal(w->powers, 0);
	b->runs = true;
	run_for(w, 400);
	assert_int_equal(w->powers, 1);
	end(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_die_is_powered_off_once),
		cmocka_unit_test(it_is_not_without_a_program_nor_when_it_dies),
		cmocka_unit_test(it_may_be_soon),
		cmocka_unit_test(the_last_one_waits_for_the_last_resort),
		cmocka_unit_test(a_hung_other_one_does_not_count),
		cmocka_unit_test(who_serves_beside_it_is_spared),
		cmocka_unit_test(one_fencing_at_a_time),
		cmocka_unit_test(a_fencing_goes_on),
		cmocka_unit_test(a_fencing_is_answered_without_a_program),
		cmocka_unit_test(an_eviction_is_told_that_it_is_still_there),
		cmocka_unit_test(the_watchers_sleep_voids_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
