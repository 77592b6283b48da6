/* SPDX-License-Identifier: BSD-3-Clause */
/* drop.c - the one table of drop reasons: names and what they mean. Pure; constant. */
#include "net/drop.h"

#include <errno.h>

struct row {
	const char *name, *text;
};

/* clang-format off */
static const struct row rows[DROP_COUNT] = {
	[DROP_NONE]            = {"none", "not dropped"},
	[DROP_RUNT]            = {"runt", "shorter than its headers"},
	[DROP_OVERSIZE]        = {"oversize", "longer than the adapter's MTU allows"},
	[DROP_VLAN]            = {"vlan", "of a VLAN that the adapter it came from is not in"},
	[DROP_NESTED_TAG]      = {"nested_tag", "without its tag it would be of a VLAN that its sender chose"},
	[DROP_BAD_SOURCE]      = {"bad_source", "its source address is a group, zero, another client's, or in use elsewhere"},
	[DROP_SPOOFED]         = {"spoofed", "its source address is not the adapter's own, and it may use no other"},
	[DROP_SPOOFED_IP]      = {"spoofed_ip", "its IP source is not one of the adapter's allowed addresses, or cannot be told"},
	[DROP_SPOOFED_ARP]     = {"spoofed_arp", "it says in ARP that its sender is who it is not"},
	[DROP_SPOOFED_ND]      = {"spoofed_nd", "it says in neighbour discovery that its sender is who it is not, or a router"},
	[DROP_RESERVED]        = {"reserved", "to a group that bridges do not forward (802.1Q table 8-1)"},
	[DROP_LOOP]            = {"loop", "came back from outside, from a client that the pair serves"},
	[DROP_NOT_PRIMARY]     = {"not_primary", "from the uplink, of a VLAN whose primary side is the other VIOS"},
	[DROP_NOT_LIVE]        = {"not_live", "for an adapter that is not live here, from where it cannot be passed on"},
	[DROP_HAIRPIN]         = {"hairpin", "its destination is where it came from"},
	[DROP_OTHER_VLAN]      = {"other_vlan", "its destination is a client that is not in its VLAN"},
	[DROP_NO_TARGET]       = {"no_target", "nobody else is in its VLAN"},
	[DROP_NO_LISTENER]     = {"no_listener", "to a group that nobody here wants, nor can it go further"},
	[DROP_STORM_BROADCAST] = {"storm_broadcast", "more broadcasts than the adapter may send"},
	[DROP_STORM_MULTICAST] = {"storm_multicast", "more to groups than the adapter may send"},
	[DROP_STORM_UNKNOWN]   = {"storm_unknown", "more to unknown addresses than the adapter may send"},
	[DROP_FLOOD_LIMIT]     = {"flood_limit", "too many copies of late, of all adapters together"},
	[DROP_RECV_RATE]       = {"recv_rate", "more than the adapter may be given"},
	[DROP_UPLINK_SHARE]    = {"uplink_share", "the uplink is full, and the adapter has had its share of it"},
	[DROP_TX_FULL]         = {"tx_full", "the destination took no more"},
	[DROP_BROKEN_RING]     = {"broken_ring", "the client's ring breaks the rules; it is not touched again"},
	[DROP_BAD_OFFLOAD]     = {"bad_offload", "its client asks for a checksum or segments that do not fit the frame"},
	[DROP_NO_BUFFER]       = {"no_buffer", "no packet memory was left for it"},
	[DROP_FOR_VIOS]        = {"for_vios", "for the VIOS itself, which has taken it: an answer to its probe"},
};
/* clang-format on */

const char *drop_name(enum drop reason)
{
	return reason < DROP_COUNT ? rows[reason].name : "unknown";
}

const char *drop_text(enum drop reason)
{
	return reason < DROP_COUNT ? rows[reason].text : "unknown";
}

enum drop drop_of_ring(int error)
{
	switch (error) {
	case -EMSGSIZE:
		return DROP_OVERSIZE;
	case -EBADMSG:
		return DROP_RUNT;
	case -EAGAIN:
		return DROP_TX_FULL;
	case -ENOBUFS:
		return DROP_NO_BUFFER;
	default:
		return DROP_BROKEN_RING;
	}
}
