/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapter_test.c - one adapter with two scripted data planes on virtual time: who gets the rings
 * when, what the client is answered when.
 */
#include "tests/unit/ha/mux/adapter_fixture.h"

/* A fresh mux does not know whether a former one had given rings away. */
static void an_unknown_owner_is_asked_first(void **state)
{
	client_comes();
	assert_int_equal(a.path[0].phase, SELECT_LOST);
	ctx.control_up[0][1] = true;
	adapter_control_up(&a, step(), 1);
	adapter_released(&a, step(), 1, START);
	adapter_path_connected(&a, step(), 1, PLANE(1));
	answer_all(1);
	assert_int_equal(a.path[1].phase, SELECT_READY); /* and yet not live */
	adapter_nobody(&a, step(), 0);
	assert_int_equal(adapter_live(&a), 1);
}

static void starting_replays_everything(void **state)
{
	const struct keep_op *op;
	uint32_t base[2];

	all_up();
	used[0] = 77;
	assert_int_equal(a.path[0].start, START + 1);
	adapter_died(&a, step(), 0, 0xa1);
	assert_int_equal(adapter_live(&a), 1);
	assert_int_equal(a.path[1].start, START + 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_non_null(sent(PLANE(1), VU_SET_VRING_NUM, i));
		assert_non_null(sent(PLANE(1), VU_SET_VRING_ADDR, i));
		assert_non_null(sent(PLANE(1), VU_SET_VRING_CALL, i));
		assert_non_null(sent(PLANE(1), VU_SET_VRING_BASE, i));
		assert_non_null(sent(PLANE(1), VU_SET_VRING_KICK, i));
		assert_non_null(sent(PLANE(1), VU_SET_VRING_ENABLE, i));
		assert_int_equal(signalled(a.session.device.ring[i].kick_fd), 1);
		assert_int_equal(signalled(a.session.device.ring[i].call_fd), 1);
	}
	op = sent(PLANE(1), VU_SET_VRING_BASE, 0);
	memcpy(base, op->bytes + VU_HEADER_BYTES, 8);
	assert_int_equal(base[1], 77);
	assert_true(dropped(PLANE(0)));
}

/* Neither a hang-up nor another's word moves the rings: only what is proven about this start. */
static void nothing_moves_without_proof(void **state)
{
	all_up();
	adapter_path_hung_up(&a, step(), 0);
	assert_int_equal(a.path[0].phase, SELECT_LOST);
	assert_int_equal(adapter_live(&a), -1);
	adapter_died(&a, step(), 0, 0xbad);
	adapter_released(&a, step(), 0, a.path[0].start - 1);
	ctx.incarnation[0][0] = 0xc3; /* a successor promises: not its rings */
	adapter_released(&a, step(), 0, a.path[0].start);
	ctx.incarnation[0][0] = 0xa1;
	adapter_path_retry(&a, step(), 0);
	adapter_nobody(&a, step(), 0);
	for (int i = 0; i < 100; i++)
		pass_ms(1000);
	assert_int_equal(a.path[0].phase, SELECT_LOST);
	assert_int_equal(adapter_live(&a), -1);
	adapter_released(&a, step(), 0, a.path[0].start);
	assert_int_equal(adapter_live(&a), 1);
}

static void a_lost_owner_is_reported_in_time(void **state)
{
	all_up();
	adapter_control_lost(&a, step(), 0);
	assert_int_equal(a.path[0].phase, SELECT_LOST);
	pass_ms(LIMIT_MS - 1);
	assert_int_equal(a.path[0].evictions, 0);
	pass_ms(2);
	assert_int_equal(a.path[0].evictions, 1);
	pass_ms(ADAPTER_EVICT_AGAIN_MS + 1);
	assert_int_equal(a.path[0].evictions, 2);
}

