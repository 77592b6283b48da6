/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge_sim.c - the judge of vios-framed against two VIOS that fail at random, on virtual time.
 *
 *	judge_sim [--seed S] [--seeds N] [--trace]	(VIOS_LONG=1: more seeds)
 *
 * Each seed is one run of half a minute. A broken promise prints the seed; --seed S --seeds 1
 *--trace replays it. What is promised is checked against the truth of the world, not against what
 *the judge saw:
 *
 *	1 never kills a process that runs, nor one that was silent for less than the hang time
 *	2 never kills while the other path does not tick after the suspicion, before the last resort
 *	  nor when that tick is long ago
 *	3 never kills after a stall of the host without a whole hang time of fresh evidence
 *	4 never kills one with a thread in state D, nor twice within the hold-off, nor both VIOS at
 *once 5 all stopped and continued together: nobody is killed for it 6 always kills a real hang
 *within the hang time and a tick while the other path ticks, also one of a target that had few
 *requests, but one of late 7 always kills a hung last one within
 *the last resort and a hang time 8 answers every request once, in time 9 looks at most 20 times a
 *second while both sleep and nothing happens
 *	10 powers off what was killed and does not die, once, in time, and never while the other one
 *cannot serve before the last resort, nor while another fencing is under way
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

#define RUN_NS (30000 * MS)
#define SECOND_NS (1000 * MS)
#define RESTS_NS (1000 * SECOND_NS)

static int side_of(const struct sim *s, uint32_t slot)
{
	for (int i = 0; i < 2; i++)
		if (s->w.vios[i].registered && s->w.vios[i].slot == slot)
			return i;
	return -1;
}

static void do_kill(struct sim *s, uint32_t slot)
{
	int side = side_of(s, slot);
	struct sim_process *p;

	sim_promise(s, side >= 0, "killed a slot that is not there");
	if (side < 0)
		return;
	p = sim_at(s, side);
	sim_say(s, "kill", (uint64_t)side + 1);
	sim_check_kill(s, side);
	p->dying = true;
	p->killed_ns = s->w.now_ns;
	p->change_ns = s->w.now_ns + sim_between(&s->w.rng, 0, 40 * MS);
	if (sim_random(&s->w.rng, s->stuck_run ? 1 : 4) == 0) /* it waits in the kernel */
		p->change_ns = sim_random(&s->w.rng, 2)
				       ? NEVER
				       : s->w.now_ns + sim_between(&s->w.rng, 0, 20000 * MS);
	s->last_kill_ns = s->w.now_ns;
	s->last_kill_side = side;
	s->kills++;
	sim_disturb(s);
}

/* Its program ends what hangs in the kernel, mostly. */
static void do_power(struct sim *s, int side, bool asked)
{
	struct sim_process *p;

	sim_promise(s, side >= 0, "powered off for a slot that is not there");
	if (side < 0)
		return;
	p = sim_at(s, side);
	sim_say(s, asked ? "powered off, asked" : "powered off", (uint64_t)side + 1);
	sim_check_power(s, side, asked);
	p->powered = true;
	s->powers++;
	s->program_until_ns = s->w.now_ns + sim_between(&s->w.rng, 0, 500 * MS);
	if (sim_random(&s->w.rng, 4) != 0)
		p->change_ns = s->program_until_ns;
	sim_disturb(s);
}

static void carry_out(struct sim *s, struct judge_actions *out);

static void do_threads(struct sim *s, uint32_t slot)
{
	static struct judge_actions inner;
	int side = side_of(s, slot);

	judge_threads(
		s->j, slot, side >= 0 && sim_at(s, side)->disease == ON_DISK, s->w.now_ns, &inner);
	carry_out(s, &inner);
}

static void do_answer(struct sim *s, const struct judge_action *a)
{
	struct sim_process *p;

	sim_say(s, "answer", a->verdict);
	sim_promise(s, a->request == s->request, "an answer to a request that does not wait");
	for (int i = 0; i < 2; i++) {
		p = sim_at(s, i);
		if (a->verdict == JUDGE_KILLED)
			sim_promise(s, !p->exists || p->incarnation != s->asked_of,
				"answered killed, and it lives");
		if (a->verdict == JUDGE_STUCK && p->exists && p->incarnation == s->asked_of)
			do_power(s, i, true);
	}
	s->request = 0;
	s->answers++;
}

