/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path_watch.c - a path's life as a table. Pure; the main thread's.
 *
 *              ERROR                     GOOD
 *   ENABLED ----------> FAILED ------------------> RECOVERING
 *      ^                  ^ |                        | |
 *      |                  | '-------- HELD --------. | |
 *      |                  '---- ERROR, BAD --------+-' |
 *      '-------------------------------------------'---' HELD
 *
 * One that fails again soon after it has healed has to be well for twice as long the next time: its
 * client is moved each time.
 */
#include "storage/path_watch.h"

#define PROBE_MIN_NS 100000000u
#define PROBE_MAX_NS 1000000000u
#define DOUBLED_MAX 4
#define FORGET_HOLDS 10 /* well for so many hold times: what was is forgotten */

static const enum path_life table[PATH_EVENTS][PATH_LIVES] = {
	/*               ENABLED       FAILED           RECOVERING */
	[PATH_ERROR] = {PATH_FAILED, PATH_FAILED, PATH_FAILED},
	[PATH_BAD] = {PATH_ENABLED, PATH_FAILED, PATH_FAILED},
	[PATH_GOOD] = {PATH_ENABLED, PATH_RECOVERING, PATH_RECOVERING},
	[PATH_HELD] = {PATH_ENABLED, PATH_ENABLED, PATH_ENABLED},
};

enum path_life path_watch_next(enum path_life life, enum path_event event)
{
	return table[event][life];
}

static uint64_t hold_ns(const struct path_watch *w)
{
	return w->hold_ns << w->doubled;
}

static void plan_probe(struct path_watch *w, uint64_t now_ns)
{
	uint64_t wait_ns = w->hold_ns / 4;

	wait_ns = wait_ns < PROBE_MIN_NS ? PROBE_MIN_NS : wait_ns;
	w->next_ns = now_ns + (wait_ns > PROBE_MAX_NS ? PROBE_MAX_NS : wait_ns);
}

static bool step(struct path_watch *w, enum path_event event, uint64_t now_ns)
{
	enum path_life before = w->life;

	w->life = path_watch_next(before, event);
	if (w->life != before)
		w->since_ns = now_ns;
	plan_probe(w, now_ns);
	return w->life != before;
}

bool path_watch_failed(struct path_watch *w, uint64_t now_ns, uint64_t wanted_hold_ns)
{
	if (w->life == PATH_ENABLED) {
		bool soon = w->since_ns && now_ns - w->since_ns < FORGET_HOLDS * hold_ns(w);

		if (!soon)
			w->doubled = 0;
		else if (w->doubled < DOUBLED_MAX)
			w->doubled++;
		w->hold_ns = wanted_hold_ns;
		w->of_medium = false;
	}
	return step(w, PATH_ERROR, now_ns);
}

static bool held_long_enough(const struct path_watch *w, uint64_t now_ns)
{
	if (w->life == PATH_RECOVERING)
		return now_ns - w->since_ns >= hold_ns(w);
	return !w->hold_ns;
}

bool path_watch_probed(struct path_watch *w, const struct path_probe *probe, uint64_t now_ns)
{
	bool good = probe->block || (w->of_medium && probe->another);
	enum path_event event = PATH_BAD;

	if (good)
		event = held_long_enough(w, now_ns) ? PATH_HELD : PATH_GOOD;
	return step(w, event, now_ns);
}

void path_watch_all_failed(struct path_watch *w)
{
	if (w->life != PATH_ENABLED)
		w->of_medium = true;
}

uint64_t path_watch_next_ns(const struct path_watch *w)
{
	return w->life == PATH_ENABLED ? UINT64_MAX : w->next_ns;
}

const char *path_life_name(enum path_life life)
{
	static const char *const names[PATH_LIVES] = {"enabled", "failed", "recovering"};

	return names[life];
}
