/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sea_sim.c - the roles of a SEA's two sides, on virtual time, against links, probes, data planes
 * and daemons that fail at random, messages that are lost, late and out of order, a membership
 * that is late and differs, and an operator who changes modes, priorities and VLANs.
 *
 *	sea-sim [--seed S] [--seeds N] [--trace]	(VIOS_LONG=1: more seeds)
 *
 * Each seed is one run. A broken promise prints the seed; --seed S --seeds 1 --trace replays it:
 *
 *	1 never two primaries of a VLAN while the two talk (at most 600 ms after they meet again)
 *	2 never two primaries of a VLAN with the trunk open on both sides, whoever talks: no loop
 *	3 1.5 s after the last event each VLAN is served if a side could; by one with an uplink if
 *	  there is one; one that is alone serves all of them, also without an uplink
 *	4 after health_time and the delay of failback the side that ranks first has them, or half
 *	5 each event moves a VLAN three times at most
 *	6 when nothing happens, nothing is told
 *	7 the switches: a VLAN that is handed over between two that are well is claimed all the
 *time, by both only meanwhile, and by its primary whatever happens 8 when all is well for long,
 *clients of a VLAN that is shared are left by the side that is not its primary, and by nobody else
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sea_sim.h"

#define RUN_NS (60000 * MS)

static struct sim_rng *rng_of(struct sea_sim *s)
{
	return &s->rng;
}

static uint64_t after(struct sea_sim *s, uint64_t low_ns, uint64_t high_ns)
{
	return s->now_ns + sim_between(rng_of(s), low_ns, high_ns);
}

static void happens(struct sea_sim *s, const char *what, long long a)
{
	sea_say(s, what, a);
	s->quiet_from_ns = s->now_ns;
}

/* --- messages --- */

static void send(struct sea_sim *s, int from)
{
	struct sea_node *n = &s->node[from];

	s->told++;
	sea_promise(s,
		s->now_ns <= s->quiet_from_ns + 1500 * MS + s->rules[0].health.health_ns +
				     s->rules[0].failback_ns + 1500 * MS,
		"told, and nothing has happened");
	if (s->cut || (sim_random(rng_of(s), 5) == 0 && n->lost < SEA_SIM_LOST_MOST)) {
		n->lost++;
		return;
	}
	n->lost = 0;
	for (size_t i = 0; i < SEA_SIM_MESSAGES; i++) {
		struct sea_message *m = &s->message[i];

		if (m->at_ns != NEVER)
			continue;
		m->at_ns = after(s, MS / 10, sim_random(rng_of(s), 8) == 0 ? 60 * MS : 5 * MS);
		m->to = !from;
		m->advert = sea_policy_advert(&n->p);
		return;
	}
	sea_promise(s, false, "a flood of messages");
}

static void step(struct sea_sim *s, int i)
{
	struct sea_node *n = &s->node[i];
	struct sea_out out;

	if (!n->alive)
		return;
	s->steps++;
	sea_policy_step(&n->p, s->now_ns, &out);
	n->primary = sea_policy_primary(&n->p);
	n->seq = n->p.seq > n->seq ? n->p.seq : n->seq;
	if (out.moved)
		sea_say(s, sea_state_name(n->p.state), i + 1);
	if (out.roles)
		sea_say(s, "primary of", i * 1000 + (long long)n->primary.w[0]);
	if (out.send)
		send(s, i);
	sea_check(s);
}

static void deliver(struct sea_sim *s)
{
	for (size_t i = 0; i < SEA_SIM_MESSAGES; i++) {
		struct sea_message *m = &s->message[i];

		if (m->at_ns > s->now_ns)
			continue;
		m->at_ns = NEVER;
		if (s->cut || !s->node[m->to].alive)
			continue;
		sea_policy_hear(&s->node[m->to].p, &m->advert);
		step(s, m->to);
	}
}

/* --- life --- */

static void tell_members(struct sea_sim *s, bool together)
{
	for (int i = 0; i < 2; i++) {
		s->node[i].talks_next = together;
		s->node[i].talks_ns =
			together ? after(s, 1 * MS, 400 * MS) : after(s, 1 * MS, 800 * MS);
	}
}

static void start(struct sea_sim *s, int i)
{
	struct sea_node *n = &s->node[i];

	n->alive = true;
	n->back_ns = NEVER;
	n->rules_ns = NEVER;
	sea_policy_init(&n->p, &s->rules[i], n->seq + 1, s->now_ns);
	sea_policy_link(&n->p, n->link, s->now_ns);
	sea_policy_serving(&n->p, n->serving);
	n->talks_next = n->talks_ns != NEVER ? n->talks_next : false;
	if (s->node[!i].alive && !s->cut)
		tell_members(s, true);
	step(s, i);
}

