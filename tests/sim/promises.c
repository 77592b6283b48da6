/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * promises.c - what the judge promises, checked against the truth of the world. The numbers are
 * those of judge_sim.c.
 */
#include <stdio.h>

#include "tests/sim/sim.h"

void sim_say(struct sim *s, const char *what, uint64_t a)
{
	if (s->trace)
		printf("%10.3f ms  %-28s %llu\n", (double)s->w.now_ns / 1e6, what,
			(unsigned long long)a);
}

void sim_promise(struct sim *s, bool kept, const char *what)
{
	if (kept || s->failed)
		return;
	s->failed = true;
	printf("seed %llu at %.3f ms: broken promise: %s\n", (unsigned long long)s->seed,
		(double)s->w.now_ns / 1e6, what);
}

/* --- what disturbs the promises that something will happen --- */

void sim_disturb(struct sim *s)
{
	for (int i = 0; i < 2; i++)
		s->clear_from_ns[i] = s->alone_from_ns[i] = s->stuck_from_ns[i] = s->w.now_ns;
}

/* Ill, so that it cannot tick, and will not recover soon. */
static bool is_hung(const struct sim_process *p)
{
	return p->exists && p->registered && !p->dying &&
	       (p->disease == HUNG || p->disease == STOPPED);
}

static bool is_ticking(const struct sim *s, const struct sim_process *p)
{
	return p->exists && p->registered && !p->dying && p->disease == WELL &&
	       s->w.now_ns >= s->w.host_stall_until_ns;
}

/* A target with few requests: as one at work when it had some a moment ago, with one at this moment
 * or without; else its main thread is asked once a second, and so is the other while it has none.
 */
static uint64_t light_tick(const struct sim *s, const struct sim_process *p)
{
	uint64_t hang_ns = s->rules.hang_ns;

	if (p->light.busy && (p->disease == STOPPED || p->hung_worker == 1))
		return hang_ns / 10;
	return 1000 * MS + hang_ns / 5 + sim_later(110 * MS, hang_ns);
}

/* Only of a worker that was at work: of one that slept, nothing is missed. */
static uint64_t tick_of(const struct sim *s, const struct sim_process *p)
{
	uint64_t hang_ns = s->rules.hang_ns;
	bool at_work = p->disease == HUNG && !p->worker[p->hung_worker].sleeper;

	if (p->light.gap_ns != 0)
		return light_tick(s, p);
	return hang_ns / (at_work ? 10 : 5) + (at_work ? 0 : sim_later(110 * MS, hang_ns));
}

uint64_t sim_stuck_ns(const struct sim *s, const struct sim_process *p)
{
	uint64_t after_ns = 5000 * MS;

	if (s->rules.power_ns != 0 && s->rules.power_ns < after_ns)
		after_ns = s->rules.power_ns;
	return p->killed_ns + after_ns;
}

/* Promise 10, the half of it that something happens: the other one serves, or the last resort has
 * come. */
static void check_stuck(struct sim *s, int side)
{
	struct sim_process *p = sim_at(s, side), *q = sim_at(s, 1 - side);
	uint64_t due_ns = p->killed_ns + s->rules.power_ns;
	bool spared = is_ticking(s, q) ||
		      (!q->dying && s->w.now_ns >= p->killed_ns + s->rules.last_resort_ns);

	if (!p->exists || !p->dying || p->powered || !spared || s->rules.power_ns == 0 ||
		s->w.now_ns < due_ns || s->w.now_ns < s->program_until_ns ||
		(s->last_kill_side != side && s->w.now_ns < s->last_kill_ns + s->rules.holdoff_ns))
		s->stuck_from_ns[side] = s->w.now_ns;
	sim_promise(s, s->w.now_ns <= s->stuck_from_ns[side] + 3 * s->rules.hang_ns + 500 * MS,
		"what does not die is not powered off");
}

/* Promises 6 and 7: nothing in the way, and still alive? */
void sim_check_hangs(struct sim *s)
{
	uint64_t hang_ns = s->rules.hang_ns;

	for (int i = 0; i < 2; i++) {
		struct sim_process *p = sim_at(s, i), *q = sim_at(s, 1 - i);
		uint64_t tick_ns = tick_of(s, p);
		bool holdoff =
			s->last_kill_ns != 0 && s->w.now_ns < s->last_kill_ns + s->rules.holdoff_ns;

		if (!is_hung(p) || !is_ticking(s, q) || holdoff)
			s->clear_from_ns[i] = s->w.now_ns;
		if (!is_hung(p) || q->dying || holdoff || s->w.now_ns < s->w.host_stall_until_ns)
			s->alone_from_ns[i] = s->w.now_ns;
		sim_promise(s, s->w.now_ns <= s->clear_from_ns[i] + hang_ns + tick_ns + 6 * MS,
			"a real hang lives longer than the hang time and a tick");
		sim_promise(s,
			s->w.now_ns <= s->alone_from_ns[i] + s->rules.last_resort_ns + 3 * hang_ns +
					       2 * tick_ns,
			"a hung last one outlives the last resort");
		check_stuck(s, i);
	}
}

