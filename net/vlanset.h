/* SPDX-License-Identifier: BSD-3-Clause */
/* vlanset.h - sets of VLANs. Pure. */
#ifndef VIOS_NET_VLANSET_H
#define VIOS_NET_VLANSET_H

#include <stdbool.h>
#include <stdint.h>

#include "net/frame.h"

#define VLANSET_WORDS (FRAME_VLANS / 64)

struct vlanset {
	uint64_t word[VLANSET_WORDS];
};

static inline bool vlanset_has(const struct vlanset *set, unsigned vlan)
{
	return set->word[vlan / 64 % VLANSET_WORDS] >> (vlan % 64) & 1;
}

static inline void vlanset_add(struct vlanset *set, unsigned vlan)
{
	set->word[vlan / 64 % VLANSET_WORDS] |= UINT64_C(1) << (vlan % 64);
}

static inline unsigned vlanset_count(const struct vlanset *set)
{
	unsigned n = 0;

	for (unsigned i = 0; i < VLANSET_WORDS; i++)
		n += (unsigned)__builtin_popcountll(set->word[i]);
	return n;
}

static inline bool vlanset_equal(const struct vlanset *a, const struct vlanset *b)
{
	uint64_t differs = 0;

	for (unsigned i = 0; i < VLANSET_WORDS; i++)
		differs |= a->word[i] ^ b->word[i];
	return !differs;
}

#endif
