/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reach.c - see reach.h. The main thread. Time in which nobody was asked (this thread overslept, or
 * the worker that sends had no turn) is not held against the targets.
 */
#include "net/reach.h"

static const char *const names[REACH_STATES] = {
	[REACH_NONE] = "none",
	[REACH_UNKNOWN] = "unknown",
	[REACH_ANSWERS] = "answers",
	[REACH_SILENT] = "silent",
};

const char *reach_state_name(enum reach_state state)
{
	return names[state];
}

static uint64_t lost_us(const struct reach *r)
{
	return (uint64_t)r->rules.interval_ms * r->rules.misses * 1000;
}

/* After the round that was answered last, `misses` others have all their time until then. */
static uint64_t pace_us(const struct reach *r)
{
	return lost_us(r) / (r->rules.misses + 1);
}

static void begin(struct reach_target *t, const struct ip *ip, uint64_t now_us)
{
	*t = (struct reach_target){.ip = *ip, .state = REACH_UNKNOWN, .since_us = now_us};
}

static const struct reach_target *find(const struct reach *r, const struct ip *ip)
{
	for (unsigned i = 0; i < r->n; i++)
		if (ip_equal(&r->target[i].ip, ip))
			return &r->target[i];
	return NULL;
}

void reach_set(struct reach *r, const struct reach_rules *rules, const struct probe_table *table,
	uint64_t now_us)
{
	const struct reach before = *r;

	r->rules = *rules;
	r->n = table->n;
	if (!before.n || r->next_us > now_us + pace_us(r))
		r->next_us = now_us;
	for (unsigned i = 0; i < r->n; i++) {
		const struct reach_target *was = find(&before, &table->target[i]);

		if (was)
			r->target[i] = *was;
		else
			begin(&r->target[i], &table->target[i], now_us);
		/* What was not asked so often need not have answered so often. */
		if (lost_us(r) < lost_us(&before))
			r->target[i].since_us = now_us;
	}
}

void reach_anew(struct reach *r, uint64_t now_us)
{
	for (unsigned i = 0; i < r->n; i++) {
		const struct ip ip = r->target[i].ip;

		begin(&r->target[i], &ip, now_us);
	}
	r->next_us = now_us;
}

static void hear(struct reach_target *t, uint64_t heard_us)
{
	if (heard_us <= t->heard_us)
		return;
	t->heard_us = heard_us;
	if (heard_us > t->since_us)
		t->since_us = heard_us;
	t->n_answers += !t->answered;
	t->answered = true;
	if (t->state == REACH_UNKNOWN)
		t->state = REACH_ANSWERS;
}

/* How much of the time up to now nobody could answer. */
static uint64_t idle_us(const struct reach *r, bool sent, uint64_t now_us)
{
	const uint64_t late_us = now_us > r->next_us ? now_us - r->next_us : 0;

	return (late_us > pace_us(r) / 2 ? late_us : 0) +
	       (now_us >= r->next_us && !sent ? pace_us(r) : 0);
}

static void judge(const struct reach *r, struct reach_target *t, uint64_t idle, uint64_t now_us)
{
	if (t->state != REACH_ANSWERS && t->state != REACH_UNKNOWN)
		return;
	t->since_us = t->since_us + idle < now_us ? t->since_us + idle : now_us;
	if (now_us - t->since_us < lost_us(r))
		return;
	t->state = REACH_SILENT;
	t->run = 0;
	t->n_lost++;
}

/* One that was silent is not believed at once: it would come and go. */
static void end_round(const struct reach *r, struct reach_target *t, bool sent)
{
	if (!t->asked || !sent)
		return;
	t->n_missed += !t->answered;
	if (t->state != REACH_SILENT)
		return;
	t->run = t->answered ? t->run + 1 : 0;
	if (t->run >= r->rules.misses)
		t->state = REACH_ANSWERS;
}

static void begin_round(struct reach_target *t)
{
	t->asked = true;
	t->answered = false;
	t->n_probes++;
}

uint32_t reach_step(
	struct reach *r, const uint64_t heard_us[PROBE_TARGETS], bool sent, uint64_t now_us)
{
	const uint64_t idle = idle_us(r, sent, now_us);

	for (unsigned i = 0; i < r->n; i++) {
		hear(&r->target[i], heard_us[i]);
		judge(r, &r->target[i], idle, now_us);
	}
	if (now_us < r->next_us)
		return 0;
	for (unsigned i = 0; i < r->n; i++) {
		end_round(r, &r->target[i], sent);
		begin_round(&r->target[i]);
	}
	r->next_us += pace_us(r);
	if (r->next_us <= now_us)
		r->next_us = now_us + pace_us(r);
	return (UINT32_C(1) << r->n) - 1;
}

uint64_t reach_next_us(const struct reach *r)
{
	uint64_t at_us = r->n ? r->next_us : REACH_NEVER;

	for (unsigned i = 0; i < r->n; i++) {
		const struct reach_target *t = &r->target[i];

		if (t->state != REACH_SILENT && t->since_us + lost_us(r) < at_us)
			at_us = t->since_us + lost_us(r);
	}
	return at_us;
}

enum reach_state reach_state(const struct reach *r)
{
	enum reach_state all = r->n ? REACH_SILENT : REACH_NONE;

	for (unsigned i = 0; i < r->n; i++) {
		if (r->target[i].state == REACH_ANSWERS)
			return REACH_ANSWERS;
		if (r->target[i].state == REACH_UNKNOWN)
			all = REACH_UNKNOWN;
	}
	return all;
}
