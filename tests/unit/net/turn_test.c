/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * turn_test.c - two sides of a trunk, told at random what to claim, with words under way and
 * workers that take their time: never do both use one VLAN, and when all is quiet, each VLAN that
 * is claimed is used by exactly one. The seed is printed; NET_SEED replays it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "net/turn.h"

#define WAY_MAX 512
#define STEPS 400

static uint64_t dice;

static unsigned roll(unsigned n)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice >> 33) % n;
}

static struct turn side[2];
static struct {
	unsigned first, n;
	struct turn_say say[WAY_MAX];
} way[2]; /* to this side */

static void act(unsigned i)
{
	struct turn_say say;

	while (turn_step(&side[i]))
		;
	while (turn_speak(&side[i], &say)) {
		assert_true(way[1 - i].n < WAY_MAX);
		way[1 - i].say[(way[1 - i].first + way[1 - i].n++) % WAY_MAX] = say;
	}
}

static void hear(unsigned i)
{
	if (!way[i].n)
		return;
	turn_hear(&side[i], &way[i].say[way[i].first]);
	way[i].first = (way[i].first + 1) % WAY_MAX;
	way[i].n--;
	act(i);
}

static void quiet(unsigned i)
{
	if (!side[i].draining)
		return;
	turn_quiet(&side[i]);
	act(i);
}

static void claim(unsigned i, uint64_t vlans)
{
	struct vlanset set = {{vlans & 0xF}};

	turn_claim(&side[i], &set);
	act(i);
}

static void check_nobody_doubles(void)
{
	uint64_t a = side[0].uses.word[0] | side[0].lets_go.word[0];
	uint64_t b = side[1].uses.word[0] | side[1].lets_go.word[0];

	assert_int_equal(a & b, 0);
}

static void begin(void)
{
	struct turn_say hello[2];

	for (unsigned i = 0; i < 2; i++) {
		struct vlanset set = {{roll(16)}};

		side[i] = (struct turn){.server = i == 0};
		way[i].n = 0;
		turn_claim(&side[i], &set);
		turn_hello(&side[i], &hello[i]);
	}
	/* What is claimed meanwhile is told later. */
	if (roll(2))
		turn_claim(&side[1], &(struct vlanset){{roll(16)}});
	turn_begin(&side[0], &hello[1]);
	turn_begin(&side[1], &hello[0]);
	check_nobody_doubles();
	act(0);
	act(1);
}

static void settle(void)
{
	for (unsigned k = 0; k < 100; k++)
		for (unsigned i = 0; i < 2; i++) {
			hear(i);
			quiet(i);
			check_nobody_doubles();
		}
	assert_int_equal(way[0].n + way[1].n, 0); /* they fall silent */
	assert_int_equal(side[0].uses.word[0], side[0].claims.word[0]);
	assert_int_equal(side[1].uses.word[0], side[1].claims.word[0] & ~side[0].claims.word[0]);
}

static void test_random_claims(void **state)
{
	const char *seed = getenv("NET_SEED");

	dice = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
	printf("NET_SEED=%llu\n", (unsigned long long)dice);
	for (unsigned run = 0; run < 300; run++) {
		begin();
		for (unsigned k = 0; k < STEPS; k++) {
			unsigned i = roll(2);

			switch (roll(8)) {
			case 0:
				if (way[0].n < WAY_MAX / 4 && way[1].n < WAY_MAX / 4)
					claim(i, roll(16));
				break;
			case 1:
			case 2:
				quiet(i);
				break;
			default:
				hear(i);
			}
			check_nobody_doubles();
		}
		settle();
	}
}

static void test_handing_over(void **state)
{
	side[0] = (struct turn){.server = true};
	side[1] = (struct turn){0};
	begin();
	settle();
	claim(0, 1);
	claim(1, 0);
	settle();
	assert_int_equal(side[0].uses.word[0], 1);
	/* The other side is to have it: not before this one's workers have left. */
	claim(0, 0);
	claim(1, 1);
	hear(1);
	hear(0);
	hear(1);
	assert_int_equal(side[1].uses.word[0], 0);
	quiet(0);
	hear(1);
	hear(0);
	hear(1);
	assert_int_equal(side[1].uses.word[0], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_claims),
		cmocka_unit_test(test_handing_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