static void a_planned_switch_needs_both_proofs(void **state)
{
	const char *why = NULL;
	uint64_t start;

	all_up();
	assert_int_equal(adapter_switch(&a, step(), 1, &why), 0);
	assert_int_equal(a.path[0].phase, SELECT_STOPPING);
	assert_non_null(sent(PLANE(0), VU_SET_VRING_ENABLE, 0));
	assert_non_null(sent(PLANE(0), VU_GET_VRING_BASE, 1));
	start = a.path[0].start;
	answer_all(0);
	assert_int_equal(a.path[0].phase, SELECT_STOPPING);
	assert_int_equal(adapter_live(&a), -1);
	adapter_released(&a, step(), 0, start);
	assert_int_equal(adapter_live(&a), 1);
	answer_all(0);
	answer_all(1);
	assert_int_equal(a.path[0].phase, SELECT_READY);
	/* the other way round: released first */
	assert_int_equal(adapter_switch(&a, step(), 0, &why), 0);
	adapter_released(&a, step(), 1, a.path[1].start);
	assert_int_equal(a.path[1].phase, SELECT_STOPPING);
	answer_all(1);
	assert_int_equal(adapter_live(&a), 0);
}

static void a_switch_to_what_is_not_ready_fails(void **state)
{
	const char *why = NULL;

	all_up();
	adapter_path_hung_up(&a, step(), 1);
	assert_true(adapter_switch(&a, step(), 1, &why) < 0);
	assert_non_null(why);
	assert_int_equal(adapter_live(&a), 0);
}

/* A path that returns is a standby, also after an operator had pinned it. */
static void no_failback(void **state)
{
	const char *why = NULL;

	all_up();
	adapter_path_state(&a, step(), 1, MODEL_PATH_OPTIMIZED, 4);
	assert_int_equal(adapter_switch(&a, step(), 0, &why), 0);
	adapter_died(&a, step(), 0, 0xa1);
	assert_int_equal(adapter_live(&a), 1);
	answer_all(1);
	ctx.incarnation[0][0] = 0xb1;
	path_comes(0);
	assert_int_equal(adapter_live(&a), 1);
	/* unless its state becomes the better one */
	adapter_path_state(&a, step(), 1, MODEL_PATH_NON_OPTIMIZED, 5);
	assert_int_equal(a.path[1].phase, SELECT_STOPPING);
}

static void the_client_waits_for_the_live_path_only(void **state)
{
	all_up();
	say_memory(2 << 20);
	assert_false(adapter_client_ready(&a));
	assert_null(sent(CLIENT, VU_SET_MEM_TABLE, 0));
	answer(0, VU_SET_MEM_TABLE, 0); /* the standby has not answered */
	assert_non_null(sent(CLIENT, VU_SET_MEM_TABLE, 0));
	assert_true(adapter_client_ready(&a));
	assert_int_equal(a.path[1].phase, SELECT_PRIMING);
}

static void a_late_live_path_is_lost(void **state)
{
	all_up();
	say_memory(2 << 20);
	pass_ms(LIMIT_MS + 1);
	assert_int_equal(a.path[0].phase, SELECT_LOST);
	assert_int_equal(a.path[0].evictions, 1);
	assert_non_null(sent(CLIENT, VU_SET_MEM_TABLE, 0));
}

static void a_late_standby_is_dropped(void **state)
{
	all_up();
	say_memory(2 << 20);
	answer_all(0);
	pass_ms(PATH_STANDBY_WAIT_MS + 1);
	assert_int_equal(a.path[1].phase, SELECT_REFUSED);
	assert_true(dropped(PLANE(1)));
	assert_int_equal(adapter_live(&a), 0);
}

static void stopping_rings_is_answered_when_they_stand(void **state)
{
	uint32_t base[2];

	all_up();
	used[1] = 42;
	say_state(VU_GET_VRING_BASE, 1, 0);
	assert_null(sent(CLIENT, VU_GET_VRING_BASE, 0));
	answer_all(0);
	assert_null(sent(CLIENT, VU_GET_VRING_BASE, 0));
	adapter_released(&a, step(), 0, a.path[0].start);
	memcpy(base, sent(CLIENT, VU_GET_VRING_BASE, 0)->bytes + VU_HEADER_BYTES, 8);
	assert_int_equal(base[0], 1);
	assert_int_equal(base[1], 42);
	/* the other ring waits for its turn, and gets no rings meanwhile */
	settle_planes();
	assert_int_equal(adapter_live(&a), -1);
	say_state(VU_GET_VRING_BASE, 0, 0);
	assert_non_null(sent(CLIENT, VU_GET_VRING_BASE, 0));
	pass_ms(1000);
	assert_int_equal(adapter_live(&a), -1);
}

