/* SPDX-License-Identifier: BSD-3-Clause */
/* mcast.h - what hosts and routers say of multicast groups: IGMP versions 1 to 3 (RFC 1112, 2236,
 * 3376), MLD 1 and 2 (RFC 2710, 3810), and a router's PIM hello (RFC 7761). Pure. */
#ifndef VIOS_NET_MCAST_H
#define VIOS_NET_MCAST_H

#include "net/frame.h"
#include "net/packet.h"

#define MCAST_RECORDS_MAX 64 /* of one report; what is beyond is not looked at, and says so */

enum mcast_kind {
	MCAST_DATA,   /* none of those below */
	MCAST_QUERY,  /* group: the one asked for, or none: all */
	MCAST_REPORT, /* of groups that the sender joins, leaves or is in */
	MCAST_ROUTER, /* there is a router, which wants everything */
};

struct mcast {
	enum mcast_kind kind;
	bool is_v6;
	bool link_local;      /* to a group that is never confined */
	bool from_none;	      /* a query from no address: by somebody who is no router */
	bool general;	      /* a query for all groups */
	bool more;	      /* a report says more than is kept here */
	uint64_t group;	      /* of a query: the MAC address of the group */
	uint32_t response_ms; /* in which hosts answer a query */
	uint32_t interval_s;  /* between two queries; 0: not told */
	unsigned n;	      /* a report's */
	uint64_t joins[MCAST_RECORDS_MAX]; /* MAC addresses of groups that are confined */
};

/* The MAC address that frames to a group have (RFC 1112 6.4, RFC 2464 7). */
uint64_t mcast_mac(const struct ip *group);
/* Groups of one link: routing protocols, neighbour discovery, mDNS. */
bool mcast_is_link_local(const struct ip *group);

/* bytes: the frame, whose header is *frame, to a group's MAC address. *out is filled; messages that
 * are broken, or not from where such messages come, are data. Whether it is of IP at all. */
bool mcast_parse(
	const uint8_t *bytes, size_t len_bytes, const struct frame *frame, struct mcast *out);

#endif
