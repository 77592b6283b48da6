/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge_look.c - one look at all heartbeat pages, and when the next one is due. Pure.
 *
 * The interval adapts: a tenth of the hang time while any worker is at work (so a hang is found
 * within the hang time and that tenth), or warm; 55 ms when all workers of a pair sleep, and every
 * second such look pings them; 110 ms when there is no pair, because then no verdict could be
 * carried out soon anyway; 1 ms for a moment while the other path is asked. Nothing watched: no
 * look at all.
 */
#include "ha/frame/judge_power.h"
#include "ha/frame/judge_priv.h"

#include <string.h>

#define IDLE_PAIR_NS (55 * MS_NS)
#define IDLE_ALONE_NS (110 * MS_NS)
#define ASKING_NS (1 * MS_NS)
#define ASKING_FOR_NS (20 * MS_NS)

static uint64_t min_ns(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

static uint64_t max_ns(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns > b_ns ? a_ns : b_ns;
}

static void look_at(
	const struct judge *j, struct judge_plane *p, uint64_t now_ns, uint64_t awake_ns)
{
	bool quiet = p->matter && p->sample.in_flight == 0;

	for (uint32_t i = 0; i < p->workers; i++)
		silence_look(&p->worker[i], &j->silence, p->sample.ticks[i], p->sample.state[i],
			quiet, now_ns, awake_ns);
}

/* All planes but those of one VIOS (NULL: all). */
static void void_evidence(
	struct judge *j, const char *but, uint64_t now_ns, struct judge_actions *out)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		struct judge_plane *p = &j->plane[i];

		if (!p->used || (but && strcmp(p->vios, but) == 0))
			continue;
		for (uint32_t w = 0; w < p->workers; w++)
			silence_rebase(&p->worker[w], now_ns);
		judge_step(j, p, J_VOID, now_ns, out);
	}
}

/* The other path is watched from the doubt on: see had_its_moment(). */
static void try_one(struct judge *j, struct judge_plane *p, struct silence *s, uint64_t now_ns)
{
	if (silence_rests(s) || !silence_in_doubt(s, &j->silence, now_ns))
		silence_forget_trial(s);
	else if (s->doubt_ns == 0)
		s->doubt_ns = now_ns;
	else if (s->tried_ns == 0 &&
		 judge_guard_ticks_since(j, judge_guard_other(j, p), s->doubt_ns, now_ns))
		s->tried_ns = now_ns;
}

static void try_all(struct judge *j, uint64_t now_ns)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		struct judge_plane *p = &j->plane[i];

		for (uint32_t w = 0; p->used && w < p->workers; w++)
			try_one(j, p, &p->worker[w], now_ns);
	}
}

/*
 * A plane that comes back while another is silent: likely the same thing stopped and released both
 * (all processes of both VIOS stopped, a host without time). The one that is scheduled first proves
 * nothing against the one that is scheduled next.
 */
static void forgive_common_stall(struct judge *j, uint64_t now_ns, struct judge_actions *out)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		const struct judge_plane *p = &j->plane[i];
		bool back = false;

		for (uint32_t w = 0; p->used && w < p->workers; w++)
			back |= p->worker[w].came_back;
		if (back)
			void_evidence(j, p->vios, now_ns, out);
	}
}

static void give_up(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	uint64_t left_ns = judge_guard_holdoff_ns(j, p, now_ns);
	enum judge_verdict verdict = JUDGE_LAST;

	if (judge_guard_other_fencing(j, p, now_ns))
		verdict = JUDGE_LOST;
	else if (left_ns != 0)
		verdict = JUDGE_HOLDOFF;
	p->accused = false;
	judge_ask_settle(j, p, verdict, left_ns / MS_NS, out);
}

static void judge_one(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	enum judge_event event = J_SILENT;
	bool held = p->state != J_DYING;

	if (held && p->accused && now_ns >= p->accused_until_ns &&
		!judge_guard_cleared(j, p, now_ns))
		give_up(j, p, now_ns, out);
	if (!p->accused && !judge_guard_silent(j, p, now_ns))
		event = J_FINE;
	else if (p->state != J_WATCHED && judge_guard_cleared(j, p, now_ns))
		event = J_CLEARED;
	judge_step(j, p, event, now_ns, out);
}

