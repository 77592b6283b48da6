/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * silence.c - the silence of one worker. Pure; called by the judge, which owns the objects.
 *
 * Ticks are compared, never counted: how many one pass of a worker makes says nothing.
 */
#include "ha/frame/silence.h"

#include <string.h>

void silence_begin(struct silence *s, uint64_t ticks, uint32_t state, uint64_t now_ns)
{
	memset(s, 0, sizeof(*s));
	s->ticks = ticks;
	s->state = state;
	s->quiet_ns = s->known_ns = now_ns;
	s->active = true; /* until it is seen to do nothing but answer */
}

static void note_tick(struct silence *s, uint64_t ticks, uint64_t now_ns)
{
	s->active = s->pinged_ns == 0;
	s->came_back = s->lapsed;
	s->lapsed = false;
	s->ticks = ticks;
	s->ticked_ns = now_ns;
	s->quiet_ns = s->known_ns = now_ns;
	s->pinged_ns = 0;
	s->mute_ns = 0;
}

static void cool(struct silence *s, const struct silence_rules *rules, bool worked, bool quiet,
	uint64_t awake_ns)
{
	if (worked)
		s->warmth_ns = SILENCE_WARM_HANGS * rules->hang_ns;
	else if (s->pinged_ns == 0) /* who is asked while it is warm is judged by that ping */
		s->warmth_ns -= awake_ns < s->warmth_ns ? awake_ns : s->warmth_ns;
	s->warm = s->matter && s->warmth_ns != 0;
	s->idle = quiet && !s->warm;
}

void silence_look(struct silence *s, const struct silence_rules *rules, uint64_t ticks,
	uint32_t state, bool quiet, uint64_t now_ns, uint64_t awake_ns)
{
	/* A worker that enters, and requests that arrive, start the clock. Of the former what was
	 * before proves nothing; the latter may come and go all the time beside a thread that takes
	 * none: it has its ping to answer all the same. */
	bool enters = s->state == SILENCE_ABSENT && state != SILENCE_ABSENT;
	bool begins = s->idle && !quiet, ticked = ticks != s->ticks;

	s->state = state;
	s->came_back = false;
	if (ticked)
		note_tick(s, ticks, now_ns);
	else if (enters)
		silence_rebase(s, now_ns);
	else if (s->pinged_ns != 0 || s->mute_ns != 0)
		s->mute_ns += awake_ns;
	if (begins)
		s->quiet_ns = now_ns;
	cool(s, rules, ticked && s->active, quiet, awake_ns);
	s->lapsed |= silence_in_doubt(s, rules, now_ns);
}

bool silence_in_doubt(const struct silence *s, const struct silence_rules *rules, uint64_t now_ns)
{
	return s->pinged_ns != 0 && now_ns - s->pinged_ns >= rules->hang_ns / 5;
}

uint64_t silence_moment_ns(const struct silence_rules *rules)
{
	return 3 * rules->hang_ns / 10;
}

void silence_forget_trial(struct silence *s)
{
	s->doubt_ns = s->tried_ns = 0;
}

void silence_rebase(struct silence *s, uint64_t now_ns)
{
	s->quiet_ns = s->known_ns = now_ns;
	s->pinged_ns = 0;
	silence_forget_trial(s);
}

void silence_credit(
	struct silence *s, const struct silence_rules *rules, uint64_t late_ns, uint64_t now_ns)
{
	uint64_t floor_ns;

	silence_forget_trial(s);
	s->quiet_ns = s->quiet_ns + late_ns < now_ns ? s->quiet_ns + late_ns : now_ns;
	if (s->pinged_ns == 0)
		return;
	/* see silence_due_ns(): what follows the ping is half the hang time, or all of it */
	floor_ns = now_ns + rules->hang_ns / 4 -
		   (silence_rests(s) ? rules->hang_ns : rules->hang_ns / 2);
	s->pinged_ns += late_ns;
	if (s->pinged_ns < floor_ns)
		s->pinged_ns = floor_ns;
	if (s->pinged_ns > now_ns)
		s->pinged_ns = now_ns;
}

bool silence_wants_ping(const struct silence *s, const struct silence_rules *rules, uint64_t now_ns)
{
	if (s->state == SILENCE_ABSENT || s->pinged_ns != 0)
		return false;
	if (s->idle) /* whatever requests came and went: the thread that takes none is asked, too */
		return now_ns - s->known_ns >= rules->quiet_ping_ns;
	return now_ns - s->quiet_ns >= rules->hang_ns / 2;
}

bool silence_asleep(const struct silence *s)
{
	return s->state == SILENCE_SLEEPING && !s->active && !s->warm;
}

bool silence_rests(const struct silence *s)
{
	return s->idle || silence_asleep(s);
}

void silence_pinged(struct silence *s, uint64_t now_ns)
{
	s->pinged_ns = now_ns;
}

uint64_t silence_due_ns(const struct silence *s, const struct silence_rules *rules)
{
	uint64_t from_tick_ns = s->quiet_ns + rules->hang_ns;
	uint64_t from_ping_ns = s->pinged_ns + rules->hang_ns / 2;

	if (s->state == SILENCE_ABSENT || s->pinged_ns == 0)
		return UINT64_MAX;
	if (silence_rests(s))
		return s->pinged_ns + rules->hang_ns;
	return from_tick_ns > from_ping_ns ? from_tick_ns : from_ping_ns;
}

bool silence_is(const struct silence *s, const struct silence_rules *rules, uint64_t now_ns)
{
	return now_ns >= silence_due_ns(s, rules);
}

bool silence_needs_close_watch(const struct silence *s)
{
	if (s->state == SILENCE_ABSENT || s->idle)
		return false;
	return s->lapsed || s->active || s->warm || s->state != SILENCE_SLEEPING;
}