static void carry_out(struct sim *s, struct judge_actions *out)
{
	for (size_t i = 0; i < out->n; i++) {
		const struct judge_action *a = &out->v[i];
		int side = side_of(s, a->slot);

		if (a->kind == JUDGE_PING && side >= 0)
			sim_ping(&s->w, sim_at(s, side), a->mask);
		else if (a->kind == JUDGE_THREADS)
			do_threads(s, a->slot);
		else if (a->kind == JUDGE_KILL)
			do_kill(s, a->slot);
		else if (a->kind == JUDGE_POWER)
			do_power(s, side, false);
		else if (a->kind == JUDGE_ANSWER)
			do_answer(s, a);
		else if (a->kind == JUDGE_REPORT)
			sim_say(s, "report", a->report);
	}
}

/* --- life and death --- */

static void watch(struct sim *s, int side)
{
	struct sim_process *p = sim_at(s, side);
	struct judge_sample sample;
	int slot;

	sim_sample(p, &sample);
	slot = judge_watch(s->j, side == 0 ? "vios1" : "vios2",
		s->light_ns ? "scsid:lpar1/scsi0" : "netd", p->incarnation, p->workers,
		s->light_ns != 0, &sample, s->w.now_ns);
	sim_promise(s, slot >= 0, "a new process was not watched");
	p->slot = (uint64_t)slot;
	p->registered = true;
	p->change_ns = NEVER;
	p->light.seen_ns = 0;
	sim_say(s, "registered", (uint64_t)side + 1);
	if (sim_random(&s->w.rng, 2) == 0)
		judge_live(s->j, 7, p->incarnation);
	sim_disturb(s);
}

static void die(struct sim *s, int side)
{
	struct sim_process *p = sim_at(s, side);
	uint32_t slot = (uint32_t)p->slot;

	sim_say(s, "died", (uint64_t)side + 1);
	p->exists = p->registered = p->dying = false;
	s->both_until_ns = 0; /* no longer the same two */
	p->change_ns = s->w.now_ns + sim_between(&s->w.rng, 100 * MS, 2000 * MS);
	judge_died(s->j, slot, s->w.now_ns, &s->out);
	carry_out(s, &s->out);
	sim_disturb(s);
}

static void birth(struct sim *s, int side)
{
	struct sim_process *p = sim_at(s, side);

	sim_birth(&s->w, p, s->idle_run || s->sleepy_run || sim_random(&s->w.rng, 3) == 0);
	if (s->light_ns != 0)
		sim_lighten(&s->w, p, s->one_rests && side == 0 ? RESTS_NS : s->light_ns);
}

static void change(struct sim *s, int side)
{
	struct sim_process *p = sim_at(s, side);

	if (p->exists && !p->registered)
		watch(s, side);
	else if (p->exists)
		die(s, side);
	else {
		birth(s, side);
		p->change_ns = s->w.now_ns + sim_between(&s->w.rng, 0, 50 * MS);
	}
}

/* --- faults --- */

static void fall_ill(struct sim *s, int side, enum disease what, uint64_t for_ns)
{
	struct sim_process *p = sim_at(s, side);

	if (!p->exists || p->disease != WELL)
		return;
	sim_say(s, "ill", (uint64_t)what * 10 + (uint64_t)side + 1);
	p->disease = what;
	p->ill_since_ns = s->w.now_ns;
	p->ill_until_ns = for_ns == NEVER ? NEVER : s->w.now_ns + for_ns;
	p->hung_worker = (uint32_t)sim_random(&s->w.rng, p->workers);
	p->light.busy = sim_light_busy(&s->w, p);
	s->clear_from_ns[side] = s->alone_from_ns[side] = s->w.now_ns;
}

static void recover(struct sim *s, int side)
{
	struct sim_process *p = sim_at(s, side);

	bool stays = p->disease == ON_DISK && sim_random(&s->w.rng, 3) == 0;

	sim_say(s, stays ? "off the disk, stopped" : "well", (uint64_t)side + 1);
	p->disease = stays ? STOPPED : WELL;
	p->ill_until_ns = NEVER;
	sim_disturb(s); /* one that comes back takes the evidence against the other away */
}

static void stop_both(struct sim *s, uint64_t longest_ns)
{
	struct sim_rng *rng = &s->w.rng;
	uint64_t for_ns = sim_between(rng, 1 * MS, longest_ns);
	uint64_t skew_ns = sim_between(rng, 0, s->rules.hang_ns / 5);

	for (int i = 0; i < 2; i++)
		if (sim_at(s, i)->disease != WELL || !sim_at(s, i)->exists)
			return;
	fall_ill(s, 0, STOPPED, for_ns);
	fall_ill(s, 1, STOPPED, for_ns + skew_ns);
	s->both_from_ns = s->w.now_ns;
	s->both_until_ns = s->w.now_ns + for_ns + skew_ns;
}

