/* SPDX-License-Identifier: BSD-3-Clause */
/* reservations_test.c - who may do what under each type (SPC-5, Commands that are allowed in the
 * presence of various reservations), what each service action changes and whom it tells, and random
 * walks that leave the state valid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "storage/reservations.h"
#include "storage/scsi_lun.h"

#define KEY(n) (UINT64_C(0xABC0000000000000) + (n))

static struct reservations held;
static struct reservation_effects effects;

static struct reservation_nexus nexus(unsigned n)
{
	return (struct reservation_nexus){n, (uint16_t)(n + 1)};
}

static enum reservation_result act(unsigned from, enum reservation_action action, uint64_t key,
	uint64_t service_key, uint8_t type)
{
	const struct reservation_event event = {.action = action,
		.from = nexus(from),
		.key = key,
		.service_key = service_key,
		.type = type};

	reservations_apply(&held, &event, &effects);
	assert_true(reservations_valid(&held));
	return effects.result;
}

static void expect(enum reservation_result got, enum reservation_result wanted)
{
	assert_int_equal(got, wanted);
}

/* Nexus 1, 2, 3 registered with KEY of their number; 1 holds type, if any. */
static void three(uint8_t type)
{
	memset(&held, 0, sizeof(held));
	for (unsigned n = 1; n <= 3; n++)
		expect(act(n, RESERVATION_REGISTER, 0, KEY(n), 0), RESERVATION_DONE);
	if (type)
		expect(act(1, RESERVATION_RESERVE, KEY(1), 0, type), RESERVATION_DONE);
}

static void told(unsigned n, uint32_t attentions, bool abort)
{
	const struct reservation_effect *effect = reservation_effect_on(&effects, nexus(n));

	if (!attentions) {
		assert_null(effect);
		return;
	}
	assert_non_null(effect);
	assert_int_equal(effect->attentions, attentions);
	assert_int_equal(effect->abort, abort);
}

#define BIT(attention) (1u << SCSI_ATTENTION_##attention)

static void test_matrix(void **state)
{
	/* allowed for: the holder, a registered other, an unregistered one; each reads, writes */
	static const struct {
		uint8_t type;
		bool holder[2], registered[2], other[2];
	} rows[] = {
		{RESERVATION_WRITE_EXCLUSIVE, {1, 1}, {1, 0}, {1, 0}},
		{RESERVATION_EXCLUSIVE, {1, 1}, {0, 0}, {0, 0}},
		{RESERVATION_WRITE_EXCLUSIVE_RO, {1, 1}, {1, 1}, {1, 0}},
		{RESERVATION_EXCLUSIVE_RO, {1, 1}, {1, 1}, {0, 0}},
		{RESERVATION_WRITE_EXCLUSIVE_AR, {1, 1}, {1, 1}, {1, 0}},
		{RESERVATION_EXCLUSIVE_AR, {1, 1}, {1, 1}, {0, 0}},
	};
	const enum reservation_class asks[2] = {RESERVATION_READS, RESERVATION_WRITES};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		three(rows[i].type);
		for (unsigned w = 0; w < 2; w++) {
			assert_int_equal(
				reservations_allow(&held, nexus(1), asks[w]), rows[i].holder[w]);
			assert_int_equal(reservations_allow(&held, nexus(2), asks[w]),
				rows[i].registered[w]);
			assert_int_equal(
				reservations_allow(&held, nexus(9), asks[w]), rows[i].other[w]);
		}
		assert_true(reservations_allow(&held, nexus(9), RESERVATION_PASSES));
		assert_true(reservations_allow(&held, nexus(9), RESERVATION_PASSES_PR));
		assert_true(reservations_allow(&held, nexus(9), RESERVATION_PR_ITSELF));
	}
	three(0); /* registrations alone stop nobody */
	assert_true(reservations_allow(&held, nexus(9), RESERVATION_WRITES));
}

