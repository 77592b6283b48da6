/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge_scsi_test.c - SCSI targets before the judge: silent ones are of interest only while
 * requests are in flight, and each adapter's two targets are a pair of their own.
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
#define LAST_RESORT_MS 5000
#define PLANES 4

/* A data plane with two workers: main, and the one that works the rings; both sleep. */
struct target {
	int slot;
	bool answers;
	unsigned every_ms; /* the rings' thread works so often, and has no request at any look */
	uint64_t worked_ms;
	struct judge_sample sample;
	unsigned pings, kills;
	uint64_t killed_ms;
};

struct world {
	struct judge *j;
	struct judge_actions out;
	uint64_t ms;
	size_t n, looks;
	struct target target[PLANES];
};

static struct target *watch(struct world *w, const char *vios, const char *plane, bool matter)
{
	struct target *t = &w->target[w->n++];

	t->answers = true;
	t->sample.state[0] = t->sample.state[1] = SILENCE_SLEEPING;
	t->slot = judge_watch(w->j, vios, plane, 0x10 + w->n, 2, matter, &t->sample, w->ms * MS_NS);
	assert_true(t->slot >= 0);
	return t;
}

static struct target *of_slot(struct world *w, uint32_t slot)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->target[i].slot == (int)slot)
			return &w->target[i];
	fail();
	return NULL;
}

static void carry_out(struct world *w)
{
	struct judge_actions now = w->out;

	for (size_t i = 0; i < now.n; i++) {
		const struct judge_action *a = &now.v[i];
		struct target *t;

		if (a->kind != JUDGE_PING && a->kind != JUDGE_THREADS && a->kind != JUDGE_KILL)
			continue;
		t = of_slot(w, a->slot);
		if (a->kind == JUDGE_PING) {
			t->pings++;
			for (unsigned k = 0; k < 2; k++)
				t->sample.ticks[k] += t->answers && (a->mask >> k & 1);
		} else if (a->kind == JUDGE_KILL) {
			t->kills++;
			t->killed_ms = w->ms;
		} else {
			judge_threads(w->j, a->slot, false, w->ms * MS_NS, &w->out);
			carry_out(w);
		}
	}
}

static void work(struct world *w, struct target *t)
{
	if (t->every_ms == 0 || !t->answers || w->ms - t->worked_ms < t->every_ms)
		return;
	t->sample.ticks[1]++;
	t->worked_ms = w->ms - (w->ms - t->worked_ms) % t->every_ms;
}

static void run_for(struct world *w, uint64_t ms)
{
	const uint64_t end_ms = w->ms + ms;

	while (w->ms < end_ms) {
		uint64_t next_ms = (judge_next_ns(w->j) + MS_NS - 1) / MS_NS;

		w->ms = next_ms > end_ms ? end_ms : next_ms;
		if (w->ms != next_ms)
			return;
		w->looks++;
		for (size_t i = 0; i < w->n; i++) {
			work(w, &w->target[i]);
			judge_sample(w->j, (uint32_t)w->target[i].slot, &w->target[i].sample);
		}
		judge_look(w->j, w->ms * MS_NS, &w->out);
		carry_out(w);
	}
}

static int setup(void **state)
{
	const struct judge_rules rules = {HANG_MS * MS_NS, LAST_RESORT_MS * MS_NS, 0, 0};
	struct world *w = calloc(1, sizeof(*w));

	w->ms = 1000;
	w->j = judge_new(&rules, w->ms * MS_NS);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	judge_free(w->j);
	free(w);
	return 0;
}

static void an_idle_target_is_asked_once_a_second(void **state)
{
	struct world *w = *state;
	struct target *scsi = watch(w, "vios1", "scsid:lpar1/scsi0", true);
	struct target *netd = watch(w, "vios1", "netd", false);

	watch(w, "vios2", "scsid:lpar1/scsi0", true);
	run_for(w, 2000);
	scsi->pings = netd->pings = 0;
	run_for(w, 10000);
	assert_in_range(scsi->pings, 8, 11);
	assert_true(netd->pings > 50);
	/* with requests in flight it is watched as netd is */
	scsi->sample.in_flight = 1;
	scsi->pings = 0;
	run_for(w, 10000);
	assert_true(scsi->pings > 50);
}

