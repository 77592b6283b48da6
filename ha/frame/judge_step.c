/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge_step.c - the state machine of one watched data plane. Pure.
 *
 *              silent | accused            the rules allow it           no thread in D
 *   WATCHED ---------------------> SUSPECT ------------------> CHECKING ---------------> DYING
 * --died--> (slot free) ^                            |    ^                      |    |
 *      +-- fine: ticks, no accuser -+    +-- a thread in D, ----+    |
 *      |                                 |   void, no answer         |
 *      +---------------------------------|--- fine ------------------+
 *
 * `void` (the watcher overslept, or all were silent together) leaves a suspect suspect but takes
 * its evidence away: it is fine at the next look unless it is accused, or goes on being silent for
 * a whole hang time from there.
 */
#include "ha/frame/judge_power.h"
#include "ha/frame/judge_priv.h"

#include <string.h>

typedef void step_fn(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out);

static void report(struct judge *j, struct judge_plane *p, enum judge_report what, uint64_t ns,
	struct judge_actions *out)
{
	struct judge_action *a = judge_emit(out, JUDGE_REPORT);

	a->slot = judge_slot(j, p);
	a->report = what;
	a->ms = ns / MS_NS;
}

static void nothing(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
}

static void tell_last(struct judge *j, struct judge_plane *p, struct judge_actions *out)
{
	uint64_t mute_ns = judge_guard_mute_ns(p);
	uint64_t rest_ns = j->rules.last_resort_ns;

	if (p->told_last)
		return;
	p->told_last = true;
	report(j, p, JUDGE_LAST_HUNG, rest_ns > mute_ns ? rest_ns - mute_ns : 0, out);
}

static void suspect(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	p->since_ns = now_ns;
	p->fresh_ns = 0;
	p->told_suspect = true;
	report(j, p, JUDGE_SUSPECTED, judge_guard_mute_ns(p), out);
	if (!judge_guard_other(j, p))
		tell_last(j, p, out);
}

static void accuse(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	p->fresh_ns = 0;
	p->since_ns = 0; /* the samples at hand are older than the accusation */
}

static void wait_for_other(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	uint64_t left_ns = judge_guard_holdoff_ns(j, p, now_ns);

	if (p->since_ns == 0) {
		p->since_ns = now_ns;
		return;
	}
	if (p->fresh_ns == 0 && judge_guard_other_fresh(j, p, now_ns))
		p->fresh_ns = now_ns;
	if (!judge_guard_silent(j, p, now_ns))
		return;
	if (left_ns != 0 && !p->told_holdoff) {
		p->told_holdoff = true;
		report(j, p, JUDGE_HELD_OFF, left_ns, out);
	}
	if (!judge_guard_other(j, p) || (!judge_guard_other_fresh(j, p, now_ns) &&
						now_ns - p->since_ns >= j->rules.hang_ns))
		tell_last(j, p, out);
}

static void withdraw(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	if (p->told_suspect || p->told_last)
		report(j, p, JUDGE_RECOVERED, 0, out);
	p->told_suspect = p->told_last = p->told_holdoff = p->told_blocked = false;
	p->recheck_ns = 0;
}

static void check(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	judge_emit(out, JUDGE_THREADS)->slot = judge_slot(j, p);
}

static void blocked(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	p->recheck_ns = now_ns + j->rules.hang_ns / 2;
	if (!p->told_blocked)
		report(j, p, JUDGE_BLOCKED, judge_guard_mute_ns(p), out);
	p->told_blocked = true;
	if (p->accused)
		judge_ask_settle(j, p, JUDGE_IN_KERNEL, 0, out);
	p->accused = false;
}

static void kill_it(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	p->killed_ns = now_ns;
	j->last_kill_ns = now_ns;
	memcpy(j->last_kill_vios, p->vios, sizeof(p->vios));
	memcpy(j->last_kill_plane, p->plane, sizeof(p->plane));
	judge_emit(out, JUDGE_KILL)->slot = judge_slot(j, p);
}

static void make_void(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	p->since_ns = p->fresh_ns = 0;
	for (uint32_t i = 0; i < p->workers; i++)
		silence_forget_trial(&p->worker[i]);
	if (p->accused)
		p->accused_until_ns = now_ns + 2 * j->rules.hang_ns;
}

