/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sea_health.c - the hysteresis of one uplink: bad news count at once, good news after they have
 * lasted. Pure; the caller owns the struct.
 *
 *	link down, or all targets silent           link up for link_time and a target answers
 *	   (any) ------------> DEAD ------------------> HEALING -- health_time --> WELL
 */
#include "ha/policy/sea_health.h"

#include <string.h>

void sea_health_init(struct sea_health *h, const struct sea_health_rules *rules, uint64_t now_ns)
{
	memset(h, 0, sizeof(*h));
	h->rules = *rules;
	h->link_since_ns = now_ns;
	h->good_since_ns = SEA_NEVER;
}

void sea_health_rules(
	struct sea_health *h, const struct sea_health_rules *rules, unsigned n_targets)
{
	h->rules = *rules;
	h->n_targets = n_targets < SEA_TARGETS ? n_targets : SEA_TARGETS;
	for (unsigned i = h->n_targets; i < SEA_TARGETS; i++)
		h->missed[i] = 0;
}

void sea_health_link(struct sea_health *h, bool up, uint64_t now_ns)
{
	if (up == h->link)
		return;
	h->link = up;
	h->link_since_ns = now_ns;
}

void sea_health_probe(struct sea_health *h, unsigned target, bool answered)
{
	if (target >= h->n_targets)
		return;
	if (answered)
		h->missed[target] = 0;
	else if (h->missed[target] < h->rules.misses)
		h->missed[target]++;
}

/* One that answers is enough: the others may be down for reasons of their own. */
static bool reachable(const struct sea_health *h)
{
	for (unsigned i = 0; i < h->n_targets; i++)
		if (h->missed[i] < h->rules.misses)
			return true;
	return h->n_targets == 0;
}

/* A link that was lost for less than link_time was lost. */
static bool link_counts(const struct sea_health *h, uint64_t now_ns)
{
	return h->link && now_ns - h->link_since_ns >= h->rules.link_ns;
}

enum sea_uplink sea_health_look(struct sea_health *h, uint64_t now_ns)
{
	if (!link_counts(h, now_ns) || !reachable(h)) {
		h->good_since_ns = SEA_NEVER;
		return SEA_UPLINK_DEAD;
	}
	if (h->good_since_ns == SEA_NEVER)
		h->good_since_ns = now_ns;
	return now_ns - h->good_since_ns >= h->rules.health_ns ? SEA_UPLINK_WELL
							       : SEA_UPLINK_HEALING;
}

uint64_t sea_health_next_ns(const struct sea_health *h, uint64_t now_ns)
{
	uint64_t at_ns = SEA_NEVER;

	if (h->link && !link_counts(h, now_ns))
		at_ns = h->link_since_ns + h->rules.link_ns;
	else if (h->good_since_ns != SEA_NEVER)
		at_ns = h->good_since_ns + h->rules.health_ns;
	return at_ns > now_ns ? at_ns : SEA_NEVER;
}