static void test_register(void **state)
{
	three(0);
	assert_int_equal(held.generation, 3);
	expect(act(4, RESERVATION_REGISTER, KEY(4), KEY(5), 0), RESERVATION_CONFLICT);
	expect(act(1, RESERVATION_REGISTER, 0, KEY(5), 0), RESERVATION_CONFLICT);
	expect(act(1, RESERVATION_REGISTER, KEY(2), KEY(5), 0), RESERVATION_CONFLICT);
	assert_int_equal(held.generation, 3);
	assert_false(effects.changed);
	expect(act(1, RESERVATION_REGISTER, KEY(1), KEY(5), 0), RESERVATION_DONE);
	assert_int_equal(reservations_find(&held, nexus(1))->key, KEY(5));
	assert_int_equal(held.generation, 4);
	expect(act(1, RESERVATION_REGISTER, KEY(5), 0, 0), RESERVATION_DONE);
	assert_null(reservations_find(&held, nexus(1)));
	assert_int_equal(held.count, 2);
	expect(act(1, RESERVATION_REGISTER, 0, 0, 0), RESERVATION_DONE); /* nothing to undo */
	assert_false(effects.changed);
	assert_int_equal(held.generation, 5);
}

static void test_register_and_ignore(void **state)
{
	three(0);
	expect(act(1, RESERVATION_REGISTER_AND_IGNORE, KEY(77), KEY(6), 0), RESERVATION_DONE);
	assert_int_equal(reservations_find(&held, nexus(1))->key, KEY(6));
	expect(act(4, RESERVATION_REGISTER_AND_IGNORE, KEY(77), KEY(4), 0), RESERVATION_DONE);
	assert_int_equal(held.count, 4);
	expect(act(4, RESERVATION_REGISTER_AND_IGNORE, 0, 0, 0), RESERVATION_DONE);
	assert_int_equal(held.count, 3);
}

/* CVE-2025-57275: one registrant more than there is room for. */
static void test_the_table_of_registrants_is_bounded(void **state)
{
	memset(&held, 0, sizeof(held));
	assert_true(RESERVATION_REGISTRANTS >= 64);
	for (unsigned n = 1; n <= RESERVATION_REGISTRANTS; n++)
		expect(act(n, RESERVATION_REGISTER, 0, KEY(n), 0), RESERVATION_DONE);
	expect(act(999, RESERVATION_REGISTER, 0, KEY(1), 0), RESERVATION_FULL);
	expect(act(999, RESERVATION_REGISTER_AND_IGNORE, 0, KEY(1), 0), RESERVATION_FULL);
	assert_int_equal(held.count, RESERVATION_REGISTRANTS);
	assert_false(effects.changed);
	expect(act(1, RESERVATION_REGISTER, KEY(1), KEY(500), 0), RESERVATION_DONE);
	expect(act(1, RESERVATION_RESERVE, KEY(500), 0, 7), RESERVATION_DONE);
	/* all others are told at once: the effects have room for them */
	expect(act(1, RESERVATION_PREEMPT_AND_ABORT, KEY(500), 0, 8), RESERVATION_DONE);
	assert_int_equal(effects.count, RESERVATION_REGISTRANTS - 1);
	assert_int_equal(held.count, 1);
}

static void test_reserve(void **state)
{
	three(0);
	expect(act(9, RESERVATION_RESERVE, 0, 0, 1), RESERVATION_CONFLICT);
	expect(act(1, RESERVATION_RESERVE, KEY(2), 0, 1), RESERVATION_CONFLICT);
	expect(act(1, RESERVATION_RESERVE, KEY(1), 0, 2), RESERVATION_BAD_PARAMETER);
	expect(act(1, RESERVATION_RESERVE, KEY(1), 0, 1), RESERVATION_DONE);
	assert_int_equal(held.generation, 3); /* RESERVE does not count */
	expect(act(1, RESERVATION_RESERVE, KEY(1), 0, 1), RESERVATION_DONE);
	assert_false(effects.changed);
	expect(act(1, RESERVATION_RESERVE, KEY(1), 0, 3), RESERVATION_CONFLICT);
	expect(act(2, RESERVATION_RESERVE, KEY(2), 0, 1), RESERVATION_CONFLICT);
	three(RESERVATION_EXCLUSIVE_AR);
	expect(act(2, RESERVATION_RESERVE, KEY(2), 0, 8), RESERVATION_DONE); /* holds it, too */
	expect(act(2, RESERVATION_RESERVE, KEY(2), 0, 7), RESERVATION_CONFLICT);
}

