/* SPDX-License-Identifier: BSD-3-Clause */
/* world.c - how processes tick on virtual time. One thread; the caller owns the world. */
#include "tests/sim/world.h"

#include <string.h>

#include "ha/frame/silence.h"

/* xorshift64*: the seed is the whole state. */
uint64_t sim_random(struct sim_rng *rng, uint64_t below)
{
	rng->s ^= rng->s >> 12;
	rng->s ^= rng->s << 25;
	rng->s ^= rng->s >> 27;
	return below == 0 ? 0 : (rng->s * UINT64_C(0x2545f4914f6cdd1d) >> 11) % below;
}

uint64_t sim_between(struct sim_rng *rng, uint64_t low, uint64_t high)
{
	return low + sim_random(rng, high - low + 1);
}

bool sim_runs(const struct world *w, const struct sim_process *p)
{
	if (!p->exists || w->now_ns < w->host_stall_until_ns)
		return false;
	return p->disease == WELL || p->disease == HUNG;
}

/* What waited meanwhile is done when time goes on: at from_ns itself somebody may have looked, and
 * asked, already. */
static uint64_t after(uint64_t from_ns, uint64_t due_ns)
{
	return due_ns > from_ns ? due_ns : from_ns + 1;
}

static void worker_runs(struct world *w, struct sim_worker *s, uint64_t from_ns, uint64_t to_ns)
{
	if (!s->sleeper) {
		s->ticks += 1 + (to_ns - from_ns) / 10000;
		s->last_tick_ns = to_ns;
	} else if (s->ping_ns <= to_ns) {
		s->ticks += 1 + sim_random(&w->rng, 64);
		s->last_tick_ns = s->asked_ns = after(from_ns, s->ping_ns);
		s->ping_ns = NEVER;
	}
}

/* Whatever it does before its answer to a ping was seen is taken for that answer. */
static bool is_seen(const struct world *w, const struct sim_process *p, uint64_t at_ns)
{
	bool warm = at_ns - p->light.seen_ns < 4 * w->hang_ns;

	return at_ns > p->worker[1].asked_ns + (warm ? w->hang_ns / 5 : 160 * MS);
}

static void light_work(struct world *w, struct sim_process *p, uint64_t at_ns)
{
	struct sim_light *l = &p->light;
	uint64_t longest_ns = l->gap_ns;

	p->worker[1].ticks += 1 + sim_random(&w->rng, 64);
	if (p->worker[1].last_tick_ns < at_ns)
		p->worker[1].last_tick_ns = at_ns;
	p->worker[1].state = sim_random(&w->rng, 8) == 0 ? SILENCE_POLLING : SILENCE_SLEEPING;
	if (is_seen(w, p, at_ns)) {
		if (l->seen_ns == 0 || at_ns - l->seen_ns >= 4 * w->hang_ns)
			l->since_ns = at_ns;
		l->seen_ns = at_ns;
	}
	l->in_flight = !l->in_flight;
	if (l->in_flight) /* a slow disk is no hang */
		longest_ns = sim_random(&w->rng, 200) == 0 ? 5000 * MS : MS / 2;
	l->event_ns = at_ns + sim_between(&w->rng, 20000, longest_ns);
}

static void light_runs(struct world *w, struct sim_process *p, uint64_t from_ns, uint64_t to_ns)
{
	struct sim_light *l = &p->light;

	l->event_ns = after(from_ns, l->event_ns);
	while (l->event_ns <= to_ns)
		light_work(w, p, l->event_ns);
}

static void process_runs(struct world *w, struct sim_process *p, uint64_t to_ns)
{
	for (uint32_t i = 0; i < p->workers; i++)
		if (p->disease != HUNG || p->hung_worker != i) {
			worker_runs(w, &p->worker[i], w->now_ns, to_ns);
			p->worker[i].able_ns = to_ns;
		}
	if (p->light.gap_ns != 0 && (p->disease != HUNG || p->hung_worker != 1))
		light_runs(w, p, w->now_ns, to_ns);
}

void sim_advance(struct world *w, uint64_t then_ns)
{
	for (int i = 0; i < 2 && then_ns > w->now_ns; i++)
		if (sim_runs(w, &w->vios[i]))
			process_runs(w, &w->vios[i], then_ns);
	w->now_ns = then_ns;
}

void sim_birth(struct world *w, struct sim_process *p, bool sleepers)
{
	memset(p, 0, sizeof(*p));
	p->exists = true;
	p->incarnation = ++w->incarnations;
	p->workers = (uint32_t)sim_between(&w->rng, 1, SIM_WORKERS);
	p->change_ns = p->ill_until_ns = NEVER;
	for (uint32_t i = 0; i < p->workers; i++) {
		struct sim_worker *s = &p->worker[i];

		s->sleeper = sleepers || sim_random(&w->rng, 4) == 0;
		s->state = s->sleeper ? SILENCE_SLEEPING : SILENCE_POLLING;
		s->ping_ns = NEVER;
		s->last_tick_ns = w->now_ns;
		s->ticks = 1;
	}
}

void sim_lighten(struct world *w, struct sim_process *p, uint64_t gap_ns)
{
	p->workers = 2;
	for (uint32_t i = 0; i < p->workers; i++)
		p->worker[i] = (struct sim_worker){.ticks = 1,
			.state = SILENCE_SLEEPING,
			.sleeper = true,
			.ping_ns = NEVER,
			.last_tick_ns = w->now_ns};
	p->light.gap_ns = gap_ns;
	p->light.event_ns = w->now_ns + sim_random(&w->rng, gap_ns);
}

bool sim_light_busy(const struct world *w, const struct sim_process *p)
{
	const struct sim_light *l = &p->light;

	return l->seen_ns != 0 && w->now_ns - l->seen_ns < 4 * w->hang_ns &&
	       w->now_ns - l->since_ns > 160 * MS;
}

void sim_ping(struct world *w, struct sim_process *p, uint32_t mask)
{
	for (uint32_t i = 0; i < p->workers; i++) {
		if (mask & 1u << i)
			p->worker[i].asked_ns = w->now_ns;
		if ((mask & 1u << i) && p->worker[i].sleeper && p->worker[i].ping_ns == NEVER)
			p->worker[i].ping_ns = w->now_ns + sim_between(&w->rng, 20000, 3 * MS);
	}
}

void sim_sample(const struct sim_process *p, struct judge_sample *out)
{
	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < p->workers; i++) {
		out->ticks[i] = p->worker[i].ticks;
		out->state[i] = p->worker[i].state;
	}
	out->in_flight = p->light.in_flight;
}

uint64_t sim_worst_tick_ns(const struct sim_process *p)
{
	uint64_t worst_ns = NEVER;

	for (uint32_t i = 0; i < p->workers; i++)
		if (p->worker[i].last_tick_ns < worst_ns)
			worst_ns = p->worker[i].last_tick_ns;
	return worst_ns;
}
