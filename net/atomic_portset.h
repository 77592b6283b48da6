/* SPDX-License-Identifier: BSD-3-Clause */
/* atomic_portset.h - a set of ports that one thread changes and others read. */
#ifndef VIOS_NET_ATOMIC_PORTSET_H
#define VIOS_NET_ATOMIC_PORTSET_H

#include <stdatomic.h>
#include <stdint.h>

#include "net/portset.h"

struct atomic_portset {
	_Atomic uint64_t word[PORTSET_WORDS];
};

static inline void atomic_portset_load(const struct atomic_portset *from, struct portset *to)
{
	/* acquire: what was written to a port before its bit was set is seen */
	for (unsigned i = 0; i < PORTSET_WORDS; i++)
		to->word[i] = atomic_load_explicit(&from->word[i], memory_order_acquire);
}

static inline void atomic_portset_set(struct atomic_portset *set, unsigned port)
{
	atomic_fetch_or(&set->word[port / 64], UINT64_C(1) << (port % 64));
}

static inline void atomic_portset_clear(struct atomic_portset *set, unsigned port)
{
	atomic_fetch_and(&set->word[port / 64], ~(UINT64_C(1) << (port % 64)));
}

#endif