static void test_release(void **state)
{
	three(RESERVATION_WRITE_EXCLUSIVE);
	expect(act(9, RESERVATION_RELEASE, 0, 0, 1), RESERVATION_CONFLICT);
	expect(act(2, RESERVATION_RELEASE, KEY(2), 0, 1), RESERVATION_DONE); /* not its own */
	assert_int_equal(held.type, 1);
	expect(act(1, RESERVATION_RELEASE, KEY(1), 0, 3), RESERVATION_BAD_RELEASE);
	expect(act(1, RESERVATION_RELEASE, KEY(1), 0, 1), RESERVATION_DONE);
	assert_int_equal(held.type, 0);
	told(2, 0, false); /* of the unshared types nobody is told */
	three(RESERVATION_EXCLUSIVE_RO);
	expect(act(1, RESERVATION_RELEASE, KEY(1), 0, 6), RESERVATION_DONE);
	told(1, 0, false);
	told(2, BIT(RELEASED), false);
	told(3, BIT(RELEASED), false);
	expect(act(1, RESERVATION_RELEASE, KEY(1), 0, 6), RESERVATION_DONE);
	assert_false(effects.changed);
}

static void test_unregistering_the_holder(void **state)
{
	three(RESERVATION_EXCLUSIVE);
	expect(act(1, RESERVATION_REGISTER, KEY(1), 0, 0), RESERVATION_DONE);
	assert_int_equal(held.type, 0);
	assert_int_equal(effects.count, 0);
	three(RESERVATION_WRITE_EXCLUSIVE_RO);
	expect(act(1, RESERVATION_REGISTER, KEY(1), 0, 0), RESERVATION_DONE);
	assert_int_equal(held.type, 0);
	told(2, BIT(RELEASED), false);
	/* all registrants: it stays until the last has gone */
	three(RESERVATION_WRITE_EXCLUSIVE_AR);
	expect(act(1, RESERVATION_REGISTER, KEY(1), 0, 0), RESERVATION_DONE);
	assert_int_equal(held.type, 7);
	assert_int_equal(effects.count, 0);
	act(2, RESERVATION_REGISTER, KEY(2), 0, 0);
	act(3, RESERVATION_REGISTER, KEY(3), 0, 0);
	assert_int_equal(held.type, 0);
}

static void test_clear(void **state)
{
	three(RESERVATION_EXCLUSIVE);
	expect(act(9, RESERVATION_CLEAR, 0, 0, 0), RESERVATION_CONFLICT);
	expect(act(2, RESERVATION_CLEAR, KEY(1), 0, 0), RESERVATION_CONFLICT);
	expect(act(2, RESERVATION_CLEAR, KEY(2), 0, 0), RESERVATION_DONE);
	assert_int_equal(held.count, 0);
	assert_int_equal(held.type, 0);
	assert_int_equal(held.generation, 4);
	told(1, BIT(PREEMPTED), false);
	told(2, 0, false);
	told(3, BIT(PREEMPTED), false);
}

static void test_preempt_the_holder(void **state)
{
	three(RESERVATION_EXCLUSIVE_RO);
	expect(act(2, RESERVATION_PREEMPT, KEY(2), KEY(1), 3), RESERVATION_DONE);
	assert_int_equal(held.type, 3);
	assert_true(reservations_holds(&held, nexus(2)));
	assert_null(reservations_find(&held, nexus(1)));
	assert_int_equal(held.generation, 4);
	told(1, BIT(UNREGISTERED), false);
	told(3, BIT(RELEASED), false); /* the type is another */
	three(RESERVATION_EXCLUSIVE);
	expect(act(2, RESERVATION_PREEMPT_AND_ABORT, KEY(2), KEY(1), 3), RESERVATION_DONE);
	told(1, BIT(UNREGISTERED), true);
	told(3, 0, false);
	three(RESERVATION_EXCLUSIVE); /* its own: a way to change the type */
	expect(act(1, RESERVATION_PREEMPT, KEY(1), KEY(1), 5), RESERVATION_DONE);
	assert_int_equal(held.type, 5);
	assert_int_equal(held.count, 3);
	told(2, BIT(RELEASED), false);
}