static void crash(struct sea_sim *s, int i)
{
	struct sea_node *n = &s->node[i];

	memset(&n->primary, 0, sizeof(n->primary));
	n->alive = false;
	n->talks_ns = NEVER;
	n->back_ns = after(s, 1 * MS, 3000 * MS);
	s->node[!i].talks_next = false;
	s->node[!i].talks_ns = after(s, 1 * MS, 800 * MS);
}

/* --- faults --- */

static void configure(struct sea_sim *s)
{
	static const enum sea_mode modes[] = {
		SEA_AUTO, SEA_AUTO, SEA_AUTO, SEA_SHARING, SEA_STANDBY, SEA_DISABLED};
	struct sea_rules *a = &s->rules[0], *b = &s->rules[1];

	for (int i = 0; i < 2; i++) {
		a->mode[i] = modes[sim_random(rng_of(s), 6)];
		a->priority[i] = (uint32_t)sim_between(rng_of(s), 1, 3);
	}
	if (sim_random(rng_of(s), 3) == 0)
		a->mode[0] = a->mode[1] = SEA_SHARING;
	memset(&a->vlans, 0, sizeof(a->vlans));
	for (uint16_t id = 1; id <= SEA_SIM_VLANS; id++)
		if (sim_random(rng_of(s), 8) != 0)
			vlan_set_add(&a->vlans, id);
	a->noauto_failback = sim_random(rng_of(s), 3) == 0;
	*b = *a;
	b->first = false;
	b->mode[0] = a->mode[1];
	b->mode[1] = a->mode[0];
	b->priority[0] = a->priority[1];
	b->priority[1] = a->priority[0];
	for (int i = 0; i < 2; i++)
		s->node[i].rules_ns = after(s, 0, 200 * MS);
}

static void set_link(struct sea_sim *s, int i, bool up)
{
	s->node[i].link = up;
	if (s->node[i].alive)
		sea_policy_link(&s->node[i].p, up, s->now_ns);
}

static void set_serving(struct sea_sim *s, int i, bool serving)
{
	s->node[i].serving = serving;
	if (s->node[i].alive)
		sea_policy_serving(&s->node[i].p, serving);
}

static void fault(struct sea_sim *s)
{
	const int i = (int)sim_random(rng_of(s), 2);
	struct sea_node *n = &s->node[i];

	s->faults++;
	switch (sim_random(rng_of(s), 9)) {
	case 0:
	case 1:
	case 2:
		happens(s, n->link ? "link down" : "link up", i + 1);
		set_link(s, i, !n->link);
		break;
	case 3:
		happens(s, n->reach ? "netaddr silent" : "netaddr answers", i + 1);
		n->reach = !n->reach;
		break;
	case 4:
		happens(s, n->serving ? "data plane down" : "data plane up", i + 1);
		set_serving(s, i, !n->serving);
		break;
	case 5:
		if (!n->alive)
			break;
		happens(s, "crash", i + 1);
		crash(s, i);
		break;
	case 6:
		happens(s, "partition", 0);
		s->cut = true;
		s->brisk = sim_random(rng_of(s), 2) == 0; /* letters of before arrive after it */
		s->cut_until_ns = after(s, 1 * MS, s->brisk ? 40 * MS : 4000 * MS);
		tell_members(s, false);
		break;
	default:
		happens(s, "configuration", 0);
		configure(s);
		break;
	}
	step(s, i);
	/* Some come close together, after others there is time to become well. */
	s->fault_ns = sim_random(rng_of(s), 3) == 0 ? after(s, 0, 100 * MS)
						    : after(s, 100 * MS, 12000 * MS);
}

static void probe(struct sea_sim *s, int i)
{
	struct sea_node *n = &s->node[i];
	const unsigned target = (unsigned)sim_random(rng_of(s), 2);

	n->probe_ns = s->now_ns + 100 * MS;
	if (!n->alive)
		return;
	/* One of the two never answers, when the other one does. */
	sea_policy_probe(&n->p, target, n->reach && n->link && target == 0);
	if (!n->reach || !n->link)
		sea_policy_probe(&n->p, !target, false);
	step(s, i);
}