/* Those that serve live paths first: where both are hung, that one's return helps more. */
static void judge_all(struct judge *j, uint64_t now_ns, struct judge_actions *out)
{
	for (int live = 1; live >= 0; live--)
		for (size_t i = 0; i < JUDGE_SLOTS; i++) {
			struct judge_plane *p = &j->plane[i];

			if (p->used && (p->live != 0) == (live == 1))
				judge_one(j, p, now_ns, out);
		}
}

static void ping(struct judge *j, struct judge_plane *p, uint32_t mask, uint64_t now_ns,
	struct judge_actions *out)
{
	struct judge_action *a;

	if (mask == 0)
		return;
	for (uint32_t i = 0; i < p->workers; i++)
		if ((mask & 1u << i) && p->worker[i].pinged_ns == 0)
			silence_pinged(&p->worker[i], now_ns);
	a = judge_emit(out, JUDGE_PING);
	a->slot = judge_slot(j, p);
	a->mask = mask;
}

static bool is_in_doubt(const struct judge_plane *p)
{
	for (uint32_t i = 0; i < p->workers; i++)
		if (p->worker[i].lapsed)
			return true;
	return false;
}

/* Somebody's fate hangs on this plane's ticks, or soon may. */
static bool is_witness(struct judge *j, const struct judge_plane *q, uint64_t now_ns)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		const struct judge_plane *p = &j->plane[i];

		if (!p->used || p->state == J_DYING || judge_guard_other(j, p) != q)
			continue;
		if (is_in_doubt(p) ||
			(p->state == J_SUSPECT && !judge_guard_other_fresh(j, p, now_ns)))
			return true;
	}
	return false;
}

static uint32_t whom_to_ping(struct judge *j, const struct judge_plane *p, uint64_t now_ns)
{
	uint32_t mask = 0;

	if (is_witness(j, p, now_ns) || judge_power_asks(j, p))
		return (1u << p->workers) - 1;
	for (uint32_t w = 0; w < p->workers; w++)
		if (silence_wants_ping(&p->worker[w], &j->silence, now_ns))
			mask |= 1u << w;
	return mask;
}

static void ping_all(struct judge *j, uint64_t now_ns, struct judge_actions *out)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		struct judge_plane *p = &j->plane[i];

		if (p->used && p->state != J_DYING)
			ping(j, p, whom_to_ping(j, p, now_ns), now_ns, out);
	}
}

struct plan {
	uint64_t idle_ns; /* between looks while all sleep */
	bool close;
	uint64_t next_ns; /* at the latest */
};

static void plan_worker(
	const struct judge *j, const struct silence *s, uint64_t now_ns, struct plan *plan)
{
	bool close = silence_needs_close_watch(s);
	uint64_t due_ns = silence_due_ns(s, &j->silence);
	uint64_t ping_ns = s->quiet_ns + (close ? j->rules.hang_ns / 2 : plan->idle_ns);
	uint64_t doubt_ns = s->pinged_ns + j->rules.hang_ns / 5;
	uint64_t moment_ns = s->tried_ns + silence_moment_ns(&j->silence);

	plan->close |= close;
	if (due_ns > now_ns)
		plan->next_ns = min_ns(plan->next_ns, due_ns);
	if (close && s->pinged_ns != 0 && doubt_ns > now_ns)
		plan->next_ns = min_ns(plan->next_ns, doubt_ns);
	if (s->tried_ns != 0 && moment_ns > now_ns)
		plan->next_ns = min_ns(plan->next_ns, moment_ns);
	if (s->state != SILENCE_ABSENT && !s->idle && s->pinged_ns == 0 && ping_ns > now_ns)
		plan->next_ns = min_ns(plan->next_ns, ping_ns);
}