static void test_preempt_others(void **state)
{
	three(RESERVATION_EXCLUSIVE);
	expect(act(2, RESERVATION_PREEMPT, KEY(2), KEY(3), 3), RESERVATION_DONE);
	assert_true(reservations_holds(&held, nexus(1))); /* not its business */
	assert_int_equal(held.count, 2);
	told(3, BIT(UNREGISTERED), false);
	told(1, 0, false);
	expect(act(2, RESERVATION_PREEMPT, KEY(2), KEY(3), 3), RESERVATION_CONFLICT); /* gone */
	expect(act(2, RESERVATION_PREEMPT, KEY(2), 0, 3), RESERVATION_BAD_PARAMETER);
	expect(act(9, RESERVATION_PREEMPT, KEY(9), KEY(1), 3), RESERVATION_CONFLICT);
	expect(act(2, RESERVATION_PREEMPT, KEY(2), KEY(2), 3), RESERVATION_DONE); /* itself */
	assert_null(reservations_find(&held, nexus(2)));
	assert_int_equal(effects.count, 0);
}

static void test_preempt_all_registrants(void **state)
{
	three(RESERVATION_WRITE_EXCLUSIVE_AR);
	expect(act(2, RESERVATION_PREEMPT_AND_ABORT, KEY(2), KEY(1), 1), RESERVATION_DONE);
	assert_int_equal(held.type, 7); /* a key only unregisters */
	told(1, BIT(UNREGISTERED), true);
	expect(act(2, RESERVATION_PREEMPT, KEY(2), 0, 1), RESERVATION_DONE);
	assert_int_equal(held.type, 1);
	assert_int_equal(held.count, 1);
	assert_true(reservations_holds(&held, nexus(2)));
	told(3, BIT(UNREGISTERED), false);
}

/* Two nexuses of one client often share a key. */
static void test_preempt_a_shared_key(void **state)
{
	three(0);
	act(3, RESERVATION_REGISTER, KEY(3), KEY(1), 0);
	act(1, RESERVATION_RESERVE, KEY(1), 0, 5);
	expect(act(2, RESERVATION_PREEMPT, KEY(2), KEY(1), 5), RESERVATION_DONE);
	assert_int_equal(held.count, 1);
	told(1, BIT(UNREGISTERED), false);
	told(3, BIT(UNREGISTERED), false);
}

static void test_spc2(void **state)
{
	memset(&held, 0, sizeof(held));
	expect(act(1, RESERVATION_SPC2_RESERVE, 0, 0, 0), RESERVATION_DONE);
	expect(act(1, RESERVATION_SPC2_RESERVE, 0, 0, 0), RESERVATION_DONE);
	expect(act(2, RESERVATION_SPC2_RESERVE, 0, 0, 0), RESERVATION_CONFLICT);
	assert_false(reservations_allow(&held, nexus(2), RESERVATION_READS));
	assert_false(reservations_allow(&held, nexus(2), RESERVATION_PASSES_PR));
	assert_true(reservations_allow(&held, nexus(2), RESERVATION_PASSES));
	assert_true(reservations_allow(&held, nexus(2), RESERVATION_SPC2_ITSELF));
	assert_true(reservations_allow(&held, nexus(1), RESERVATION_WRITES));
	assert_false(reservations_allow(&held, nexus(1), RESERVATION_PR_ITSELF));
	expect(act(1, RESERVATION_REGISTER, 0, KEY(1), 0), RESERVATION_CONFLICT);
	expect(act(2, RESERVATION_SPC2_RELEASE, 0, 0, 0), RESERVATION_DONE);
	assert_true(held.spc2);
	expect(act(1, RESERVATION_SPC2_RELEASE, 0, 0, 0), RESERVATION_DONE);
	assert_false(held.spc2);
	act(1, RESERVATION_SPC2_RESERVE, 0, 0, 0);
	act(2, RESERVATION_NEXUS_LOST, 0, 0, 0);
	assert_true(held.spc2);
	act(1, RESERVATION_NEXUS_LOST, 0, 0, 0);
	assert_false(held.spc2);
	act(1, RESERVATION_SPC2_RESERVE, 0, 0, 0);
	act(2, RESERVATION_LUN_RESET, 0, 0, 0);
	assert_false(held.spc2);
}