/* --- kills --- */

/* Of a light one the thread that only answers has always been silent for long: what counts is until
 * when it could answer, and that it is asked half a hang time before it is judged. */
static uint64_t light_silent_from(const struct sim *s, const struct sim_process *p)
{
	uint64_t from_ns = NEVER;

	for (uint32_t i = 0; i < p->workers; i++) {
		const struct sim_worker *w = &p->worker[i];
		uint64_t tick_ns =
			sim_later(w->last_tick_ns, w->able_ns - s->rules.hang_ns / 2) - 3 * MS;

		if ((p->disease != HUNG || p->hung_worker == i) && tick_ns < from_ns)
			from_ns = tick_ns;
	}
	return from_ns;
}

void sim_check_kill(struct sim *s, int side)
{
	struct sim_process *p = sim_at(s, side), *q = sim_at(s, 1 - side);
	uint64_t now_ns = s->w.now_ns, hang_ns = s->rules.hang_ns;
	uint64_t silent_from_ns = p->light.gap_ns ? light_silent_from(s, p) : sim_worst_tick_ns(p);
	bool asked = s->request != 0 && s->asked_of == p->incarnation;
	uint64_t silent_ns = silent_from_ns + hang_ns - 1;
	uint64_t suspected_ns = asked && s->asked_ns < silent_ns ? s->asked_ns : silent_ns;
	uint64_t noticed_ns = hang_ns / 8 + sim_later(55 * MS, hang_ns / 2);
	bool other_ticked =
		q->exists && q->registered && !q->dying && sim_worst_tick_ns(q) > suspected_ns;
	bool last_resort = now_ns - silent_from_ns >= s->rules.last_resort_ns;

	sim_promise(s, asked || !sim_runs(&s->w, p) || p->disease == HUNG, "killed one that runs");
	sim_promise(s, asked || now_ns - silent_from_ns >= hang_ns, "killed before the hang time");
	sim_promise(s, other_ticked || last_resort, "killed the last one");
	sim_promise(s,
		s->w.host_stall_end_ns == 0 || asked || s->w.host_stall_ns < noticed_ns ||
			now_ns - s->w.host_stall_end_ns >=
				(s->w.host_stall_ns < hang_ns / 2 + noticed_ns ? hang_ns / 4
									       : hang_ns),
		"killed after a stall of the host");
	sim_promise(s, last_resort || now_ns - sim_worst_tick_ns(q) < hang_ns * 3 / 4,
		"killed while the other path begins to hang");
	sim_promise(s, p->disease != ON_DISK, "killed one in state D");
	sim_promise(s, s->last_kill_ns == 0 || now_ns - s->last_kill_ns >= s->rules.holdoff_ns,
		"killed within the hold-off");
	sim_promise(s, !q->dying, "killed while the other is dying");
	sim_promise(s,
		asked || s->both_until_ns == 0 || last_resort ||
			p->ill_since_ns > s->both_from_ns || now_ns < s->both_from_ns ||
			p->ill_until_ns == NEVER,
		"killed for a stall of both");
}

/* --- powering off --- */

void sim_check_power(struct sim *s, int side, bool asked)
{
	struct sim_process *p = sim_at(s, side), *q = sim_at(s, 1 - side);
	uint64_t now_ns = s->w.now_ns, since_ns = now_ns - p->killed_ns;
	bool serves =
		q->exists && q->registered &&
		(q->disease == WELL || now_ns - q->ill_since_ns < 2 * s->rules.hang_ns + 300 * MS);

	sim_promise(s, p->exists && p->dying, "powered off for one that was not killed");
	sim_promise(s, now_ns >= sim_stuck_ns(s, p), "powered off for one that may yet die");
	sim_promise(s, asked || since_ns >= s->rules.power_ns, "powered off too soon");
	sim_promise(s, asked || s->rules.power_ns != 0, "powered off without a program");
	sim_promise(s, asked || !p->powered, "powered off twice");
	sim_promise(s, serves || since_ns >= s->rules.last_resort_ns, "powered off the last one");
	sim_promise(s, !q->exists || !q->dying, "powered off while the other is dying");
	sim_promise(s, now_ns >= s->program_until_ns, "powered off while the program runs");
	sim_promise(s, s->last_kill_side == side || now_ns - s->last_kill_ns >= s->rules.holdoff_ns,
		"powered off within the hold-off");
}
