/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_dice.h - random changes of a state from a source of numbers: a generator with a seed, or a
 * fuzzer's bytes. And what must hold of each change that is applied or refused.
 */
#ifndef TESTS_CONFIG_DICE_H
#define TESTS_CONFIG_DICE_H

#include "vios-core/model/config_change.h"

struct config_dice {
	uint64_t seed; /* of the generator, when bytes is NULL */
	const uint8_t *bytes;
	size_t n_bytes;
};

/* 0 to below - 1; zeros when the bytes have run out. */
unsigned config_dice_roll(struct config_dice *dice, unsigned below);
/* {"ops": [...]} of a few ops, most of them sensible in a state made by such changes. */
json_t *config_dice_change(struct config_dice *dice);
/* Two VIOS with ent0 and ent1 each, sea0, no client. */
struct config *config_dice_start(void);
/* Applies it, checks every promise with assert(); the state after it: *config is replaced when the
 * change was accepted (true). */
bool config_dice_step(struct config **config, json_t *change);

#endif
