/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bond.h - several ethdevs as one, by DPDK's bonding driver. Edge: net_bonding, ethdev, EAL
 * hotplug. Main thread, but for bond_drain().
 */
#ifndef VIOS_NET_BOND_H
#define VIOS_NET_BOND_H

#include <net/if.h>
#include <stdint.h>

#include "net/aggregate.h"

struct bond;

/* Probes the members and makes a port of those that are there, at least one; it is not configured
 * yet. On failure -errno, and why[] holds a sentence. */
int bond_open(const struct aggregate_config *config, struct bond **out, uint16_t *port_id,
	char *why, size_t why_size);
/* Whether there is memory for what the members take once they are up. The port is configured. */
bool bond_has_room(const struct bond *bond);
/* The port has been started: what its start changed of the members' interfaces is put right. */
void bond_started(struct bond *bond);
/* Stops and removes port and members. No worker uses it any more. */
void bond_close(struct bond *bond);

const struct aggregate_config *bond_config(const struct bond *bond);
bool bond_is_in(const struct bond *bond, unsigned member);
/* Whether the kernel's interface is one of a member that is in. */
bool bond_has_ifindex(const struct bond *bond, unsigned ifindex);
/* How many members are in; *kernel: all of them are on kernel interfaces. */
unsigned bond_n_in(const struct bond *bond, bool *kernel);
/* The interface in a member's devargs, whether or not it is there; "": it names none. */
void bond_iface(const struct bond *bond, unsigned member, char out[IF_NAMESIZE]);
/* What the driver says of a member that is in. */
bool bond_link_is_up(const struct bond *bond, unsigned member);
/* Whether the driver uses a member that is in; it begins a moment after the member has joined. */
bool bond_is_active(const struct bond *bond, unsigned member);
/* Waits for those whose link is up, a fifth of a second at most. */
void bond_await_active(const struct bond *bond);
/* 802.3ad: its partner takes and sends frames on this member. */
bool bond_agreed(const struct bond *bond, unsigned member);
struct bond_counts {
	uint64_t rx_packets, tx_packets;
};
struct bond_counts bond_counts(const struct bond *bond, unsigned member);

/* Takes a member's device into use, ahead of bond_join(). 0 or -errno. */
int bond_probe(struct bond *bond, unsigned member);
/* These three while no worker uses the port. */
int bond_join(struct bond *bond, unsigned member);
void bond_leave(struct bond *bond, unsigned member);
void bond_set_first(struct bond *bond, unsigned member);
/* Lets go of a device whose member is not in. */
void bond_forget(struct bond *bond, unsigned member);

/* Throws away what came in by members that only wait: else they would be full of old frames, and
 * keep their worker awake. Data path, the worker of this queue. */
void bond_drain(struct bond *bond, uint16_t queue);

#endif
