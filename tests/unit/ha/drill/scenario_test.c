/* SPDX-License-Identifier: BSD-3-Clause */
/* The scenario table is complete, and the proof accepts what a scenario does and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ha/drill/scenario.h"

static struct env env;
static struct drill drill;
static char somebody; /* the proof only asks whether there is a storage client */

static int set_up(void **state)
{
	memset(&env, 0, sizeof(env));
	memset(&drill, 0, sizeof(drill));
	env.n_vios = 2;
	strcpy(env.vios[0].name, "vios1");
	strcpy(env.vios[1].name, "vios2");
	strcpy(env.storage.adapter, "lpar1/scsi0");
	drill.env = &env;
	drill.storage = (struct storage *)&somebody;
	drill.hang_ms = 100;
	drill.last_resort_ms = 3000;
	return 0;
}

static void give(struct frame_vios *vios, int base)
{
	vios->init_pid = base;
	vios->viosd_pid = base + 1;
	vios->netd_pid = base + 2;
	vios->corosync_pid = base + 3;
	vios->scsid_pid = base + 4;
	snprintf(vios->incarnation, sizeof(vios->incarnation), "%016d", base);
}

static void renew(struct frame_vios *vios, unsigned processes)
{
	vios->init_pid += processes & SCN_INIT ? 100 : 0;
	vios->viosd_pid += processes & SCN_VIOSD ? 100 : 0;
	vios->netd_pid += processes & SCN_NETD ? 100 : 0;
	vios->corosync_pid += processes & SCN_COROSYNC ? 100 : 0;
	vios->scsid_pid += processes & SCN_SCSID ? 100 : 0;
	if (processes & SCN_NETD)
		vios->incarnation[0] = 'f';
}

/* A run in which everything happened that the scenario promises. vios2 was live. */
static void perfect(struct run *run, const struct scenario *s)
{
	memset(run, 0, sizeof(*run));
	run->drill = &drill;
	run->scenario = s;
	run->vios = 1;
	run->peer = 0;
	give(&run->before.vios[0], 1000);
	give(&run->before.vios[1], 2000);
	run->before.start = 5;
	run->before.mux_pid = 300;
	run->before.framed_pid = 400;
	strcpy(run->before.live, "vios2");
	strcpy(run->before.storage.live, "vios2");
	run->before.storage.start = 9;
	run->after = run->before;
	renew(&run->after.vios[1], s->live_new);
	renew(&run->after.vios[0], s->peer_new);
	run->after.mux_pid += s->frame_new & SCN_MUX ? 1 : 0;
	run->after.framed_pid += s->frame_new & SCN_FRAMED ? 1 : 0;
	strcpy(run->after.live, s->moves ? "vios1" : "vios2");
	strcpy(run->live_after, run->after.live);
	run->after.start += s->moves || (s->live_new & SCN_NETD) ? 1 : 0;
	strcpy(run->after.storage.live, s->storage_moves ? "vios1" : "vios2");
	strcpy(run->storage_live_after, run->after.storage.live);
	run->after.storage.start += s->storage_moves || (s->live_new & SCN_SCSID) ? 1 : 0;
	run->stall.stall_ns = s->min_stall_ms * 1000000LL;
	run->stall.latency_ns = s->min_latency_ms * 1000000LL;
	run->measured = true;
	for (int d = 0; d < PROBE_DIRECTIONS; d++)
		run->result[d].trace.gap_ns = s->min_gap_ms * 1000000LL;
}

static void every_row_is_complete(void **state)
{
	for (const struct scenario *s = scenario_table; s->name; s++) {
		assert_non_null(s->what);
		assert_non_null(s->inject);
		assert_true(s->window_ms >= 1000);
		assert_int_equal(scenario_window_ms(&drill, s), s->window_ms);
		assert_ptr_equal(scenario_find(s->name), s);
	}
	assert_null(scenario_find("no such"));
}

static void windows_as_long_as_wished(void **state)
{
	drill.window_wish_ms = 1200;
	for (const struct scenario *s = scenario_table; s->name; s++)
		assert_int_equal(scenario_window_ms(&drill, s), 1200);
}

static void perfect_runs_are_accepted(void **state)
{
	struct run run;

	for (const struct scenario *s = scenario_table; s->name; s++) {
		perfect(&run, s);
		scenario_prove(&run);
		assert_string_equal(run.reason, "");
	}
}

