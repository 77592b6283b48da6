/* SPDX-License-Identifier: BSD-3-Clause */
/* verdict_test.c - exit codes, scores and draining: what Pacemaker is told of each situation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ha/pacemaker/verdict.h"

static struct facts well(void)
{
	return (struct facts){
		.own = {.name = "vios1", .online = true, .netd_up = true},
		.peer = {.name = "vios2", .online = true, .netd_up = true},
		.framed = true,
		.in_step = true,
		.adapters = 4,
		.live_here = 2,
		.live_peer = 2,
		.ready_here = 4,
		.ready_peer = 4,
	};
}

static void each_fault_lowers_the_health(void **state)
{
	struct facts f = well();

	assert_int_equal(verdict_health(&f), HEALTH_GREEN);
	f.own.link_down = true;
	assert_int_equal(verdict_health(&f), HEALTH_YELLOW);
	f = well();
	f.own.scsids_down = 1;
	assert_int_equal(verdict_health(&f), HEALTH_YELLOW);
	f = well();
	f.own.disks_failing = 1;
	assert_int_equal(verdict_health(&f), HEALTH_YELLOW);
	f = well();
	f.framed = false;
	assert_int_equal(verdict_health(&f), HEALTH_YELLOW);
	f = well();
	f.ready_here = 3;
	assert_int_equal(verdict_health(&f), HEALTH_YELLOW);
	f = well();
	f.own.netd_up = false;
	assert_int_equal(verdict_health(&f), HEALTH_RED);
	f = well();
	f.in_step = false;
	assert_int_equal(verdict_health(&f), HEALTH_RED);
	f = well();
	f.peer.netd_up = false; /* the peer's trouble is not ours */
	assert_int_equal(verdict_health(&f), HEALTH_GREEN);
}

/* Two of the same colour are not the same: what is told follows each of the three by itself. */
static void what_others_follow_is_told_apart(void **state)
{
	bool seen[VERDICT_TOLD_MAX + 1] = {false};

	for (unsigned i = 0; i < 16; i++) {
		struct facts f = well();

		f.own.link_down = i & 1;
		f.own.scsids_down = i & 2 ? 1 : 0;
		f.own.disks_failing = i & 4 ? 1 : 0;
		f.in_step = !(i & 8);
		assert_in_range(verdict_told(&f), 1, VERDICT_TOLD_MAX);
		assert_string_equal(verdict_uplink_word(&f), i & 1 ? "down" : "up");
		assert_string_equal(verdict_disks_word(&f), i & 4   ? "failed"
							    : i & 2 ? "degraded"
								    : "ok");
		if ((i & 6) == 6) /* as without the target that is down */
			assert_true(seen[verdict_told(&f)]);
		else
			assert_false(seen[verdict_told(&f)]);
		seen[verdict_told(&f)] = true;
	}
}

static void what_was_told_is_kept(void **state)
{
	struct role role = {ROLE_PROMOTED, 0, 100, VERDICT_TOLD_MAX}, back;
	char text[ROLE_TEXT_MAX];

	assert_int_equal(role_parse(text, role_format(&role, text), &back), 0);
	role.health++;
	assert_true(role_parse(text, role_format(&role, text), &back) < 0);
}

/* A fault on one side must outweigh that the clients are still there. */
static void the_score_follows_health_then_the_pair(void **state)
{
	struct facts a = well(), b = well();

	assert_int_equal(verdict_score(&a), 100); /* half each: nobody has more */
	a.live_here = 4, a.live_peer = 0;
	b.live_here = 0, b.live_peer = 4;
	assert_true(verdict_score(&a) > verdict_score(&b));
	a.own.link_down = true;
	assert_true(verdict_score(&a) < verdict_score(&b));
	a.own.netd_up = false;
	assert_true(verdict_score(&a) < verdict_score(&b));
	b.own.link_down = true;
	assert_true(verdict_score(&a) < verdict_score(&b));
	a.in_step = false;
	assert_true(verdict_score(&a) > 0); /* the last one may still be promoted */
}

static enum ocf monitor(enum verdict_viosd viosd, bool planes, enum role_is is, bool *revive)
{
	struct verdict_seen seen = {
		.viosd = viosd, .planes = planes, .netd_up = true, .role = {.is = is}};

	return verdict_monitor(&seen, revive);
}

static void monitor_reports_the_role_that_was_set(void **state)
{
	static const struct {
		enum verdict_viosd viosd;
		bool planes;
		enum role_is is;
		enum ocf rc;
		bool revive;
	} rows[] = {
		{VIOSD_ANSWERS, false, ROLE_NONE, OCF_SUCCESS, false},
		{VIOSD_ANSWERS, false, ROLE_UNPROMOTED, OCF_SUCCESS, false},
		{VIOSD_ANSWERS, false, ROLE_PROMOTED, OCF_PROMOTED, false},
		{VIOSD_SILENT, false, ROLE_NONE, OCF_GENERIC, false},
		{VIOSD_SILENT, true, ROLE_UNPROMOTED, OCF_GENERIC, false},
		{VIOSD_SILENT, true, ROLE_PROMOTED, OCF_FAILED_PROMOTED, false},
		{VIOSD_GONE, false, ROLE_NONE, OCF_NOT_RUNNING, false},
		{VIOSD_GONE, false, ROLE_UNPROMOTED, OCF_NOT_RUNNING, false},
		{VIOSD_GONE, false, ROLE_PROMOTED, OCF_NOT_RUNNING, false},
		{VIOSD_GONE, true, ROLE_NONE, OCF_GENERIC, false},
		{VIOSD_GONE, true, ROLE_UNPROMOTED, OCF_SUCCESS, true},
		{VIOSD_GONE, true, ROLE_PROMOTED, OCF_PROMOTED, true},
	};
	bool revive;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
			monitor(rows[i].viosd, rows[i].planes, rows[i].is, &revive), rows[i].rc);
		assert_int_equal(revive, rows[i].revive);
	}
}