/* The other path is asked: it is about to answer. */
static bool is_asking(const struct judge *j, const struct judge_plane *p, uint64_t now_ns)
{
	uint64_t asking_ns = max_ns(ASKING_FOR_NS, j->rules.hang_ns / 5 + 2 * ASKING_NS);

	if (p->state != J_WATCHED &&
		(p->since_ns == 0 || now_ns - max_ns(p->since_ns, p->fresh_ns) < asking_ns))
		return true;
	for (uint32_t i = 0; i < p->workers; i++)
		if (p->worker[i].doubt_ns != 0 && p->worker[i].tried_ns == 0 &&
			now_ns - p->worker[i].doubt_ns < ASKING_FOR_NS)
			return true;
	return false;
}

static void plan_plane(
	struct judge *j, const struct judge_plane *p, uint64_t now_ns, struct plan *plan)
{
	if (p->state == J_DYING)
		return;
	for (uint32_t i = 0; i < p->workers; i++)
		plan_worker(j, &p->worker[i], now_ns, plan);
	plan->close |= p->state != J_WATCHED;
	if (is_asking(j, p, now_ns) && judge_guard_other(j, p))
		plan->next_ns = min_ns(plan->next_ns, now_ns + ASKING_NS);
}

/* 0: nobody is watched. */
static uint64_t idle_ns(const struct judge *j)
{
	const char *vios = NULL;
	bool pair = false;

	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		const struct judge_plane *p = &j->plane[i];

		if (!p->used)
			continue;
		pair |= vios && strcmp(vios, p->vios) != 0;
		vios = p->vios;
	}
	if (!vios)
		return 0;
	return max_ns(pair ? IDLE_PAIR_NS : IDLE_ALONE_NS, j->rules.hang_ns / 2);
}

static void plan_next(struct judge *j, uint64_t now_ns)
{
	struct plan plan = {.next_ns = UINT64_MAX, .idle_ns = idle_ns(j)};
	uint64_t period_ns = plan.idle_ns;

	j->look_ns = now_ns;
	j->next_ns = UINT64_MAX;
	if (plan.idle_ns == 0)
		return;
	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (j->plane[i].used)
			plan_plane(j, &j->plane[i], now_ns, &plan);
	if (plan.close)
		period_ns = max_ns(j->rules.hang_ns / 10, ASKING_NS);
	j->next_ns = min_ns(plan.next_ns, now_ns + period_ns);
}

/*
 * The watcher was late. By little: what it did not see is not held against anybody, and everybody
 * has a moment more from now on. By much: what it saw before proves nothing.
 */
static void forgive_own_sleep(
	struct judge *j, uint64_t late_ns, uint64_t now_ns, struct judge_actions *out)
{
	struct judge_action *a = judge_emit(out, JUDGE_REPORT);

	a->report = JUDGE_OVERSLEPT;
	a->ms = late_ns / MS_NS;
	if (late_ns >= j->rules.hang_ns / 2) {
		void_evidence(j, NULL, now_ns, out);
		return;
	}
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		struct judge_plane *p = &j->plane[i];

		for (uint32_t w = 0; p->used && w < p->workers; w++)
			silence_credit(&p->worker[w], &j->silence, late_ns, now_ns);
		if (p->used)
			judge_step(j, p, J_VOID, now_ns, out);
	}
}

static uint64_t late_by_ns(const struct judge *j, uint64_t now_ns)
{
	uint64_t late_ns = now_ns > j->next_ns ? now_ns - j->next_ns : 0;

	return late_ns >= j->rules.hang_ns / 8 ? late_ns : 0;
}

void judge_look(struct judge *j, uint64_t now_ns, struct judge_actions *out)
{
	uint64_t late_ns = late_by_ns(j, now_ns);
	uint64_t awake_ns = now_ns - j->look_ns - late_ns;

	out->n = 0;
	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (j->plane[i].used)
			look_at(j, &j->plane[i], now_ns, awake_ns);
	if (late_ns != 0)
		forgive_own_sleep(j, late_ns, now_ns, out);
	else
		forgive_common_stall(j, now_ns, out);
	try_all(j, now_ns);
	judge_power_look(j, now_ns, out);
	judge_all(j, now_ns, out);
	ping_all(j, now_ns, out);
	plan_next(j, now_ns);
}

uint64_t judge_next_ns(const struct judge *j)
{
	return j->next_ns;
}
