// SPDX-License-Identifier: BSD-3-Clause
/*
 * replica_sim.c - two replicas and the witness in a world that fails at random, on virtual time.
 *
 *	replica_sim [--seed S] [--seeds N] [--trace]	(VIOS_LONG=1: more seeds)
 *
 * Each seed is one run: changes are proposed on both sides while nodes crash, lose what was not
 * synced, are cut off and merged, Corosync and vios-framed come and go. Then it is calm, and all
 *must be well within a bounded time. A broken promise (rpromises.c) prints the seed; --seed S
 *--seeds 1
 * --trace replays it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/rsim.h"

#define RUN_NS (12000 * RMS)
#define CALM_NS (20000 * RMS) /* two rounds of impatience, and the slowest disk */

/* xorshift64*: the seed is the whole state. */
uint64_t rsim_random(struct rsim *s, uint64_t below)
{
	s->rng ^= s->rng >> 12;
	s->rng ^= s->rng << 25;
	s->rng ^= s->rng >> 27;
	return below == 0 ? 0 : (s->rng * UINT64_C(0x2545f4914f6cdd1d) >> 11) % below;
}

void rsim_say(struct rsim *s, const char *what, uint64_t a, uint64_t b)
{
	if (s->trace)
		printf("%10.3f %s %llu %llu\n", (double)s->now_ns / 1e6, what,
			(unsigned long long)a, (unsigned long long)b);
}

void rsim_promise(struct rsim *s, bool kept, const char *what)
{
	if (kept || s->failed)
		return;
	s->failed = true;
	printf("seed %llu at %.3f ms: broken promise: %s\n", (unsigned long long)s->seed,
		(double)s->now_ns / 1e6, what);
}

static void propose(struct rsim *s)
{
	int who = (int)rsim_random(s, 2);
	struct rnode *n = &s->node[who];
	uint32_t id = s->n_changes + 1;
	uint64_t kind = rsim_random(s, 12);
	struct rchange *c = &s->change[id];
	char text[24];
	int64_t base = -1;

	if (!n->up || id >= RCHANGES)
		return;
	*c = (struct rchange){.node = who, .life = n->life, .faulty = kind == 0, .same = kind == 1};
	snprintf(text, sizeof(text), "%c%u\n", c->faulty ? 'f' : c->same ? 's' : 'a', id);
	if (rsim_random(s, 4) == 0)
		base = (int64_t)n->adopted.version;
	c->base = base;
	s->n_changes++;
	replica_propose(n->r, s->now_ns, id, text, strlen(text), base, &n->out);
	rworld_act(s, who);
}

static void crash(struct rsim *s, int who, uint64_t longest_ns)
{
	if (!s->node[who].up)
		return;
	rworld_crash(s, who);
	s->node[who].change_ns = s->now_ns + rsim_random(s, longest_ns);
}

static void cut(struct rsim *s)
{
	if (s->cut)
		return;
	rsim_say(s, "cut", 0, 0);
	s->alone_by = -1;
	rworld_cut(s);
	s->heal_ns = s->now_ns + rsim_random(s, rsim_random(s, 2) ? 50 * RMS : 3000 * RMS);
}

static void framed_away(struct rsim *s)
{
	if (!s->framed)
		return;
	rsim_say(s, "framed away", 0, 0);
	rworld_framed(s, false);
	s->framed_ns = s->now_ns + rsim_random(s, rsim_random(s, 2) ? 200 * RMS : 3000 * RMS);
}

static void fault(struct rsim *s)
{
	int who = (int)rsim_random(s, 2);

	switch (rsim_random(s, 8)) {
	case 0:
	case 1:
		crash(s, who, rsim_random(s, 2) ? 100 * RMS : 3000 * RMS);
		break;
	case 2:
		crash(s, 0, 2000 * RMS);
		crash(s, 1, 2000 * RMS);
		break;
	case 3:
	case 4:
		cut(s);
		break;
	case 5:
		framed_away(s);
		break;
	case 6:
		rworld_corosync(
			s, who, !s->node[who].up ? s->node[who].joined : !s->node[who].joined);
		break;
	default:
		rworld_link(s, who, !s->node[who].linked);
		break;
	}
	s->fault_ns = s->now_ns + rsim_random(s, rsim_random(s, 2) ? 30 * RMS : 1200 * RMS);
}