static void a_probe_changes_nothing(void **state)
{
	struct verdict_seen seen = {
		.viosd = VIOSD_GONE, .planes = true, .probe = true, .role = {.is = ROLE_PROMOTED}};
	bool revive = true;

	assert_int_equal(verdict_monitor(&seen, &revive), OCF_PROMOTED);
	assert_false(revive);
}

static void viosd_is_not_revived_for_ever(void **state)
{
	struct verdict_seen seen = {
		.viosd = VIOSD_GONE, .planes = true, .role = {.is = ROLE_UNPROMOTED}};
	bool revive;

	for (; seen.role.revivals < VERDICT_REVIVALS; seen.role.revivals++) {
		assert_int_equal(verdict_monitor(&seen, &revive), OCF_SUCCESS);
		assert_true(revive);
	}
	assert_int_equal(verdict_monitor(&seen, &revive), OCF_GENERIC);
	assert_false(revive);
}

static void a_deep_monitor_wants_the_data_plane(void **state)
{
	struct verdict_seen seen = {.viosd = VIOSD_ANSWERS, .role = {.is = ROLE_PROMOTED}};
	bool revive;

	assert_int_equal(verdict_monitor(&seen, &revive), OCF_PROMOTED);
	seen.deep = true;
	assert_int_equal(verdict_monitor(&seen, &revive), OCF_FAILED_PROMOTED);
	seen.netd_up = true;
	assert_int_equal(verdict_monitor(&seen, &revive), OCF_PROMOTED);
}

static void clients_go_before_it_stops(void **state)
{
	struct facts f = well();
	const char *why;

	assert_int_equal(verdict_drain(&f, 100, false, &why), DRAIN_SWITCH);
	assert_int_equal(verdict_drain(&f, 0, false, &why), DRAIN_GIVE_UP);
	assert_int_equal(verdict_drain(&f, 0, true, &why), DRAIN_FAIL);
	f.live_here = 0;
	assert_int_equal(verdict_drain(&f, 0, true, &why), DRAIN_DONE);
}

static void without_a_peer_it_says_so_and_stops(void **state)
{
	struct facts f = well();
	const char *why;

	f.peer.online = false;
	assert_int_equal(verdict_drain(&f, 100, false, &why), DRAIN_GIVE_UP);
	assert_string_equal(why, "the other VIOS is not online");
	assert_int_equal(verdict_drain(&f, 100, true, &why), DRAIN_WAIT);
	assert_int_equal(verdict_drain(&f, 0, true, &why), DRAIN_FAIL);
	assert_string_equal(why, "the other VIOS is not online");
	f = well();
	f.peer.netd_up = false;
	assert_int_equal(verdict_drain(&f, 100, false, &why), DRAIN_GIVE_UP);
	f.peer = (struct facts_vios){0};
	assert_int_equal(verdict_drain(&f, 100, false, &why), DRAIN_GIVE_UP);
	assert_int_equal(verdict_drain(NULL, 100, false, &why), DRAIN_GIVE_UP);
	assert_int_equal(verdict_drain(NULL, 100, true, &why), DRAIN_WAIT);
}

static void a_demotion_hands_over_to_a_sound_peer_only(void **state)
{
	struct facts f = well();

	assert_true(verdict_hand_over(&f));
	f.peer.link_down = true;
	assert_false(verdict_hand_over(&f));
	f.own.link_down = true;
	assert_true(verdict_hand_over(&f));
	f.ready_peer = 3;
	assert_false(verdict_hand_over(&f));
	f = well();
	f.peer.online = false;
	assert_false(verdict_hand_over(&f));
	f = well();
	f.live_here = 0;
	assert_false(verdict_hand_over(&f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_lowers_the_health),
		cmocka_unit_test(what_others_follow_is_told_apart),
		cmocka_unit_test(what_was_told_is_kept),
		cmocka_unit_test(the_score_follows_health_then_the_pair),
		cmocka_unit_test(monitor_reports_the_role_that_was_set),
		cmocka_unit_test(a_probe_changes_nothing),
		cmocka_unit_test(viosd_is_not_revived_for_ever),
		cmocka_unit_test(a_deep_monitor_wants_the_data_plane),
		cmocka_unit_test(clients_go_before_it_stops),
		cmocka_unit_test(without_a_peer_it_says_so_and_stops),
		cmocka_unit_test(a_demotion_hands_over_to_a_sound_peer_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
