/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_random_test.c - random histories of changes: each state obeys the rules, has one text, is
 * the same twice, and no id comes back (tests/lib/config_dice.c). Arguments: first seed, number of
 * seeds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/config_dice.h"

#define CHANGES 400

/* Too few of either kind would prove little. */
static int history(uint64_t seed)
{
	struct config_dice dice = {.seed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
	struct config *config = config_dice_start();
	unsigned accepted = 0;

	for (unsigned i = 0; i < CHANGES; i++) {
		json_t *change = config_dice_change(&dice);

		accepted += config_dice_step(&config, change);
		json_decref(change);
	}
	config_free(config);
	if (accepted >= CHANGES / 10 && accepted <= CHANGES * 9 / 10)
		return 0;
	fprintf(stderr, "seed %llu: %u of %d changes were accepted\n", (unsigned long long)seed,
		accepted, CHANGES);
	return 1;
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 20;
	int failed = 0;

	for (uint64_t seed = first; seed < first + n; seed++) {
		/* Told before it runs: an assertion ends the process. */
		fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
		failed |= history(seed);
	}
	return failed;
}
