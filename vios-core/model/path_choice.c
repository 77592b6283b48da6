/* SPDX-License-Identifier: BSD-3-Clause */
/* path_choice.c - which of two paths should carry an adapter. Pure; any thread; owns nothing. */
#include "vios-core/model/path_choice.h"

static bool usable(const struct path_choice *c)
{
	return c->eligible && (c->live || c->state <= MODEL_PATH_STANDBY);
}

/* Is a strictly better than b? Among equals the current one stays, else the preferred one. */
static bool better(const struct path_choice c[PATH_CHOICES], int a, int b, int first)
{
	if (!usable(&c[a]))
		return false;
	if (!usable(&c[b]))
		return true;
	if (c[a].state != c[b].state)
		return c[a].state < c[b].state;
	return a == first;
}

int path_choice_best(
	const struct path_choice c[PATH_CHOICES], int current, int preferred, int pinned)
{
	int first = current >= 0 && usable(&c[current]) ? current : preferred;
	int best = 0;

	if (pinned >= 0 && usable(&c[pinned]) && c[pinned].state <= MODEL_PATH_STANDBY)
		return pinned;
	if (better(c, 1, 0, first))
		best = 1;
	return usable(&c[best]) ? best : -1;
}
