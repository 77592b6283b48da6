/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge.c - whom the judge watches, and what it is told between two looks. Pure; one thread; owns
 * everything it is given by value. The verdicts are in judge_step.c (state machine), judge_guard.c
 * (rules), judge_look.c (looks and their times) and judge_ask.c (requests).
 */
#include "ha/frame/judge_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define QUIET_PING_NS (1000 * MS_NS)

struct judge *judge_new(const struct judge_rules *rules, uint64_t now_ns)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->rules = *rules;
	j->silence.hang_ns = rules->hang_ns;
	j->silence.quiet_ping_ns = QUIET_PING_NS;
	j->look_ns = now_ns;
	j->next_ns = UINT64_MAX;
	return j;
}

void judge_free(struct judge *j)
{
	free(j);
}

struct judge_action *judge_emit(struct judge_actions *out, enum judge_action_kind kind)
{
	struct judge_action *a = &out->v[out->n];

	/* Each slot and request yields a bounded number of actions a call: more is our mistake. */
	assert(out->n < JUDGE_ACTIONS);
	out->n++;
	memset(a, 0, sizeof(*a));
	a->kind = kind;
	return a;
}

uint32_t judge_slot(const struct judge *j, const struct judge_plane *p)
{
	return (uint32_t)(p - j->plane);
}

int judge_find(const struct judge *j, uint64_t incarnation)
{
	for (int i = 0; i < JUDGE_SLOTS; i++)
		if (j->plane[i].used && j->plane[i].incarnation == incarnation)
			return i;
	return -ENOENT;
}

static int copy_name(char *to, const char *from)
{
	size_t len = strlen(from);

	if (len == 0 || len >= JUDGE_NAME)
		return -EINVAL;
	memcpy(to, from, len + 1);
	return 0;
}

static int free_slot(const struct judge *j)
{
	for (int i = 0; i < JUDGE_SLOTS; i++)
		if (!j->plane[i].used)
			return i;
	return -ENOSPC;
}

static void look_soon(struct judge *j, uint64_t now_ns)
{
	uint64_t soon_ns = now_ns + j->rules.hang_ns / 10;

	if (j->next_ns == UINT64_MAX)
		j->look_ns = now_ns;
	if (soon_ns < j->next_ns)
		j->next_ns = soon_ns;
}

static void count_live(struct judge *j)
{
	for (size_t s = 0; s < JUDGE_SLOTS; s++) {
		struct judge_plane *p = &j->plane[s];

		p->live = 0;
		for (size_t i = 0; p->used && i < JUDGE_LIVE; i++)
			p->live +=
				j->live[i].adapter != 0 && j->live[i].incarnation == p->incarnation;
	}
}

int judge_watch(struct judge *j, const char *vios, const char *plane, uint64_t incarnation,
	uint32_t workers, bool requests_matter, const struct judge_sample *now, uint64_t now_ns)
{
	int slot = free_slot(j);
	struct judge_plane *p;

	if (incarnation == 0 || workers == 0 || workers > JUDGE_WORKERS)
		return -EINVAL;
	if (judge_find(j, incarnation) >= 0)
		return -EEXIST;
	if (slot < 0)
		return slot;
	p = &j->plane[slot];
	memset(p, 0, sizeof(*p));
	if (copy_name(p->vios, vios) < 0 || copy_name(p->plane, plane) < 0)
		return -EINVAL;
	p->used = true;
	p->matter = requests_matter;
	p->incarnation = incarnation;
	p->workers = workers;
	p->sample = *now;
	for (uint32_t i = 0; i < workers; i++) {
		silence_begin(&p->worker[i], now->ticks[i], now->state[i], now_ns);
		p->worker[i].matter = requests_matter;
	}
	count_live(j);
	look_soon(j, now_ns);
	return slot;
}

bool judge_view(const struct judge *j, uint32_t slot, struct judge_view *out)
{
	static const char *const names[J_STATES] = {"watched", "suspect", "checking", "dying"};
	const struct judge_plane *p = slot < JUDGE_SLOTS ? &j->plane[slot] : NULL;

	if (!p || !p->used)
		return false;
	out->vios = p->vios;
	out->plane = p->plane;
	out->incarnation = p->incarnation;
	out->state = names[p->state];
	out->workers = p->workers;
	out->live = p->live;
	out->silent_ms = judge_guard_mute_ns(p) / MS_NS;
	return true;
}

static int set_live(struct judge *j, uint32_t adapter, uint64_t incarnation)
{
	size_t spare = JUDGE_LIVE;

	for (size_t i = 0; i < JUDGE_LIVE; i++) {
		if (j->live[i].adapter == adapter) {
			j->live[i].incarnation = incarnation;
			if (incarnation == 0)
				j->live[i].adapter = 0;
			return 0;
		}
		if (j->live[i].adapter == 0 && spare == JUDGE_LIVE)
			spare = i;
	}
	if (incarnation == 0)
		return 0;
	if (spare == JUDGE_LIVE)
		return -ENOSPC;
	j->live[spare].adapter = adapter;
	j->live[spare].incarnation = incarnation;
	return 0;
}

int judge_live(struct judge *j, uint32_t adapter, uint64_t incarnation)
{
	int r = adapter == 0 ? -EINVAL : set_live(j, adapter, incarnation);

	count_live(j);
	return r;
}

void judge_killed_before(struct judge *j, uint64_t when_ns, const char *vios, const char *plane)
{
	if (copy_name(j->last_kill_vios, vios) < 0 || copy_name(j->last_kill_plane, plane) < 0)
		return;
	j->last_kill_ns = when_ns;
}

void judge_sample(struct judge *j, uint32_t slot, const struct judge_sample *sample)
{
	assert(slot < JUDGE_SLOTS && j->plane[slot].used);
	j->plane[slot].sample = *sample;
}

/* Reading /proc took too long: the look that it belongs to is no longer fresh. */
static bool is_stale(const struct judge *j, uint64_t now_ns)
{
	return now_ns - j->look_ns >= j->rules.hang_ns / 8;
}

/* What was silent has ticked between the look and now. */
static bool has_ticked(const struct judge_plane *p)
{
	bool ticked = false;

	for (uint32_t i = 0; i < p->workers; i++)
		ticked |= p->worker[i].mute_ns != 0 && p->sample.ticks[i] != p->worker[i].ticks;
	return ticked && !p->accused;
}

void judge_threads(
	struct judge *j, uint32_t slot, bool in_d, uint64_t now_ns, struct judge_actions *out)
{
	struct judge_plane *p = &j->plane[slot];
	enum judge_event event = in_d ? J_SOME_IN_D : J_NONE_IN_D;

	assert(slot < JUDGE_SLOTS);
	out->n = 0;
	if (!p->used)
		return;
	if (is_stale(j, now_ns) || has_ticked(p))
		event = J_VOID;
	else if (p->was_in_d && !in_d) /* left the kernel just now, and has yet to tick */
		event = J_SILENT;
	p->was_in_d = in_d;
	judge_step(j, p, event, now_ns, out);
}

void judge_died(struct judge *j, uint32_t slot, uint64_t now_ns, struct judge_actions *out)
{
	assert(slot < JUDGE_SLOTS);
	out->n = 0;
	if (j->plane[slot].used)
		judge_step(j, &j->plane[slot], J_DIED, now_ns, out);
}
