/* SPDX-License-Identifier: BSD-3-Clause */
/* gate_test.c - every cell of the gate's table, its numbers, and random walks against what it
 * means. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "net/gate.h"

static void test_every_cell(void **state)
{
	for (unsigned s = 0; s < GATE_STATES; s++) {
		assert_string_not_equal(gate_state_name(s), "unknown");
		for (unsigned e = 0; e < GATE_EVENTS; e++) {
			struct gate gate = {.state = s};

			assert_int_not_equal(gate_step(&gate, e), GATE_UNSET);
			assert_in_range(gate.state, GATE_IDLE, GATE_STATES - 1);
		}
	}
}

static void start(struct gate *gate, uint64_t number, enum gate_action expected)
{
	enum gate_action action;

	assert_int_equal(gate_start(gate, number, &action), 0);
	assert_int_equal(action, expected);
}

static void test_a_life(void **state)
{
	struct gate gate = {0};

	start(&gate, 1, GATE_NOTHING);
	assert_int_equal(gate_step(&gate, GATE_DEVICE_UP), GATE_PUBLISH);
	assert_int_equal(gate_live_start(&gate), 1);
	assert_false(gate_is_released(&gate, 1));
	assert_int_equal(gate_release(&gate, 1), GATE_WITHDRAW);
	assert_int_equal(gate_live_start(&gate), 0);
	assert_false(gate_is_released(&gate, 1)); /* workers may still be at it */
	assert_int_equal(gate_quiet(&gate, gate.withdrawals), GATE_NOTHING);
	assert_true(gate_is_released(&gate, 1));
	assert_int_equal(gate.state, GATE_READY);
	start(&gate, 2, GATE_PUBLISH);
}

static void test_old_starts(void **state)
{
	struct gate gate = {0};
	enum gate_action action;

	assert_int_equal(gate_release(&gate, 5), GATE_NOTHING); /* before it was ever told */
	assert_int_equal(gate_start(&gate, 5, &action), -ESTALE);
	assert_int_equal(action, GATE_NOTHING);
	start(&gate, 6, GATE_NOTHING);
	gate_step(&gate, GATE_DEVICE_UP);
	/* A late release of an earlier start does not stop a newer one. */
	assert_int_equal(gate_release(&gate, 5), GATE_NOTHING);
	assert_int_equal(gate_live_start(&gate), 6);
	assert_true(gate_is_released(&gate, 5));
	assert_int_equal(gate_release(&gate, UINT64_MAX), GATE_WITHDRAW);
	gate_quiet(&gate, gate.withdrawals);
	assert_int_equal(gate_start(&gate, UINT64_MAX, &action), -ESTALE);
}

static void test_restart_while_draining(void **state)
{
	struct gate gate = {0};
	uint64_t first;

	start(&gate, 1, GATE_NOTHING);
	gate_step(&gate, GATE_DEVICE_UP);
	gate_release(&gate, 1);
	first = gate.withdrawals;
	start(&gate, 2, GATE_NOTHING); /* not before the workers are quiet */
	assert_int_equal(gate_quiet(&gate, first), GATE_PUBLISH);
	gate_release(&gate, 2);
	/* The first proof comes a second time, from another thread: it proves nothing now. */
	assert_int_equal(gate_quiet(&gate, first), GATE_NOTHING);
	assert_true(gate_is_draining(&gate));
	assert_int_equal(gate_quiet(&gate, gate.withdrawals), GATE_NOTHING);
	assert_false(gate_is_draining(&gate));
}

/* What the workers may do and what was asked for, kept apart from the table. */
struct model {
	bool device, authorised, touched;
};

static enum gate_action event(struct gate *gate, struct model *m, unsigned choice)
{
	enum gate_action action = GATE_NOTHING;

	switch (choice) {
	case 0:
		m->device = true;
		return gate_step(gate, GATE_DEVICE_UP);
	case 1:
		m->device = false;
		return gate_step(gate, GATE_DEVICE_DOWN);
	case 2:
		m->authorised = true;
		assert_int_equal(gate_start(gate, gate->released + 1, &action), 0);
		return action;
	case 3:
		m->authorised = false;
		return gate_release(gate, gate->start);
	default:
		if (gate_is_draining(gate))
			m->touched = false;
		return gate_quiet(gate, gate->withdrawals);
	}
}

static void test_random_walks(void **state)
{
	const char *replay = getenv("VIOS_TEST_SEED");
	unsigned seed = replay ? (unsigned)atoi(replay) : (unsigned)time(NULL);
	struct gate gate = {0};
	struct model m = {0};

	print_message("VIOS_TEST_SEED=%u\n", seed);
	srand(seed);
	for (unsigned i = 0; i < 200000; i++) {
		bool was_live = gate.state == GATE_LIVE;
		enum gate_action action = event(&gate, &m, (unsigned)rand() % 5);

		if (action == GATE_PUBLISH) {
			assert_false(was_live);
			m.touched = true;
		}
		assert_int_equal(action == GATE_WITHDRAW, was_live && gate.state != GATE_LIVE);
		/* Live exactly when it may be and no withdrawal is unproven; not touched means
		 * proven. */
		assert_int_equal(gate.state == GATE_LIVE,
			m.device && m.authorised && !gate_is_draining(&gate));
		assert_int_equal(m.touched, gate.state == GATE_LIVE || gate_is_draining(&gate));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell),
		cmocka_unit_test(test_a_life),
		cmocka_unit_test(test_old_starts),
		cmocka_unit_test(test_restart_while_draining),
		cmocka_unit_test(test_random_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