/* A client that stopped one ring and goes on with the other gets it back soon. */
static void the_rest_starts_again(void **state)
{
	all_up();
	say_state(VU_GET_VRING_BASE, 1, 0);
	answer_all(0);
	adapter_released(&a, step(), 0, a.path[0].start);
	settle_planes();
	pass_ms(ADAPTER_TEARDOWN_MS + 1);
	assert_int_equal(adapter_live(&a), 0);
}

static void without_a_path_all_is_answered(void **state)
{
	uint32_t base[2];

	client_comes();
	say_memory(2 << 20);
	assert_non_null(sent(CLIENT, VU_SET_MEM_TABLE, 0));
	used[0] = 9;
	say_state(VU_GET_VRING_BASE, 0, 0);
	memcpy(base, sent(CLIENT, VU_GET_VRING_BASE, 0)->bytes + VU_HEADER_BYTES, 8);
	assert_int_equal(base[1], 9);
	say_state(VU_SET_VRING_BASE, 0, 33);
	memory_gone = true; /* then what the client said last has to do */
	say_state(VU_GET_VRING_BASE, 0, 0);
	memcpy(base, sent(CLIENT, VU_GET_VRING_BASE, 0)->bytes + VU_HEADER_BYTES, 8);
	assert_int_equal(base[1], 33);
}

/* Both VIOS let go of a client that has gone; its rings are released first. */
static void a_leaving_client_is_forgotten(void **state)
{
	all_up();
	adapter_client_closed(&a, step());
	assert_true(dropped(CLIENT));
	assert_true(dropped(PLANE(1)));
	assert_int_equal(a.path[0].phase, SELECT_STOPPING);
	answer_all(0);
	adapter_released(&a, step(), 0, a.path[0].start);
	assert_true(dropped(PLANE(0)));
	assert_int_equal(a.path[0].phase, SELECT_ABSENT);
	for (int i = 0; i < KEEP_SLOTS; i++)
		assert_int_equal(slots.used[i], 0);
}

static void a_path_that_lacks_a_bit_says_which(void **state)
{
	path_comes(1);
	ctx.control_up[0][0] = true;
	adapter_control_up(&a, step(), 0);
	adapter_released(&a, step(), 0, START);
	adapter_path_connected(&a, step(), 0, PLANE(0));
	answer(0, VU_GET_FEATURES, UINT64_C(1) << VU_F_PROTOCOL_FEATURES);
	assert_int_equal(a.path[0].phase, SELECT_REFUSED);
	assert_non_null(strstr(a.path[0].reason, "VIRTIO_F_VERSION_1"));
}

static void the_preferred_path_is_waited_for(void **state)
{
	path_comes(0);
	path_comes(1);
	mute[0] = true;
	client_comes();
	assert_int_equal(a.path[1].phase, SELECT_READY);
	assert_int_equal(adapter_live(&a), -1);
	answer_all(0);
	answer_all(0);
	assert_int_equal(adapter_live(&a), 0);
}

/* But only for a moment, each time anew. */
static void not_for_long(void **state)
{
	path_comes(0);
	path_comes(1);
	mute[0] = true;
	client_comes();
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(adapter_live(&a), -1);
		pass_ms(ADAPTER_HESITATE_MS - 1);
		assert_int_equal(adapter_live(&a), -1);
		pass_ms(2);
		assert_int_equal(adapter_live(&a), 1);
		adapter_client_closed(&a, step());
		answer_all(1);
		adapter_released(&a, step(), 1, a.path[1].start);
		a.current = -1;
		for (int p = 0; p < 2; p++) {
			adapter_path_connected(&a, step(), p, PLANE(p));
			answer_all(p);
		}
		client_comes();
	}
}

