/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge_power.c - a data plane was killed and is still there: it waits in the kernel, where no
 * signal reaches it. What is left is to power its VIOS off and on. Pure.
 *
 *   killed --STUCK--> reported; a fencing that is asked for is answered JUDGE_STUCK, and may go on
 *   with the power program --rules->power_ns since the kill--> JUDGE_POWER, once, unasked
 *
 * Both only as long as no other fencing is under way and every data plane of that VIOS can be
 * spared: its other path ticks. A last one that serves well is never given up for one that is
 * stuck; one that is killed or hung itself has nothing to lose after the last resort.
 */
#include "ha/frame/judge_power.h"
#include "ha/frame/judge_priv.h"

#include <string.h>

#define STUCK_NS (5000 * MS_NS)

bool judge_power_stuck(const struct judge *j, const struct judge_plane *p, uint64_t now_ns)
{
	uint64_t after_ns = STUCK_NS;

	if (j->rules.power_ns != 0 && j->rules.power_ns < after_ns)
		after_ns = j->rules.power_ns;
	return p->used && p->state == J_DYING && now_ns - p->killed_ns >= after_ns;
}

static bool same_vios(const struct judge_plane *p, const struct judge_plane *q)
{
	return p->used && q->used && strcmp(p->vios, q->vios) == 0;
}

bool judge_power_asks(struct judge *j, const struct judge_plane *q)
{
	for (size_t i = 0; i < JUDGE_SLOTS && j->rules.power_ns != 0; i++) {
		const struct judge_plane *p = &j->plane[i];

		if (!p->used || p->stuck_ns == 0 || p->powered || strcmp(p->vios, q->vios) == 0)
			continue;
		for (size_t k = 0; k < JUDGE_SLOTS; k++)
			if (same_vios(p, &j->plane[k]) && judge_guard_other(j, &j->plane[k]) == q)
				return true;
	}
	return false;
}

/* Its adapters lose nothing if its VIOS goes. */
static bool can_be_spared(
	struct judge *j, const struct judge_plane *q, uint64_t since_ns, uint64_t now_ns)
{
	if (q->state == J_DYING && now_ns - q->killed_ns >= j->rules.last_resort_ns)
		return true;
	if (q->state != J_DYING && judge_guard_last_resort(j, q, now_ns))
		return true;
	return judge_guard_ticks_since(j, judge_guard_other(j, q), since_ns, now_ns);
}

/* JUDGE_STUCK: it may be powered off. The last kill was of its own VIOS: nobody of another one is
 * killed while it is dying, so no hold-off stands against that. */
static enum judge_verdict may_power(struct judge *j, const struct judge_plane *p, uint64_t now_ns)
{
	if (j->program_runs || judge_guard_other_fencing(j, p, now_ns))
		return JUDGE_LOST;
	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (same_vios(p, &j->plane[i]) &&
			!can_be_spared(j, &j->plane[i], p->stuck_ns, now_ns))
			return JUDGE_LAST;
	return JUDGE_STUCK;
}

/* One that was powered off and is still there would be so after another time. */
static bool was_powered(const struct judge *j, const struct judge_plane *p)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (same_vios(p, &j->plane[i]) && j->plane[i].powered)
			return true;
	return false;
}

static void power(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	struct judge_action *a = judge_emit(out, JUDGE_REPORT);

	a->slot = judge_slot(j, p);
	a->report = JUDGE_POWERED_OFF;
	a->ms = (now_ns - p->killed_ns) / MS_NS;
	judge_emit(out, JUDGE_POWER)->slot = judge_slot(j, p);
	p->powered = true;
	j->program_runs = true; /* until the caller says otherwise */
}

/* The first one that is stuck speaks for its VIOS. */
static void look_at(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	const uint64_t moment_ns = j->rules.hang_ns + j->rules.hang_ns / 2;
	enum judge_verdict verdict;

	if (p->stuck_ns == 0) { /* what the other path ticks counts from here */
		p->stuck_ns = now_ns;
		return;
	}
	verdict = may_power(j, p, now_ns);
	if ((verdict != JUDGE_LAST || now_ns - p->stuck_ns >= moment_ns) &&
		judge_ask_settle_fences(j, p->vios, verdict, 0, out) > 0 && verdict == JUDGE_STUCK)
		p->powered = j->program_runs = j->rules.power_ns != 0;
	else if (verdict == JUDGE_STUCK && j->rules.power_ns != 0 &&
		 now_ns - p->killed_ns >= j->rules.power_ns && !was_powered(j, p))
		power(j, p, now_ns, out);
}

void judge_power_look(struct judge *j, uint64_t now_ns, struct judge_actions *out)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		bool first = judge_power_stuck(j, &j->plane[i], now_ns);

		for (size_t k = 0; first && k < i; k++)
			first = !same_vios(&j->plane[k], &j->plane[i]) ||
				!judge_power_stuck(j, &j->plane[k], now_ns);
		if (first)
			look_at(j, &j->plane[i], now_ns, out);
	}
}

void judge_program(struct judge *j, bool runs)
{
	j->program_runs = runs;
}
