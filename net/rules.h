/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rules.h - what the operator allows each port: its VLANs (IEEE 802.1Q 8.6.2, 8.6.4, 8.8.2), the
 * addresses that it may use, the rate of what it floods. Pure.
 *
 * A table is made, filled, and from then on only read, by any thread.
 */
#ifndef VIOS_NET_RULES_H
#define VIOS_NET_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/drr.h"
#include "net/frame.h"
#include "net/guard.h"
#include "net/portset.h"
#include "net/probe.h"
#include "net/rules_rate.h"
#include "net/vlanset.h"

#define RULES_VLAN_MAX 4094
#define RULES_CLIENT_VLANS_MAX 20
#define RULES_UPLINK_VLANS_MAX 340
#define RULES_WEIGHT_MAX DRR_WEIGHT_MAX
#define RULES_STORM_DEFAULT 10000 /* frames a second that a client may flood */

struct rules_port {
	uint16_t pvid; /* VLAN of untagged frames, 1 to 4094 */
	uint16_t n_vlans;
	const uint16_t *vlans; /* VLANs of tagged frames */
	bool own_mac_only;
	uint32_t storm_per_s;	   /* 0: no limit */
	const struct guard *guard; /* addresses that it may use; NULL, or none of them: any */
	struct rules_rate in;	   /* what is taken from the client */
	struct rules_rate out;	   /* what is given to it, or to the uplink */
	uint8_t weight; /* of the client's frames at an uplink that is full; 0: the usual one */
};

struct rules {
	uint16_t pvid[PORT_COUNT]; /* 0: not set up, in no VLAN */
	uint32_t storm_per_s[PORT_COUNT];
	struct portset own_mac_only;
	struct portset guarded;			/* those whose addresses are checked */
	bool snooping[PORT_UPLINKS];		/* groups are confined (snoop.h) */
	bool large_receive[PORT_UPLINKS];	/* its frames are gathered (gather.h) */
	struct portset limited_in, limited_out; /* those that have a rate */
	struct rules_rate in[PORT_COUNT], out[PORT_COUNT];
	uint8_t weight[PORT_COUNT]; /* of its frames at the uplink; its own: of announcements */
	struct portset member[FRAME_VLANS]; /* none in 0 and 4095 */
	/* The uplink of a VLAN: which it is; 0 also where none is a member. */
	uint8_t uplink[FRAME_VLANS];
	/* With a trunk, those of which this side is the primary: only there it uses the uplink. */
	struct vlanset primary;
	struct probe_table probe[PORT_UPLINKS];
	/* Those whose primary has just become another: what the switch outside still sends to the
	 * former one for clients is taken there. */
	struct vlanset turning;
	struct vlanset left; /* of those, the ones that this side was the primary of */
	/* A client's own list, for announcements. */
	uint16_t n_vlans[PORT_CLIENTS];
	uint16_t vlans[PORT_CLIENTS][RULES_CLIENT_VLANS_MAX];
	struct guard guard[PORT_CLIENTS];
};

/* No port is in any VLAN. NULL: no memory. */
struct rules *rules_new(void);
void rules_free(struct rules *rules);
/* Once a port. 0, or -EINVAL: a VLAN is none, there are too many, or another uplink has it. */
int rules_set(struct rules *rules, uint16_t port, const struct rules_port *what);

/* The trunk carries every VLAN, always with a tag. Once. */
void rules_set_trunk(struct rules *rules, const struct vlanset *primary);

static inline bool rules_member(const struct rules *rules, uint16_t vlan, uint16_t port)
{
	return portset_has(&rules->member[vlan & (FRAME_VLANS - 1)], port);
}

/* The only uplink that may be a member. */
static inline uint16_t rules_uplink(const struct rules *rules, uint16_t vlan)
{
	return (uint16_t)(PORT_UPLINK + rules->uplink[vlan & (FRAME_VLANS - 1)]);
}

/* What becomes of a frame's tag on its way out (frame.h). vlan: the one that it is in. */
static inline uint32_t rules_edit(
	const struct rules *rules, uint16_t port, uint16_t vlan, uint32_t tag)
{
	if (rules->pvid[port] == vlan)
		return tag ? FRAME_EDIT_STRIP : 0;
	if ((tag & (FRAME_TAGGED | 0x0FFF)) == (FRAME_TAGGED | (uint32_t)vlan))
		return 0;
	/* Priority and DEI stay what they were (802.1Q 6.9.3). */
	return (tag ? FRAME_EDIT_STRIP : 0) | FRAME_EDIT_PUSH | (tag & 0xF000) | vlan;
}

#endif
