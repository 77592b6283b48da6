/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rulebook.h - which rules (rules.h) the workers go by: read from a configuration, and put in place
 * of the former ones between two rounds. Edge: jansson, RCU. Main thread.
 */
#ifndef VIOS_NET_RULEBOOK_H
#define VIOS_NET_RULEBOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/adapters.h"

struct uplink_rules {
	uint16_t pvid;
	uint16_t n_vlans;
	uint16_t vlans[RULES_UPLINK_VLANS_MAX];
	uint32_t storm_per_s;
	bool multicast_snooping; /* of its VLANs, and of the first one: of those that none has */
	bool large_receive;
	struct rates rates;
};

struct uplinks_rules { /* by their places */
	bool used[PORT_UPLINKS];
	struct uplink_rules of[PORT_UPLINKS];
};

struct rulebook; /* the uplinks' rules, and tables that workers may still look at */

/* NULL: no memory. */
struct rulebook *rulebook_new(void);

/* Members `pvid`, `vlans`, `storm_per_s` of an adapter or an uplink and those of rates.h,
 * `own_mac_only`, `allowed_ips` of an adapter, `multicast_snooping`, `large_receive` of an uplink;
 * what is left out is as for an adapter without VLANs. what: how a refusal names it. 0 or -EINVAL
 * with why[] filled. */
int rulebook_read_adapter(const json_t *object, const char *what, struct adapter_rules *out,
	char *why, size_t why_size);
int rulebook_read_uplink(
	const json_t *object, struct uplink_rules *out, char *why, size_t why_size);
/* Whether an uplink would be in other VLANs than now. */
bool rulebook_moves(const struct rulebook *book, const struct uplinks_rules *uplinks);
/* Adds the same members. */
void rulebook_write_adapter(json_t *object, const struct adapter_rules *rules);
void rulebook_write_uplink(json_t *object, const struct rulebook *book, unsigned number);

/* The rules of all adapters, and these of the uplinks, no two of which have a VLAN, hold from the
 * workers' next round on. 0 or -ENOMEM with nothing changed. */
int rulebook_publish(struct rulebook *book, struct plane *plane, struct adapters *adapters,
	const struct uplinks_rules *uplinks);
/* The primary side of these VLANs is this one, from the next publication on; of those that are
 * turning it has just become another; of those that it has left, it was this one. */
void rulebook_set_primary(struct rulebook *book, const struct vlanset *primary,
	const struct vlanset *turning, const struct vlanset *left);
/* Who is asked on an uplink, likewise. */
void rulebook_set_probe(struct rulebook *book, unsigned number, const struct probe_table *probe);
/* The same rules of all else again. 0 or -ENOMEM. */
int rulebook_republish(struct rulebook *book, struct plane *plane, struct adapters *adapters);
/* Frees the tables that no worker looks at any more; from time to time. */
void rulebook_reap(struct rulebook *book, struct plane *plane);

#endif
