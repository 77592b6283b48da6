/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge_ask.c - requests for a death (a mux evicts, a fence agent fences), and their answers. Pure.
 *
 * A request is an accusation: it goes through the same rules as silence. What can be refused at
 * once is; the rest is answered when the data plane is dead, when the rules forbid it, or when the
 * other path has not ticked within one and a half hang times.
 */
#include "ha/frame/judge_power.h"
#include "ha/frame/judge_priv.h"

#include <string.h>

static void answer(
	struct judge_actions *out, uint64_t request, enum judge_verdict verdict, uint64_t ms)
{
	struct judge_action *a = judge_emit(out, JUDGE_ANSWER);

	a->request = request;
	a->verdict = verdict;
	a->ms = ms;
}

static bool concerns(const struct judge_request *r, const struct judge_plane *p)
{
	if (r->incarnation != 0)
		return r->incarnation == p->incarnation;
	return strcmp(r->vios, p->vios) == 0;
}

/* A fencing is answered when the last plane of the VIOS is dead. */
static bool others_left(
	const struct judge *j, const struct judge_request *r, const struct judge_plane *p)
{
	if (r->incarnation != 0)
		return false;
	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (j->plane[i].used && &j->plane[i] != p && concerns(r, &j->plane[i]))
			return true;
	return false;
}

/* One that is stuck is not the end of a fencing: judge_power.c answers it. */
static bool waits(const struct judge *j, const struct judge_request *r, const struct judge_plane *p,
	enum judge_verdict verdict)
{
	if (verdict == JUDGE_STILL_THERE)
		return r->incarnation == 0;
	return verdict == JUDGE_KILLED && others_left(j, r, p);
}

/* What nobody asks for any more is not pursued. */
static void drop_idle_accusations(struct judge *j)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		struct judge_plane *p = &j->plane[i];
		bool wanted = false;

		for (size_t k = 0; p->used && k < j->n_requests; k++)
			wanted |= concerns(&j->request[k], p);
		p->accused &= wanted;
	}
}

void judge_ask_settle(struct judge *j, const struct judge_plane *p, enum judge_verdict verdict,
	uint64_t ms, struct judge_actions *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < j->n_requests; i++) {
		struct judge_request *r = &j->request[i];

		if (!concerns(r, p) || waits(j, r, p, verdict)) {
			j->request[kept++] = *r;
			continue;
		}
		answer(out, r->id, verdict, ms);
	}
	j->n_requests = kept;
	drop_idle_accusations(j);
}

size_t judge_ask_settle_fences(struct judge *j, const char *vios, enum judge_verdict verdict,
	uint64_t ms, struct judge_actions *out)
{
	size_t kept = 0, n = j->n_requests;

	for (size_t i = 0; i < n; i++) {
		struct judge_request *r = &j->request[i];

		if (r->incarnation != 0 || strcmp(r->vios, vios) != 0) {
			j->request[kept++] = *r;
			continue;
		}
		answer(out, r->id, verdict, ms);
	}
	j->n_requests = kept;
	if (kept < n)
		drop_idle_accusations(j);
	return n - kept;
}

/* Returns false and answers when the request for p cannot succeed now. */
static bool admissible(struct judge *j, const struct judge_plane *p, uint64_t request,
	uint64_t now_ns, struct judge_actions *out)
{
	uint64_t left_ns = judge_guard_holdoff_ns(j, p, now_ns);

	if (p->state == J_DYING)
		return true;
	if (judge_guard_other_fencing(j, p, now_ns))
		answer(out, request, JUDGE_LOST, 0);
	else if (!judge_guard_other(j, p))
		answer(out, request, JUDGE_LAST, 0);
	else if (left_ns != 0)
		answer(out, request, JUDGE_HOLDOFF, (left_ns + MS_NS - 1) / MS_NS);
	else
		return true;
	return false;
}

static void accuse(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	if (!p->accused) {
		p->accused_until_ns = now_ns + j->rules.hang_ns + j->rules.hang_ns / 2;
		p->accused = true;
		judge_step(j, p, J_ACCUSED, now_ns, out);
	}
	j->next_ns = now_ns < j->next_ns ? now_ns : j->next_ns;
}

static struct judge_request *remember(struct judge *j, uint64_t request, struct judge_actions *out)
{
	struct judge_request *r = &j->request[j->n_requests];

	if (j->n_requests == JUDGE_REQUESTS) {
		answer(out, request, JUDGE_BUSY, 0);
		return NULL;
	}
	j->n_requests++;
	memset(r, 0, sizeof(*r));
	r->id = request;
	return r;
}

static bool was_buried(const struct judge *j, uint64_t incarnation)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (j->buried[i] == incarnation)
			return true;
	return false;
}

void judge_evict(struct judge *j, uint64_t incarnation, uint64_t request, uint64_t now_ns,
	struct judge_actions *out)
{
	int slot = incarnation == 0 ? -1 : judge_find(j, incarnation);
	struct judge_request *r;

	out->n = 0;
	if (slot < 0) {
		bool dead = incarnation != 0 && was_buried(j, incarnation);

		answer(out, request, dead ? JUDGE_KILLED : JUDGE_UNKNOWN, 0);
		return;
	}
	if (j->plane[slot].told_stuck) {
		answer(out, request, JUDGE_STILL_THERE,
			(now_ns - j->plane[slot].killed_ns) / MS_NS);
		return;
	}
	if (!admissible(j, &j->plane[slot], request, now_ns, out))
		return;
	r = remember(j, request, out);
	if (!r)
		return;
	r->incarnation = incarnation;
	accuse(j, &j->plane[slot], now_ns, out);
}

void judge_fence(struct judge *j, const char *vios, uint64_t request, uint64_t now_ns,
	struct judge_actions *out)
{
	struct judge_request *r;
	struct judge_request want = {0};
	size_t n = 0, len = strlen(vios);

	out->n = 0;
	if (len == 0 || len >= JUDGE_NAME) {
		answer(out, request, JUDGE_UNKNOWN, 0);
		return;
	}
	memcpy(want.vios, vios, len);
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		if (!j->plane[i].used || !concerns(&want, &j->plane[i]))
			continue;
		n++;
		if (!admissible(j, &j->plane[i], request, now_ns, out))
			return;
	}
	if (n == 0) { /* nothing of it is left */
		answer(out, request, JUDGE_KILLED, 0);
		return;
	}
	r = remember(j, request, out);
	if (!r)
		return;
	memcpy(r->vios, vios, len);
	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (j->plane[i].used && concerns(r, &j->plane[i]))
			accuse(j, &j->plane[i], now_ns, out);
}