static void stall_host(struct sim *s, uint64_t longest_ns)
{
	uint64_t for_ns = sim_between(&s->w.rng, 1 * MS, longest_ns);

	sim_say(s, "host stalls, ms", for_ns / MS);
	s->w.host_stall_until_ns = s->w.now_ns + for_ns;
	s->w.host_stall_ns = for_ns;
	s->w.host_stall_end_ns = s->w.host_stall_until_ns;
}

static void ask(struct sim *s, int side)
{
	struct sim_process *p = sim_at(s, side);

	if (s->request != 0 || !p->registered)
		return;
	s->request = ++s->answers + 1000000;
	s->asked_of = p->incarnation;
	s->asked_ns = s->w.now_ns;
	sim_say(s, "evict", (uint64_t)side + 1);
	if (sim_random(&s->w.rng, 3) == 0)
		judge_fence(s->j, side == 0 ? "vios1" : "vios2", s->request, s->w.now_ns, &s->out);
	else
		judge_evict(s->j, p->incarnation, s->request, s->w.now_ns, &s->out);
	carry_out(s, &s->out);
	sim_disturb(s);
}

static void sleepy_fault(struct sim *s)
{
	struct sim_rng *rng = &s->w.rng;

	if (sim_random(rng, 2) == 0)
		stall_host(s, 2 * s->rules.hang_ns);
	else
		stop_both(s, 2 * s->rules.hang_ns);
	s->fault_ns = s->w.now_ns + sim_between(rng, 300 * MS, 700 * MS);
}

static void fault(struct sim *s)
{
	struct sim_rng *rng = &s->w.rng;
	int side = (int)sim_random(rng, 2);
	struct sim_process *p = sim_at(s, side);

	if (s->sleepy_run) {
		sleepy_fault(s);
		return;
	}
	switch (sim_random(rng, 9)) {
	case 0:
		fall_ill(s, side, HUNG, NEVER);
		break;
	case 1:
		fall_ill(s, side, STOPPED, NEVER);
		break;
	case 2:
		fall_ill(s, side, STOPPED, sim_between(rng, 1 * MS, 2 * s->rules.hang_ns));
		break;
	case 3:
	case 4:
		fall_ill(s, side, ON_DISK, sim_between(rng, 1 * MS, 5000 * MS));
		break;
	case 5:
		stop_both(s, s->one_rests ? 2 * s->rules.hang_ns : 1500 * MS);
		break;
	case 6:
		stall_host(s, sim_random(rng, 2) ? 2000 * MS : 2 * s->rules.hang_ns);
		break;
	case 7:
		ask(s, side);
		break;
	default: /* dies by itself */
		if (p->registered && !p->dying)
			die(s, side);
		break;
	}
	s->fault_ns = s->w.now_ns + sim_between(rng, 1 * MS, 3000 * MS);
}

/* --- the loop --- */

static void plan_look(struct sim *s)
{
	uint64_t next_ns = judge_next_ns(s->j);
	uint64_t late_ns = sim_between(&s->w.rng, 0, MS / 5);

	s->look_ns = next_ns == NEVER ? NEVER : sim_later(next_ns, s->w.now_ns) + late_ns;
}

/* From when on the request that waits can be answered. */
static uint64_t answerable_ns(const struct sim *s)
{
	uint64_t from_ns = sim_later(s->asked_ns, s->w.host_stall_end_ns);

	for (int i = 0; i < 2; i++) {
		const struct sim_process *p = &s->w.vios[i];

		if (p->exists && p->dying && p->incarnation == s->asked_of)
			from_ns = sim_later(from_ns, sim_stuck_ns(s, p) + 300 * MS);
	}
	return from_ns;
}

static void look(struct sim *s)
{
	struct judge_sample sample;

	s->looks++;
	for (int i = 0; i < 2; i++)
		if (sim_at(s, i)->registered) {
			sim_sample(sim_at(s, i), &sample);
			judge_sample(s->j, (uint32_t)sim_at(s, i)->slot, &sample);
		}
	judge_program(s->j, s->w.now_ns < s->program_until_ns);
	judge_look(s->j, s->w.now_ns, &s->out);
	carry_out(s, &s->out);
	if (s->request != 0 && s->w.now_ns >= s->w.host_stall_until_ns)
		sim_promise(s, s->w.now_ns < answerable_ns(s) + 4 * s->rules.hang_ns + 300 * MS,
			"a request waits for an answer");
}

static uint64_t soonest(const struct sim *s)
{
	uint64_t t = s->look_ns < s->fault_ns ? s->look_ns : s->fault_ns;

	for (int i = 0; i < 2; i++) {
		const struct sim_process *p = &s->w.vios[i];

		t = p->change_ns < t ? p->change_ns : t;
		if (p->exists && p->ill_until_ns < t)
			t = p->ill_until_ns;
	}
	return t;
}