/* Whether the proof complains, and names what. */
static void refused(struct run *run, const char *what)
{
	scenario_prove(run);
	if (!strstr(run->reason, what))
		fail_msg("'%s' does not say '%s'", run->reason, what);
}

static void a_fault_that_missed_is_refused(void **state)
{
	struct run run;

	for (const struct scenario *s = scenario_table; s->name; s++) {
		if (!s->live_new)
			continue;
		perfect(&run, s);
		give(&run.after.vios[1], 2000);
		refused(&run, "the fault did not hit");
	}
}

static void collateral_damage_is_refused(void **state)
{
	struct run run;

	for (const struct scenario *s = scenario_table; s->name; s++) {
		if ((s->peer_new | s->peer_may) == 0) {
			perfect(&run, s);
			renew(&run.after.vios[0], SCN_NETD);
			refused(&run, "vios1's vios-netd is another process");
		}
		if (!(s->frame_new & SCN_MUX)) {
			perfect(&run, s);
			run.after.mux_pid++;
			refused(&run, "viomuxd is another process");
		}
	}
}

static void storage_must_move_or_stay(void **state)
{
	struct run run;

	perfect(&run, scenario_find("kill-scsid"));
	strcpy(run.after.storage.live, "vios2");
	refused(&run, "the storage path is live on 'vios2' at the end");
	perfect(&run, scenario_find("kill-scsid"));
	strcpy(run.storage_live_after, "");
	refused(&run, "the storage path was live on '' after the fault");
	perfect(&run, scenario_find("hang-scsid"));
	run.after.storage.start = run.before.storage.start;
	refused(&run, "the storage ring start number did not grow");
	perfect(&run, scenario_find("kill"));
	run.after.storage.start++;
	refused(&run, "the storage rings were started anew");
	perfect(&run, scenario_find("kill"));
	strcpy(run.after.storage.live, "vios1");
	refused(&run, "the storage path is live on 'vios1'");
	perfect(&run, scenario_find("kill"));
	renew(&run.after.vios[1], SCN_SCSID);
	refused(&run, "vios2's vios-scsid is another process");
	perfect(&run, scenario_find("kill-scsid"));
	renew(&run.after.vios[1], SCN_NETD);
	refused(&run, "vios2's vios-netd is another process");
	perfect(&run, scenario_find("stall"));
	run.stall.stall_ns = 1000000;
	refused(&run, "storage: a stall of only 1.0 ms");
	perfect(&run, scenario_find("disk-slow"));
	run.stall.latency_ns = 1000000;
	refused(&run, "no request took longer than 1.0 ms");
}

/* A path that has healed is live where it was, if the state wants it so, and only then. */
static void a_healed_path_goes_back_or_stays(void **state)
{
	static const char *const names[] = {"disk-error", "disk-gone"};
	struct run run;

	for (unsigned i = 0; i < 2; i++) {
		perfect(&run, scenario_find(names[i]));
		assert_true(run.scenario->heals);
		strcpy(run.after.storage.live, "vios2");
		refused(&run, "the storage path is live on 'vios2' at the end, not on vios1");
		perfect(&run, scenario_find(names[i]));
		run.storage_returned = true;
		refused(&run, "the storage path is live on 'vios1' at the end, not on vios2");
		perfect(&run, scenario_find(names[i]));
		run.storage_returned = true;
		strcpy(run.after.storage.live, "vios2");
		scenario_prove(&run);
		assert_string_equal(run.reason, "");
		strcpy(run.storage_live_after, "vios2");
		refused(&run, "the storage path was live on 'vios2' after the fault");
	}
}

/* Then nothing is known of targets, and nothing is asked of them. */
static void without_a_storage_client(void **state)
{
	struct run run;

	drill.storage = NULL;
	for (const struct scenario *s = scenario_table; s->name; s++) {
		if (s->needs_storage)
			continue;
		perfect(&run, s);
		for (int i = 0; i < 2; i++)
			run.before.vios[i].scsid_pid = run.after.vios[i].scsid_pid = 0;
		memset(&run.after.storage, 0, sizeof(run.after.storage));
		memset(&run.stall, 0, sizeof(run.stall));
		scenario_prove(&run);
		assert_string_equal(run.reason, "");
	}
	env.storage.adapter[0] = '\0';
	assert_string_equal(scenario_unable(&drill, scenario_find("kill-scsid")),
		"the environment has no storage client");
}

static void same_pid_other_incarnation_is_refused(void **state)
{
	struct run run;

	perfect(&run, scenario_find("switch"));
	run.after.vios[1].incarnation[0] = 'e';
	refused(&run, "by its incarnation");
}

