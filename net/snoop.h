/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * snoop.h - which adapters want which multicast groups (RFC 4541). Pure; time is passed in, in
 * seconds of any clock that does not step back. Any number of workers hear and look up at once.
 *
 * It errs towards sending too much: groups are confined in a VLAN and family only while a querier
 * is heard there, who makes hosts say again what they want; an adapter that has come of late, or
 * wants more groups than are kept for it, gets all.
 */
#ifndef VIOS_NET_SNOOP_H
#define VIOS_NET_SNOOP_H

#include "net/mcast.h"
#include "net/portset.h"

#define SNOOP_GROUPS 1024    /* of all VLANs together */
#define SNOOP_PORT_GROUPS 64 /* of one adapter */
#define SNOOP_ROUTERS 128    /* adapters with a router behind, each VLAN counted */
#define SNOOP_INTERVAL_S                                                                           \
	125 /* between two queries, if the querier does not tell (RFC 3376 8.2)                    \
	     */
#define SNOOP_INTERVAL_MAX_S 1800
#define SNOOP_RESPONSE_MAX_MS 60000
#define SNOOP_WINDOW_S 260 /* two intervals and the time to answer */

struct snoop;

struct snoop *snoop_new(void); /* NULL: no memory */
void snoop_free(struct snoop *snoop);

/* What came in on port in this VLAN and was not dropped. */
void snoop_hear(struct snoop *snoop, uint16_t vlan, uint16_t port, const struct mcast *message,
	uint32_t now_s);
/* Whether groups of this family are confined in this VLAN. */
bool snoop_confines(const struct snoop *snoop, uint16_t vlan, bool is_v6, uint32_t now_s);
/* Adapters with a router behind, in this VLAN; those that get everything; those that want the
 * group. Each is added to *to. */
void snoop_add_routers(const struct snoop *snoop, uint16_t vlan, struct portset *to);
void snoop_add_open(const struct snoop *snoop, struct portset *to);
void snoop_add_members(
	const struct snoop *snoop, uint16_t vlan, uint64_t group, struct portset *to);

/* The adapter is about to be served here: what it wants is to be learned, and till then it gets
 * all. */
void snoop_port_came(struct snoop *snoop, uint16_t port, uint32_t now_s);
/* There is no querier, and none is known to have been. */
void snoop_reset(struct snoop *snoop);
/* Drops what is too old. Call once a second or so. */
void snoop_age(struct snoop *snoop, uint32_t now_s);

struct snoop_counts {
	uint64_t reports, queries; /* heard from it */
	uint64_t refused;	   /* groups that were not kept, so that it gets all */
	unsigned groups;	   /* kept for it; of the uplink: of all */
	bool open;		   /* it gets all */
};

struct snoop_counts snoop_counts(const struct snoop *snoop, uint16_t port);
void snoop_clear_counts(struct snoop *snoop, uint16_t port);
/* VLANs and families with a querier. */
unsigned snoop_queriers(const struct snoop *snoop, uint32_t now_s);

#endif