/* CRH: SPC-5, Exceptions to SPC-2 RESERVE and RELEASE behavior. */
static void test_spc2_beside_persistent(void **state)
{
	three(0);
	expect(act(1, RESERVATION_SPC2_RESERVE, 0, 0, 0), RESERVATION_CONFLICT);
	three(RESERVATION_EXCLUSIVE);
	expect(act(1, RESERVATION_SPC2_RESERVE, 0, 0, 0), RESERVATION_DONE);
	expect(act(1, RESERVATION_SPC2_RELEASE, 0, 0, 0), RESERVATION_DONE);
	expect(act(2, RESERVATION_SPC2_RESERVE, 0, 0, 0), RESERVATION_CONFLICT);
	three(RESERVATION_WRITE_EXCLUSIVE_RO);
	expect(act(2, RESERVATION_SPC2_RESERVE, 0, 0, 0), RESERVATION_DONE);
	expect(act(9, RESERVATION_SPC2_RELEASE, 0, 0, 0), RESERVATION_CONFLICT);
	assert_false(held.spc2);
	assert_int_equal(held.type, 5);
}

static void test_power_on(void **state)
{
	struct reservation_event event = {.action = RESERVATION_REGISTER,
		.from = nexus(1),
		.service_key = KEY(1),
		.aptpl = true};

	memset(&held, 0, sizeof(held));
	reservations_apply(&held, &event, &effects);
	act(1, RESERVATION_RESERVE, KEY(1), 0, 3);
	act(1, RESERVATION_POWER_ON, 0, 0, 0);
	assert_true(held.aptpl);
	assert_int_equal(held.type, 3);
	assert_int_equal(held.generation, 0);
	three(RESERVATION_EXCLUSIVE);
	act(1, RESERVATION_POWER_ON, 0, 0, 0);
	assert_int_equal(held.count, 0);
	assert_int_equal(held.type, 0);
}

static void test_nonsense_from_a_peer(void **state)
{
	const struct reservation_event unknown = {.action = RESERVATION_ACTIONS, .from = nexus(1)};
	const struct reservation_event nobody = {
		.action = RESERVATION_REGISTER, .service_key = KEY(1)};

	three(0);
	reservations_apply(&held, &unknown, &effects);
	assert_int_equal(effects.result, RESERVATION_BAD_PARAMETER);
	reservations_apply(&held, &nobody, &effects);
	assert_int_equal(effects.result, RESERVATION_BAD_PARAMETER);
	assert_int_equal(held.count, 3);
}

static void test_random_walks(void **state)
{
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);

	printf("SEED=%u\n", seed);
	srand(seed);
	memset(&held, 0, sizeof(held));
	for (unsigned i = 0; i < 50000; i++) {
		unsigned from = 1 + (unsigned)rand() % 5;
		struct reservations before = held;
		enum reservation_result result = act(from, (unsigned)rand() % RESERVATION_POWER_ON,
			KEY((unsigned)rand() % 4), rand() % 3 ? KEY((unsigned)rand() % 4) : 0,
			(uint8_t)(rand() % 10));

		if (result != RESERVATION_DONE || !effects.changed) {
			assert_memory_equal(&before, &held, sizeof(held));
			assert_int_equal(effects.count, 0);
		}
		for (unsigned j = 0; j < effects.count; j++) {
			assert_false(reservation_same_nexus(effects.effect[j].nexus, nexus(from)));
			assert_ptr_equal(reservation_effect_on(&effects, effects.effect[j].nexus),
				&effects.effect[j]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_register),
		cmocka_unit_test(test_register_and_ignore),
		cmocka_unit_test(test_the_table_of_registrants_is_bounded),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_unregistering_the_holder),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_preempt_the_holder),
		cmocka_unit_test(test_preempt_others),
		cmocka_unit_test(test_preempt_all_registrants),
		cmocka_unit_test(test_preempt_a_shared_key),
		cmocka_unit_test(test_spc2),
		cmocka_unit_test(test_spc2_beside_persistent),
		cmocka_unit_test(test_power_on),
		cmocka_unit_test(test_nonsense_from_a_peer),
		cmocka_unit_test(test_random_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