/* During a stall of the host nothing happens, but time passes. */
static uint64_t after_stall(const struct sim *s, uint64_t t)
{
	return t < s->w.host_stall_until_ns ? s->w.host_stall_until_ns : t;
}

static void step(struct sim *s)
{
	sim_advance(&s->w, after_stall(s, soonest(s)));
	if (s->w.host_stall_end_ns == s->w.now_ns)
		sim_disturb(s);
	for (int i = 0; i < 2; i++) {
		struct sim_process *p = sim_at(s, i);

		if (p->exists && p->ill_until_ns <= s->w.now_ns)
			recover(s, i);
		if (p->change_ns <= s->w.now_ns)
			change(s, i);
	}
	if (s->fault_ns <= s->w.now_ns)
		fault(s);
	if (s->look_ns <= s->w.now_ns && s->w.now_ns >= s->w.host_stall_until_ns)
		look(s);
	sim_check_hangs(s);
	plan_look(s);
}

static void setup(struct sim *s, uint64_t seed, bool trace)
{
	static const uint64_t holdoffs_ms[] = {0, 0, 3000, 20000};
	static const uint64_t powers_ms[] = {0, 1000, 4000, 8000};
	struct sim_rng *rng = &s->w.rng;

	memset(s, 0, sizeof(*s));
	s->seed = seed;
	s->trace = trace;
	rng->s = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	for (int i = 0; i < 8; i++)
		sim_random(rng, 2);
	s->rules.hang_ns = sim_between(rng, 50, 150) * MS;
	s->rules.last_resort_ns = sim_between(rng, 2000, 6000) * MS;
	s->rules.holdoff_ns = holdoffs_ms[sim_random(rng, 4)] * MS;
	s->rules.power_ns = powers_ms[sim_random(rng, 4)] * MS;
	s->w.now_ns = 1000 * MS;
	s->idle_run = seed % 16 == 0;
	s->sleepy_run = seed % 16 < 4;
	s->stuck_run = seed % 4 == 1;
	s->w.hang_ns = s->rules.hang_ns;
	if (seed % 16 >= 12)
		s->light_ns = sim_between(rng, 1 * MS, 2 * s->rules.hang_ns);
	s->one_rests = s->light_ns != 0 && seed % 64 < 32;
	s->j = judge_new(&s->rules, s->w.now_ns);
	if (!s->j)
		abort();
	for (int i = 0; i < 2; i++) {
		birth(s, i);
		for (uint32_t k = 0; s->idle_run && k < s->w.vios[i].workers; k++) {
			s->w.vios[i].worker[k].sleeper = true;
			s->w.vios[i].worker[k].state = 2;
		}
		watch(s, i);
	}
	s->fault_ns = s->idle_run ? NEVER : s->w.now_ns + sim_between(rng, 0, 1000 * MS);
	plan_look(s);
}

static bool run_seed(uint64_t seed, bool trace, uint64_t *kills, uint64_t *powers)
{
	static struct sim s;
	uint64_t idle_looks = 0, idle_from_ns = 0;

	setup(&s, seed, trace);
	while (s.w.now_ns < RUN_NS && !s.failed) {
		step(&s);
		if (s.idle_run && idle_from_ns == 0 && s.w.now_ns > 3 * SECOND_NS) {
			idle_from_ns = s.w.now_ns;
			idle_looks = s.looks;
		}
	}
	if (s.idle_run && !s.failed)
		sim_promise(&s,
			(s.looks - idle_looks) * SECOND_NS < 20 * (s.w.now_ns - idle_from_ns),
			"more than 20 looks a second while all sleep");
	judge_free(s.j);
	*kills += s.kills;
	*powers += s.powers;
	return !s.failed;
}

int main(int argc, char **argv)
{
	const char *full = getenv("VIOS_LONG");
	uint64_t first = 1, n = full && strcmp(full, "1") == 0 ? 40000 : 4000, failed = 0,
		 kills = 0, powers = 0;
	bool trace = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0)
			trace = true;
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			first = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc)
			n = strtoull(argv[++i], NULL, 10);
		else
			return 2;
	}
	for (uint64_t seed = first; seed < first + n && failed < 10; seed++)
		failed += !run_seed(seed, trace, &kills, &powers);
	printf("%llu seeds from %llu, %llu kills, %llu powered off, %llu failed\n",
		(unsigned long long)n, (unsigned long long)first, (unsigned long long)kills,
		(unsigned long long)powers, (unsigned long long)failed);
	return failed != 0;
}