/* --- the loop --- */

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t soonest(const struct sea_sim *s)
{
	uint64_t t = sooner(s->fault_ns, s->cut ? s->cut_until_ns : NEVER);

	for (size_t i = 0; i < SEA_SIM_MESSAGES; i++)
		t = sooner(t, s->message[i].at_ns);
	for (int i = 0; i < 2; i++) {
		const struct sea_node *n = &s->node[i];

		t = sooner(sooner(t, n->back_ns), sooner(n->talks_ns, n->rules_ns));
		t = sooner(t, n->probe_ns);
		if (n->alive)
			t = sooner(t, sea_policy_next_ns(&n->p, s->now_ns));
	}
	return t;
}

static void heal(struct sea_sim *s)
{
	happens(s, "partition ends", 0);
	s->faults++;
	s->cut = false;
	if (s->node[0].alive && s->node[1].alive)
		tell_members(s, true);
}

static void due(struct sea_sim *s, int i)
{
	struct sea_node *n = &s->node[i];

	if (n->back_ns <= s->now_ns) {
		happens(s, "starts again", i + 1);
		s->faults++;
		start(s, i);
	}
	if (n->talks_ns <= s->now_ns) {
		happens(s, n->talks_next ? "hears of the peer" : "the peer is gone", i + 1);
		n->talks_ns = NEVER;
		sea_policy_peer(&n->p, n->talks_next);
	}
	if (n->rules_ns <= s->now_ns) {
		happens(s, "adopts", i + 1);
		n->rules_ns = NEVER;
		if (n->alive)
			sea_policy_rules(&n->p, &s->rules[i]);
	}
	if (n->probe_ns <= s->now_ns)
		probe(s, i);
	step(s, i);
}

static void setup(struct sea_sim *s, uint64_t seed, bool trace)
{
	memset(s, 0, sizeof(*s));
	s->seed = seed;
	s->trace = trace;
	s->rng.s = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	for (int i = 0; i < 8; i++)
		sim_random(&s->rng, 2);
	for (size_t i = 0; i < SEA_SIM_MESSAGES; i++)
		s->message[i].at_ns = NEVER;
	for (int i = 0; i < SEA_SIM_VLANS; i++)
		s->owner[i] = -1;
	s->now_ns = s->quiet_from_ns = s->together_from_ns = 1000 * MS;
	s->rules[0] = (struct sea_rules){.first = true,
		.paired = true,
		.health = {.link_ns = sim_between(&s->rng, 0, 500) * MS,
			.health_ns = sim_between(&s->rng, 0, 3000) * MS,
			.misses = 3},
		.n_targets = 2,
		.failback_ns = sim_between(&s->rng, 0, 1000) * MS,
		.start_ns = 300 * MS,
		.repeat_ns = 20 * MS};
	configure(s);
	for (int i = 0; i < 2; i++) {
		struct sea_node *n = &s->node[i];

		n->link = n->reach = n->serving = true;
		n->seq = 1000;
		n->talks_ns = n->rules_ns = n->back_ns = NEVER;
		n->probe_ns = s->now_ns;
		if (i == 0 || sim_random(&s->rng, 2) == 0)
			start(s, i);
		else
			n->back_ns = after(s, 0, 2000 * MS);
	}
	s->fault_ns = after(s, 0, 5000 * MS);
}

static void run_step(struct sea_sim *s)
{
	s->now_ns = sooner(soonest(s), RUN_NS);
	deliver(s);
	if (s->cut && s->cut_until_ns <= s->now_ns)
		heal(s);
	for (int i = 0; i < 2; i++)
		due(s, i);
	if (s->fault_ns <= s->now_ns)
		fault(s);
}

static bool run_seed(uint64_t seed, bool trace, uint64_t totals[3])
{
	static struct sea_sim s;

	setup(&s, seed, trace);
	while (s.now_ns < RUN_NS && !s.failed)
		run_step(&s);
	totals[0] += s.faults;
	totals[1] += s.moves;
	totals[2] += s.steps;
	return !s.failed;
}

int main(int argc, char **argv)
{
	const char *full = getenv("VIOS_LONG");
	uint64_t first = 1, n = full && strcmp(full, "1") == 0 ? 20000 : 1200, failed = 0;
	uint64_t totals[3] = {0};
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
		failed += !run_seed(seed, trace, totals);
	printf("%llu seeds from %llu, %llu events, %llu moves of a VLAN, %llu steps, %llu failed\n",
		(unsigned long long)n, (unsigned long long)first, (unsigned long long)totals[0],
		(unsigned long long)totals[1], (unsigned long long)totals[2],
		(unsigned long long)failed);
	return failed != 0;
}
