/* SPDX-License-Identifier: BSD-3-Clause */
/* judge_scene.h - two VIOS and a clock for the tests of the judge, in one object. */
#ifndef TESTS_JUDGE_SCENE_H
#define TESTS_JUDGE_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ha/frame/judge_priv.h"

#define HANG 100

/* Two VIOS with one worker each; `runs` ticks at every look, `answers` only after a ping. */
struct scene {
	struct judge *j;
	struct judge_actions out;
	uint64_t ms;
	int slot[2];
	bool runs[2], answers[2], in_d[2];
	struct judge_sample sample[2];
	unsigned kills[2], dead, looks, thread_looks, reports[16];
	uint64_t killed_ms[2], suspected_ms;
	int answered;
	enum judge_verdict verdict;
};

uint64_t scene_now_ns(const struct scene *s);
/* Plays the world's part in s->out. */
void scene_carry_out(struct scene *s);
void scene_watch(struct scene *s, int side, uint64_t incarnation);
/* Adapter 7 is live on vios1; pair: vios2 is watched, too. */
struct scene *scene_new(uint64_t holdoff_ms, bool pair);
void scene_free(struct scene *s);
void scene_look(struct scene *s);
/* Looks whenever one is due, to the millisecond. */
void scene_run_until(struct scene *s, uint64_t end_ms);
void scene_hang(struct scene *s, int side);
void scene_die(struct scene *s, int side);

#endif