static void the_path_must_move_or_stay(void **state)
{
	struct run run;

	perfect(&run, scenario_find("kill"));
	strcpy(run.after.live, "vios2");
	refused(&run, "live on 'vios2' at the end");
	perfect(&run, scenario_find("kill"));
	run.after.start = run.before.start;
	refused(&run, "start number");
	perfect(&run, scenario_find("partition"));
	run.after.start += 2; /* there and back */
	refused(&run, "started anew");
	perfect(&run, scenario_find("viosd"));
	strcpy(run.live_after, "vios1");
	refused(&run, "live on 'vios1' after the fault");
	perfect(&run, scenario_find("stall"));
	run.result[1].trace.gap_ns = 1000000;
	refused(&run, "from_client: a gap of only 1.0 ms");
}

/* In turns the successor of a killed mux loses its live data plane, too. */
static void what_the_fault_adds_must_be_new(void **state)
{
	struct run run;

	perfect(&run, scenario_find("mux"));
	run.also_new = SCN_NETD;
	refused(&run, "vios2's vios-netd is the same process");
	perfect(&run, scenario_find("mux"));
	run.also_new = SCN_NETD;
	renew(&run.after.vios[1], SCN_NETD);
	scenario_prove(&run);
	assert_string_equal(run.reason, "");
}

static void limits_follow_the_frame(void **state)
{
	struct judge_limit kill = scenario_limit(&drill, scenario_find("kill"));
	struct judge_limit hang = scenario_limit(&drill, scenario_find("hang"));
	struct judge_limit stall = scenario_limit(&drill, scenario_find("stall"));

	assert_int_equal(kill.median_ns, 10000000);
	assert_int_equal(kill.worst_ns, 60000000);
	assert_int_equal(hang.median_ns, 120000000);
	assert_int_equal(hang.worst_ns, 180000000);
	assert_int_equal(stall.median_ns, 0);
	assert_int_equal(scenario_stall(&drill, scenario_find("kill-scsid")).median_ns, 10000000);
	assert_int_equal(scenario_stall(&drill, scenario_find("kill-scsid")).worst_ns, 100000000);
	assert_true(scenario_stall(&drill, scenario_find("kill-scsid")).drain);
	assert_int_equal(scenario_stall(&drill, scenario_find("hang-scsid")).median_ns, 120000000);
	assert_int_equal(scenario_stall(&drill, scenario_find("hang")).median_ns, 0);
	/* The network's limit is not longer for a target that hangs. */
	assert_int_equal(scenario_limit(&drill, scenario_find("hang-scsid")).worst_ns, 60000000);
	assert_int_equal(scenario_extra_ms(&drill, scenario_find("alone")), 3000);
	env.n_traffic = 2;
	assert_int_equal(scenario_limit(&drill, scenario_find("alone")).reordered_max, 512);
	assert_int_equal(scenario_limit(&drill, scenario_find("mux")).reordered_max, 0);
}

static void a_missing_hook_is_named(void **state)
{
	static char word[] = "x";

	assert_null(scenario_unable(&drill, scenario_find("kill")));
	assert_non_null(scenario_unable(&drill, scenario_find("vios")));
	env.hook[ENV_POWER_OFF][0] = env.hook[ENV_POWER_ON][0] = word;
	assert_null(scenario_unable(&drill, scenario_find("vios")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_row_is_complete, set_up),
		cmocka_unit_test_setup(windows_as_long_as_wished, set_up),
		cmocka_unit_test_setup(perfect_runs_are_accepted, set_up),
		cmocka_unit_test_setup(a_fault_that_missed_is_refused, set_up),
		cmocka_unit_test_setup(collateral_damage_is_refused, set_up),
		cmocka_unit_test_setup(storage_must_move_or_stay, set_up),
		cmocka_unit_test_setup(a_healed_path_goes_back_or_stays, set_up),
		cmocka_unit_test_setup(without_a_storage_client, set_up),
		cmocka_unit_test_setup(same_pid_other_incarnation_is_refused, set_up),
		cmocka_unit_test_setup(the_path_must_move_or_stay, set_up),
		cmocka_unit_test_setup(what_the_fault_adds_must_be_new, set_up),
		cmocka_unit_test_setup(limits_follow_the_frame, set_up),
		cmocka_unit_test_setup(a_missing_hook_is_named, set_up),
	};

	return cmocka_run_group_tests_name("ha/drill/scenario", tests, NULL, NULL);
}