static void a_silent_target_without_requests_is_hung_too(void **state)
{
	struct world *w = *state;
	struct target *scsi = watch(w, "vios1", "scsid:lpar1/scsi0", true);

	watch(w, "vios2", "scsid:lpar1/scsi0", true);
	scsi->answers = false;
	run_for(w, 1000);
	assert_int_equal(scsi->kills, 0);
	run_for(w, 4 * HANG_MS);
	assert_int_equal(scsi->kills, 1);
}

static void requests_start_the_clock(void **state)
{
	struct world *w = *state;
	struct target *scsi = watch(w, "vios1", "scsid:lpar1/scsi0", true);

	watch(w, "vios2", "scsid:lpar1/scsi0", true);
	run_for(w, 5500);
	scsi->answers = false;
	scsi->sample.in_flight = 3;
	run_for(w, HANG_MS);
	assert_int_equal(scsi->kills, 0);
	run_for(w, 3 * HANG_MS);
	assert_int_equal(scsi->kills, 1);
}

/* At the hang time and a tenth of it at worst; not before its ping can be overdue. */
static void hangs_and_is_killed(struct world *w, struct target *scsi)
{
	const uint64_t hung_ms = w->ms;

	scsi->answers = false;
	run_for(w, HANG_MS + 30);
	assert_int_equal(scsi->kills, 1);
	assert_in_range(scsi->killed_ms - hung_ms, HANG_MS / 2 - 10, HANG_MS + HANG_MS / 10 + 3);
	judge_died(w->j, (uint32_t)scsi->slot, w->ms * MS_NS, &w->out);
}

/* Whose requests last so shortly that no look ever finds one. */
static void a_lightly_loaded_target_that_hangs_is_noticed_at_the_hang_time(void **state)
{
	static const unsigned every_ms[] = {2, 20, 70, 200, 400};
	struct world *w = *state;
	struct target *scsi = watch(w, "vios1", "scsid:lpar1/scsi0", true);

	watch(w, "vios2", "scsid:lpar1/scsi0", true);
	for (size_t i = 0; i < sizeof(every_ms) / sizeof(every_ms[0]); i++) {
		scsi->every_ms = every_ms[i];
		scsi->answers = true;
		run_for(w, 3011);
		assert_int_equal(scsi->kills, 0);
		hangs_and_is_killed(w, scsi);
		memset(&scsi->sample, 0, sizeof(scsi->sample));
		scsi->sample.state[0] = scsi->sample.state[1] = SILENCE_SLEEPING;
		scsi->slot = judge_watch(w->j, "vios1", "scsid:lpar1/scsi0", 0x20 + i, 2, true,
			&scsi->sample, w->ms * MS_NS);
		scsi->kills = 0;
	}
}

/* Whose looks all find a request that waits for its disk, and the worker asleep. */
static void one_with_requests_that_wait_for_the_disk_is_noticed_as_well(void **state)
{
	struct world *w = *state;
	struct target *scsi = watch(w, "vios1", "scsid:lpar1/scsi0", true);

	watch(w, "vios2", "scsid:lpar1/scsi0", true);
	scsi->every_ms = 130;
	scsi->sample.in_flight = 1;
	for (unsigned i = 0; i < 20; i++) {
		run_for(w, 1000 + 7 * i);
		assert_int_equal(scsi->kills, 0);
		hangs_and_is_killed(w, scsi);
		scsi->slot = judge_watch(w->j, "vios1", "scsid:lpar1/scsi0", 0x40 + i, 2, true,
			&scsi->sample, w->ms * MS_NS);
		scsi->kills = 0;
		scsi->answers = true;
	}
}

