/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge_guard.c - what the rules say about one data plane at one moment. Pure: reads the judge,
 * changes nothing.
 *
 * The other path of a plane is the plane of the same name in another VIOS. It counts as ticking
 * when each of its workers was seen to tick at a look after the one at which the suspicion arose:
 * all planes are sampled at every look, so such a tick was made after the suspicion.
 */
#include "ha/frame/judge_priv.h"

#include <string.h>

struct judge_plane *judge_guard_other(struct judge *j, const struct judge_plane *p)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		struct judge_plane *q = &j->plane[i];

		if (q->used && q->state != J_DYING && strcmp(q->plane, p->plane) == 0 &&
			strcmp(q->vios, p->vios) != 0)
			return q;
	}
	return NULL;
}

bool judge_guard_silent(const struct judge *j, const struct judge_plane *p, uint64_t now_ns)
{
	for (uint32_t i = 0; i < p->workers; i++)
		if (silence_is(&p->worker[i], &j->silence, now_ns))
			return true;
	return false;
}

/* While somebody is in doubt the other path is pinged at every look: one that has begun to hang
 * meanwhile has lapsed, however long ago the suspicion arose. */
static bool ticks(const struct silence *w, uint64_t since_ns)
{
	return w->state != SILENCE_ABSENT && !w->lapsed && w->ticked_ns > since_ns;
}

bool judge_guard_ticks_since(
	const struct judge *j, const struct judge_plane *q, uint64_t since_ns, uint64_t now_ns)
{
	if (!q || since_ns == 0 || judge_guard_silent(j, q, now_ns))
		return false;
	for (uint32_t i = 0; i < q->workers; i++)
		if (!ticks(&q->worker[i], since_ns))
			return false;
	return true;
}

bool judge_guard_other_fresh(struct judge *j, const struct judge_plane *p, uint64_t now_ns)
{
	return judge_guard_ticks_since(j, judge_guard_other(j, p), p->since_ns, now_ns);
}

/*
 * The planes of one VIOS may fall together; two VIOS never. Somebody's wish that the other one die
 * does not protect one that is silent itself.
 */
bool judge_guard_other_fencing(const struct judge *j, const struct judge_plane *p, uint64_t now_ns)
{
	bool silent = judge_guard_silent(j, p, now_ns);

	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		const struct judge_plane *q = &j->plane[i];

		if (!q->used || q == p || strcmp(q->vios, p->vios) == 0)
			continue;
		if (q->state == J_CHECKING || q->state == J_DYING || (q->accused && !silent))
			return true;
	}
	return false;
}

uint64_t judge_guard_holdoff_ns(const struct judge *j, const struct judge_plane *p, uint64_t now_ns)
{
	uint64_t end_ns = j->last_kill_ns + j->rules.holdoff_ns;
	bool same_fencing = strcmp(j->last_kill_vios, p->vios) == 0 &&
			    strcmp(j->last_kill_plane, p->plane) != 0;

	if (j->last_kill_ns == 0 || same_fencing || now_ns >= end_ns)
		return 0;
	return end_ns - now_ns;
}

uint64_t judge_guard_mute_ns(const struct judge_plane *p)
{
	uint64_t worst_ns = 0;

	for (uint32_t i = 0; i < p->workers; i++)
		if (p->worker[i].mute_ns > worst_ns)
			worst_ns = p->worker[i].mute_ns;
	return worst_ns;
}

bool judge_guard_last_resort(const struct judge *j, const struct judge_plane *p, uint64_t now_ns)
{
	return judge_guard_silent(j, p, now_ns) &&
	       judge_guard_mute_ns(p) >= j->rules.last_resort_ns;
}

/*
 * The host, or both VIOS, may stall between two looks and be back in time for the second: nobody
 * notices. A worker at work is looked at often enough to rule that out. One that only answers
 * pings has a moment more, under close looks, from the time that the other path was seen to tick
 * again. One whose requests matter has it, too (it may have few, or not have been seen at work
 * yet), but from the time that the other path was seen to tick while this one was in doubt: two
 * that were stopped together are back within it.
 */
static bool had_its_moment(const struct judge *j, const struct judge_plane *p,
	const struct silence *s, uint64_t now_ns)
{
	if (silence_asleep(s) || (s->idle && !s->active))
		return p->fresh_ns != 0 && now_ns - p->fresh_ns >= j->rules.hang_ns / 5;
	if (p->matter && !silence_rests(s))
		return s->tried_ns != 0 && now_ns - s->tried_ns >= silence_moment_ns(&j->silence);
	return true;
}

/* One is enough: that another one is silent as well does not speak for it. */
static bool is_proven(const struct judge *j, const struct judge_plane *p, uint64_t now_ns)
{
	for (uint32_t i = 0; i < p->workers; i++)
		if (silence_is(&p->worker[i], &j->silence, now_ns) &&
			had_its_moment(j, p, &p->worker[i], now_ns))
			return true;
	return false;
}

bool judge_guard_cleared(struct judge *j, const struct judge_plane *p, uint64_t now_ns)
{
	if (p->since_ns == 0 || now_ns < p->recheck_ns || judge_guard_other_fencing(j, p, now_ns))
		return false;
	if (judge_guard_holdoff_ns(j, p, now_ns) != 0)
		return false;
	if (judge_guard_last_resort(j, p, now_ns))
		return true;
	return judge_guard_other_fresh(j, p, now_ns) && (p->accused || is_proven(j, p, now_ns));
}
