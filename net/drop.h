/* SPDX-License-Identifier: BSD-3-Clause */
/* drop.h - every reason for which the switch drops a frame; each adapter counts each. Pure. */
#ifndef VIOS_NET_DROP_H
#define VIOS_NET_DROP_H

enum drop {
	DROP_NONE,
	DROP_RUNT,
	DROP_OVERSIZE,
	DROP_VLAN,
	DROP_NESTED_TAG,
	DROP_BAD_SOURCE,
	DROP_SPOOFED,
	DROP_SPOOFED_IP,
	DROP_SPOOFED_ARP,
	DROP_SPOOFED_ND,
	DROP_RESERVED,
	DROP_LOOP,
	DROP_NOT_PRIMARY,
	DROP_NOT_LIVE,
	DROP_HAIRPIN,
	DROP_OTHER_VLAN,
	DROP_NO_TARGET,
	DROP_NO_LISTENER,
	DROP_STORM_BROADCAST,
	DROP_STORM_MULTICAST,
	DROP_STORM_UNKNOWN,
	DROP_FLOOD_LIMIT,
	DROP_RECV_RATE,
	DROP_UPLINK_SHARE,
	DROP_TX_FULL,
	DROP_BROKEN_RING,
	DROP_BAD_OFFLOAD,
	DROP_NO_BUFFER,
	DROP_FOR_VIOS,
	DROP_COUNT,
};

/* "runt", "not_live", ...: the name in `status`. */
const char *drop_name(enum drop reason);
/* One line for an operator. */
const char *drop_text(enum drop reason);
/* What split_ring.h's functions have refused, as -errno. */
enum drop drop_of_ring(int error);

#endif