/* Two that stop together: the one that is back a fifth of the hang time later is not hung. */
static void one_with_few_requests_is_not_killed_for_a_stop_of_both(void **state)
{
	struct world *w = *state;
	struct target *scsi = watch(w, "vios1", "scsid:lpar1/scsi0", true);
	struct target *other = watch(w, "vios2", "scsid:lpar1/scsi0", true);

	scsi->every_ms = 20;
	for (uint64_t ms = HANG_MS / 2; ms < 3 * HANG_MS; ms += 3) {
		run_for(w, 1000);
		scsi->answers = other->answers = false;
		run_for(w, ms);
		other->answers = true;
		for (unsigned k = 0; k < 2; k++)
			other->sample.ticks[k]++;
		run_for(w, HANG_MS / 5 + 2);
		scsi->answers = true;
		scsi->sample.ticks[0]++;
		scsi->sample.ticks[1]++;
		run_for(w, 300);
		assert_int_equal(scsi->kills + other->kills, 0);
	}
}

/* A burst of work costs what five hang times of it cost, then it is as idle as before. */
static void a_moment_of_work_is_soon_forgotten(void **state)
{
	struct world *w = *state;
	struct target *scsi = watch(w, "vios1", "scsid:lpar1/scsi0", true);
	size_t idle_looks;

	watch(w, "vios2", "scsid:lpar1/scsi0", true);
	run_for(w, 3000);
	w->looks = scsi->pings = 0;
	run_for(w, 10000);
	idle_looks = w->looks;
	scsi->sample.ticks[1]++;
	w->looks = scsi->pings = 0;
	run_for(w, 10000);
	assert_in_range(scsi->pings, 10 + 5, 10 + 10 + 10); /* main apart from the other */
	assert_in_range(w->looks, idle_looks, idle_looks + 70);
	assert_int_equal(scsi->kills, 0);
}

/* The thread that answers, alone: there are always requests, and never for a hang time. */
static void main_that_hangs_beside_requests_is_hung_too(void **state)
{
	struct world *w = *state;
	struct target *scsi = watch(w, "vios1", "scsid:lpar1/scsi0", true);

	watch(w, "vios2", "scsid:lpar1/scsi0", true);
	for (unsigned i = 0; i < 200; i++) {
		scsi->sample.ticks[1]++;
		scsi->sample.ticks[0] = 0;
		scsi->sample.in_flight = i & 1;
		run_for(w, HANG_MS / 10);
	}
	assert_int_equal(scsi->kills, 1);
}

/* What ticks elsewhere is no other path of this adapter: the last one is killed at the last resort.
 */
static void each_adapter_has_its_own_last_path(void **state)
{
	struct world *w = *state;
	struct target *scsi = watch(w, "vios1", "scsid:lpar1/scsi0", true);
	struct target *other = watch(w, "vios2", "scsid:lpar1/scsi1", true);

	watch(w, "vios2", "netd", false);
	scsi->answers = false;
	scsi->sample.in_flight = 1;
	run_for(w, LAST_RESORT_MS - HANG_MS);
	assert_int_equal(scsi->kills, 0);
	judge_evict(w->j, 0x11, 9, w->ms * MS_NS, &w->out);
	assert_int_equal(w->out.n, 1);
	assert_int_equal(w->out.v[0].verdict, JUDGE_LAST);
	run_for(w, 4 * HANG_MS);
	assert_int_equal(scsi->kills, 1);
	assert_int_equal(other->kills, 0);
}

static void the_other_target_of_the_adapter_counts(void **state)
{
	struct world *w = *state;
	struct target *scsi = watch(w, "vios1", "scsid:lpar1/scsi0", true);

	watch(w, "vios2", "scsid:lpar1/scsi1", true)->answers = false;
	watch(w, "vios2", "scsid:lpar1/scsi0", true);
	scsi->answers = false;
	scsi->sample.in_flight = 1;
	run_for(w, 5 * HANG_MS);
	assert_int_equal(scsi->kills, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_idle_target_is_asked_once_a_second),
		TEST(a_silent_target_without_requests_is_hung_too),
		TEST(requests_start_the_clock),
		TEST(a_lightly_loaded_target_that_hangs_is_noticed_at_the_hang_time),
		TEST(one_with_requests_that_wait_for_the_disk_is_noticed_as_well),
		TEST(one_with_few_requests_is_not_killed_for_a_stop_of_both),
		TEST(a_moment_of_work_is_soon_forgotten),
		TEST(main_that_hangs_beside_requests_is_hung_too),
		TEST(each_adapter_has_its_own_last_path),
		TEST(the_other_target_of_the_adapter_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