static void heal(struct rsim *s)
{
	rsim_say(s, "heal", 0, 0);
	s->heal_ns = RNEVER;
	rworld_heal(s);
}

static void framed_back(struct rsim *s)
{
	rsim_say(s, "framed back", 0, 0);
	s->framed_ns = RNEVER;
	rworld_framed(s, true);
}

static void calm(struct rsim *s)
{
	rsim_say(s, "calm", 0, 0);
	s->calm = true;
	s->fault_ns = s->propose_ns = RNEVER;
	if (!s->framed)
		framed_back(s);
	for (int i = 0; i < 2; i++) {
		if (!s->node[i].up)
			rworld_start(s, i);
		rworld_corosync(s, i, true);
		rworld_link(s, i, true);
	}
	if (s->cut)
		heal(s);
}

static void step(struct rsim *s)
{
	uint64_t t = rworld_next_ns(s);
	const uint64_t others[] = {s->fault_ns, s->propose_ns, s->framed_ns, s->heal_ns,
		s->calm ? RUN_NS + CALM_NS : RUN_NS};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		t = others[i] < t ? others[i] : t;
	if (t > s->now_ns)
		s->now_ns = t;
	rworld_step(s);
	if (s->heal_ns <= s->now_ns)
		heal(s);
	if (s->framed_ns <= s->now_ns)
		framed_back(s);
	if (s->propose_ns <= s->now_ns) {
		propose(s);
		s->propose_ns = s->now_ns + rsim_random(s, rsim_random(s, 2) ? 5 * RMS : 300 * RMS);
	}
	if (s->fault_ns <= s->now_ns)
		fault(s);
	if (!s->calm && s->now_ns >= RUN_NS)
		calm(s);
}

static void setup(struct rsim *s, uint64_t seed, bool trace)
{
	memset(s, 0, sizeof(*s));
	s->seed = seed;
	s->trace = trace;
	s->rng = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	for (int i = 0; i < 8; i++)
		rsim_random(s, 2);
	s->now_ns = RMS;
	s->framed = true;
	s->alone_by = -1;
	s->framed_ns = s->heal_ns = RNEVER;
	s->committed = strdup("0\n");
	s->fault_ns = s->now_ns + rsim_random(s, 500 * RMS);
	s->propose_ns = s->now_ns + rsim_random(s, 100 * RMS);
	for (int i = 0; i < 2; i++)
		s->node[i].change_ns =
			s->now_ns + rsim_random(s, rsim_random(s, 2) ? 10 * RMS : 2000 * RMS);
}

static bool run_seed(struct rsim *s, uint64_t seed, bool trace, uint64_t totals[4])
{
	uint64_t steps = 0;

	setup(s, seed, trace);
	while (s->now_ns < RUN_NS + CALM_NS && !s->failed) {
		step(s);
		rsim_promise(s, ++steps < 200000, "it spins");
	}
	if (!s->failed)
		rcheck_end(s);
	totals[0] += s->n_changes;
	totals[1] += s->done;
	totals[2] += s->alone;
	totals[3] += s->crashes;
	s->calm = true;
	rworld_free(s);
	return !s->failed;
}

int main(int argc, char **argv)
{
	const char *full = getenv("VIOS_LONG");
	uint64_t first = 1, n = full && strcmp(full, "1") == 0 ? 40000 : 4000, failed = 0;
	struct rsim *s = malloc(sizeof(*s));
	uint64_t totals[4] = {0};
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
	for (uint64_t seed = first; s && seed < first + n && failed < 10; seed++)
		failed += !run_seed(s, seed, trace, totals);
	printf("%llu seeds from %llu: %llu changes, %llu done, %llu of them alone, %llu crashes, "
	       "%llu "
	       "failed\n",
		(unsigned long long)n, (unsigned long long)first, (unsigned long long)totals[0],
		(unsigned long long)totals[1], (unsigned long long)totals[2],
		(unsigned long long)totals[3], (unsigned long long)failed);
	free(s);
	return failed != 0;
}
