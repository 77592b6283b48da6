/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sea_health.h - is the network outside one side of a SEA well? From its link and the answers of
 * the addresses that are probed. Pure; time is passed in.
 */
#ifndef VIOS_POLICY_SEA_HEALTH_H
#define VIOS_POLICY_SEA_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#define SEA_TARGETS 4
#define SEA_NEVER UINT64_MAX

enum sea_uplink {
	SEA_UPLINK_DEAD,    /* no link, or none of the addresses answers */
	SEA_UPLINK_HEALING, /* well, but not for health_time yet */
	SEA_UPLINK_WELL,
	SEA_UPLINKS
};

struct sea_health_rules {
	uint64_t link_ns;   /* a link counts after it was up for so long; down counts at once */
	uint64_t health_ns; /* so long after a fault, or the start, it is HEALING */
	unsigned misses;    /* a target is silent after so many probes in a row; at least 1 */
};

struct sea_health {
	struct sea_health_rules rules;
	bool link;
	uint64_t link_since_ns; /* of `link` */
	unsigned n_targets;	/* 0: nothing is probed */
	unsigned missed[SEA_TARGETS];
	uint64_t good_since_ns; /* SEA_NEVER: it is dead */
};

void sea_health_init(struct sea_health *h, const struct sea_health_rules *rules, uint64_t now_ns);
/* A change of rules keeps what was seen. */
void sea_health_rules(
	struct sea_health *h, const struct sea_health_rules *rules, unsigned n_targets);
void sea_health_link(struct sea_health *h, bool up, uint64_t now_ns);
/* The result of one probe of a target; others than 0 .. n_targets - 1 are ignored. */
void sea_health_probe(struct sea_health *h, unsigned target, bool answered);
/* After any of these, and when the time of sea_health_next_ns() has come. */
enum sea_uplink sea_health_look(struct sea_health *h, uint64_t now_ns);
/* When time alone will change it next; SEA_NEVER. */
uint64_t sea_health_next_ns(const struct sea_health *h, uint64_t now_ns);

#endif
