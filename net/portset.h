/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * portset.h - numbers of switch ports, and sets of them.
 * Pure. Ports 0 to PORT_CLIENTS-1 are client adapters, PORT_UPLINK and those behind it are uplinks,
 * PORT_TRUNK leads to the other VIOS's switch.
 */
#ifndef VIOS_NET_PORTSET_H
#define VIOS_NET_PORTSET_H

#include <stdbool.h>
#include <stdint.h>

#define PORT_CLIENTS 256
#define PORT_UPLINKS 4
#define PORT_UPLINK PORT_CLIENTS /* the first one */
#define PORT_TRUNK (PORT_UPLINK + PORT_UPLINKS)
#define PORT_COUNT (PORT_TRUNK + 1)
#define PORT_NONE UINT16_MAX
#define PORTSET_WORDS ((PORT_COUNT + 63) / 64)

struct portset {
	uint64_t word[PORTSET_WORDS];
};

static inline bool port_is_uplink(unsigned port)
{
	return port - PORT_UPLINK < PORT_UPLINKS;
}

static inline bool portset_has(const struct portset *set, unsigned port)
{
	return port < PORT_COUNT && (set->word[port / 64] >> (port % 64) & 1);
}

static inline void portset_add(struct portset *set, unsigned port)
{
	set->word[port / 64] |= UINT64_C(1) << (port % 64);
}

static inline void portset_remove(struct portset *set, unsigned port)
{
	set->word[port / 64] &= ~(UINT64_C(1) << (port % 64));
}

static inline unsigned portset_count(const struct portset *set)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PORTSET_WORDS; i++)
		n += (unsigned)__builtin_popcountll(set->word[i]);
	return n;
}

/* The first member at or after port, or PORT_NONE. for (p = portset_next(s, 0); p != PORT_NONE;
 * ...) */
static inline uint16_t portset_next(const struct portset *set, unsigned port)
{
	for (unsigned i = port / 64; i < PORTSET_WORDS; i++) {
		uint64_t word = set->word[i];

		if (i == port / 64)
			word &= ~UINT64_C(0) << (port % 64);
		if (word)
			return (uint16_t)(i * 64 + (unsigned)__builtin_ctzll(word));
	}
	return PORT_NONE;
}

#endif