/* A data plane that promises without being asked has promised nothing about the next stop. */
static void a_promise_counts_when_it_is_asked_for(void **state)
{
	const char *why = NULL;

	all_up();
	adapter_released(&a, step(), 0, a.path[0].start);
	assert_int_equal(adapter_live(&a), 0);
	assert_int_equal(adapter_switch(&a, step(), 1, &why), 0);
	answer_all(0);
	assert_int_equal(a.path[0].phase, SELECT_STOPPING);
}

/* An operator's wish ends when the pair says something new. */
static void a_new_state_ends_a_wish(void **state)
{
	const char *why = NULL;

	all_up();
	adapter_path_state(&a, step(), 1, MODEL_PATH_OPTIMIZED, 4);
	assert_int_equal(adapter_switch(&a, step(), 1, &why), 0);
	answer_all(0);
	adapter_released(&a, step(), 0, a.path[0].start);
	settle_planes();
	assert_int_equal(adapter_live(&a), 1);
	adapter_path_state(&a, step(), 1, MODEL_PATH_NON_OPTIMIZED, 5);
	assert_int_equal(a.path[1].phase, SELECT_STOPPING);
}

/* However much the client tells, a mute standby is told once, and all of it when it answers. */
static void a_mute_standby_costs_nothing(void **state)
{
	unsigned told = 0;

	all_up();
	for (unsigned i = 1; i <= 50; i++) {
		say_memory((i + 1) << 20);
		told += sent(PLANE(1), VU_SET_MEM_TABLE, 0) != NULL;
		answer_all(0);
	}
	assert_int_equal(told, 1);
	answer(1, a.path[1].feed.front.awaited[a.path[1].feed.front.first].request, 0);
	assert_non_null(sent(PLANE(1), VU_SET_MEM_TABLE, 0));
	answer_all(1);
	assert_int_equal(a.path[1].phase, SELECT_READY);
	assert_int_equal(a.path[1].feed.mem_version, a.session.mem_version);
}

static void a_banned_adapter_gets_no_rings(void **state)
{
	const char *why = NULL;

	all_up();
	adapter_ban(&a, step(), true);
	assert_int_equal(a.path[0].phase, SELECT_STOPPING);
	answer_all(0);
	adapter_released(&a, step(), 0, a.path[0].start);
	settle_planes();
	pass_ms(1000);
	assert_int_equal(adapter_live(&a), -1);
	assert_true(adapter_switch(&a, step(), 1, &why) < 0);
	adapter_ban(&a, step(), false);
	assert_true(adapter_live(&a) >= 0);
}

static void other_features_stop_the_rings_first(void **state)
{
	all_up();
	say_u64(VU_SET_FEATURES, UINT64_C(1) << VU_F_PROTOCOL_FEATURES);
	assert_int_equal(a.path[0].phase, SELECT_STOPPING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unknown_owner_is_asked_first),
		TEST(starting_replays_everything),
		TEST(nothing_moves_without_proof),
		TEST(a_lost_owner_is_reported_in_time),
		TEST(a_planned_switch_needs_both_proofs),
		TEST(a_switch_to_what_is_not_ready_fails),
		TEST(no_failback),
		TEST(the_client_waits_for_the_live_path_only),
		TEST(a_late_live_path_is_lost),
		TEST(a_late_standby_is_dropped),
		TEST(stopping_rings_is_answered_when_they_stand),
		TEST(the_rest_starts_again),
		TEST(without_a_path_all_is_answered),
		TEST(a_leaving_client_is_forgotten),
		TEST(a_path_that_lacks_a_bit_says_which),
		TEST(the_preferred_path_is_waited_for),
		TEST(not_for_long),
		TEST(a_promise_counts_when_it_is_asked_for),
		TEST(a_new_state_ends_a_wish),
		TEST(a_mute_standby_costs_nothing),
		TEST(a_banned_adapter_gets_no_rings),
		TEST(other_features_stop_the_rings_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
