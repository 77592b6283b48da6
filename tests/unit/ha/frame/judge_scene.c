/* SPDX-License-Identifier: BSD-3-Clause */
/* judge_scene.c - carries out the judge's actions on a small world; one thread, one scene a test.
 */
#include "judge_scene.h"

uint64_t scene_now_ns(const struct scene *s)
{
	return s->ms * MS_NS;
}

static int side_of(const struct scene *s, uint32_t slot)
{
	return (int)slot == s->slot[0] ? 0 : 1;
}

static void one_action(struct scene *s, const struct judge_action *a)
{
	int side = side_of(s, a->slot);
	struct judge_actions kept = s->out;

	switch (a->kind) {
	case JUDGE_PING:
		s->sample[side].ticks[0] += s->answers[side];
		break;
	case JUDGE_THREADS:
		s->thread_looks++;
		judge_threads(s->j, a->slot, s->in_d[side], scene_now_ns(s), &s->out);
		scene_carry_out(s);
		s->out = kept;
		break;
	case JUDGE_KILL:
		s->kills[side]++;
		s->killed_ms[side] = s->ms;
		break;
	case JUDGE_REPORT:
		s->reports[a->report]++;
		if (a->report == JUDGE_SUSPECTED)
			s->suspected_ms = s->ms;
		break;
	case JUDGE_POWER: /* judge_power_test.c */
		fail();
		break;
	case JUDGE_DEAD:
		s->dead++;
		break;
	case JUDGE_ANSWER:
		s->answered++;
		s->verdict = a->verdict;
		break;
	}
}

void scene_carry_out(struct scene *s)
{
	struct judge_actions *now = malloc(sizeof(*now));

	*now = s->out;
	for (size_t i = 0; i < now->n; i++)
		one_action(s, &now->v[i]);
	free(now);
}

void scene_watch(struct scene *s, int side, uint64_t incarnation)
{
	s->slot[side] = judge_watch(s->j, side == 0 ? "vios1" : "vios2", "netd", incarnation, 1,
		false, &s->sample[side], scene_now_ns(s));
	assert_true(s->slot[side] >= 0);
}

struct scene *scene_new(uint64_t holdoff_ms, bool pair)
{
	struct judge_rules rules = {HANG * MS_NS, 10000 * MS_NS, holdoff_ms * MS_NS, 0};
	struct scene *s = calloc(1, sizeof(*s));

	s->ms = 1000;
	s->slot[0] = s->slot[1] = -1;
	s->j = judge_new(&rules, scene_now_ns(s));
	for (int i = 0; i < 2; i++) {
		s->sample[i].state[0] = SILENCE_POLLING;
		s->runs[i] = s->answers[i] = true;
		if (i == 0 || pair)
			scene_watch(s, i, 0x11u + i);
	}
	judge_live(s->j, 7, 0x11);
	return s;
}

void scene_free(struct scene *s)
{
	judge_free(s->j);
	free(s);
}

void scene_look(struct scene *s)
{
	for (int i = 0; i < 2; i++) {
		if (s->slot[i] < 0)
			continue;
		s->sample[i].ticks[0] += s->runs[i];
		judge_sample(s->j, (uint32_t)s->slot[i], &s->sample[i]);
	}
	s->looks++;
	judge_look(s->j, scene_now_ns(s), &s->out);
	scene_carry_out(s);
}

/* Looks whenever one is due, to the millisecond. */
void scene_run_until(struct scene *s, uint64_t end_ms)
{
	while (s->ms < end_ms) {
		uint64_t next_ms = (judge_next_ns(s->j) + MS_NS - 1) / MS_NS;

		s->ms = next_ms > end_ms ? end_ms : next_ms;
		if (s->ms == next_ms)
			scene_look(s);
	}
}

void scene_hang(struct scene *s, int side)
{
	s->runs[side] = s->answers[side] = false;
}

void scene_die(struct scene *s, int side)
{
	judge_died(s->j, (uint32_t)s->slot[side], scene_now_ns(s), &s->out);
	scene_carry_out(s);
	s->slot[side] = -1;
}