static void nag(struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	if (p->told_stuck || !judge_power_stuck(j, p, now_ns))
		return;
	p->told_stuck = true;
	report(j, p, JUDGE_WILL_NOT_DIE, now_ns - p->killed_ns, out);
	judge_ask_settle(j, p, JUDGE_STILL_THERE, (now_ns - p->killed_ns) / MS_NS, out);
}

/* Whether its VIOS can be spared is to be seen anew. */
static void doubt(
	struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	p->stuck_ns = 0;
}

static void bury(struct judge *j, struct judge_plane *p, uint64_t now_ns, struct judge_actions *out)
{
	judge_emit(out, JUDGE_DEAD)->slot = judge_slot(j, p);
	for (size_t i = 0; i < JUDGE_LIVE; i++)
		if (j->live[i].incarnation == p->incarnation)
			j->live[i].adapter = 0;
	j->buried[j->n_buried++ % JUDGE_SLOTS] = p->incarnation;
	p->used = false;
	judge_ask_settle(j, p, JUDGE_KILLED, 0, out);
}

struct cell {
	enum judge_state next;
	step_fn *act; /* NULL: the cell was forgotten */
};

/* clang-format off */
static const struct cell table[J_STATES][J_EVENTS] = {
	[J_WATCHED] = {
		[J_FINE]      = { J_WATCHED,  nothing },
		[J_SILENT]    = { J_SUSPECT,  suspect },
		[J_ACCUSED]   = { J_SUSPECT,  accuse },
		[J_CLEARED]   = { J_WATCHED,  nothing }, /* nothing stands against it */
		[J_NONE_IN_D] = { J_WATCHED,  nothing }, /* a late answer */
		[J_SOME_IN_D] = { J_WATCHED,  nothing },
		[J_VOID]      = { J_WATCHED,  nothing },
		[J_DIED]      = { J_WATCHED,  bury },
	},
	[J_SUSPECT] = {
		[J_FINE]      = { J_WATCHED,  withdraw },
		[J_SILENT]    = { J_SUSPECT,  wait_for_other },
		[J_ACCUSED]   = { J_SUSPECT,  accuse },
		[J_CLEARED]   = { J_CHECKING, check },
		[J_NONE_IN_D] = { J_SUSPECT,  nothing },
		[J_SOME_IN_D] = { J_SUSPECT,  nothing },
		[J_VOID]      = { J_SUSPECT,  make_void },
		[J_DIED]      = { J_WATCHED,  bury },
	},
	[J_CHECKING] = {
		[J_FINE]      = { J_WATCHED,  withdraw },
		[J_SILENT]    = { J_SUSPECT,  nothing }, /* no answer: it will be asked again */
		[J_ACCUSED]   = { J_CHECKING, nothing },
		[J_CLEARED]   = { J_CHECKING, check },
		[J_NONE_IN_D] = { J_DYING,    kill_it },
		[J_SOME_IN_D] = { J_SUSPECT,  blocked },
		[J_VOID]      = { J_SUSPECT,  make_void },
		[J_DIED]      = { J_WATCHED,  bury },
	},
	[J_DYING] = {
		[J_FINE]      = { J_DYING,    nag },
		[J_SILENT]    = { J_DYING,    nag },
		[J_ACCUSED]   = { J_DYING,    nothing },
		[J_CLEARED]   = { J_DYING,    nag },
		[J_NONE_IN_D] = { J_DYING,    nothing },
		[J_SOME_IN_D] = { J_DYING,    nothing },
		[J_VOID]      = { J_DYING,    doubt },
		[J_DIED]      = { J_WATCHED,  bury },
	},
};
/* clang-format on */

bool judge_step_cell_set(unsigned state, unsigned event)
{
	return state < J_STATES && event < J_EVENTS && table[state][event].act != NULL;
}

void judge_step(struct judge *j, struct judge_plane *p, enum judge_event event, uint64_t now_ns,
	struct judge_actions *out)
{
	const struct cell *cell = &table[p->state][event];

	p->state = cell->next;
	cell->act(j, p, now_ns, out);
}
