/* SPDX-License-Identifier: BSD-3-Clause */
/* brief.h - a lock for a few instructions, of which nobody depends on getting it: whoever does not
 * within a moment, because its bearer was put to sleep, goes on without. Pure. */
#ifndef VIOS_NET_BRIEF_H
#define VIOS_NET_BRIEF_H

#include <stdatomic.h>
#include <stdbool.h>

#define BRIEF_TRIES 2000

struct brief {
	atomic_flag taken;
};

static inline bool brief_take(struct brief *lock)
{
	for (unsigned i = 0; i < BRIEF_TRIES; i++)
		if (!atomic_flag_test_and_set_explicit(&lock->taken, memory_order_acquire))
			return true;
	return false;
}

static inline void brief_give(struct brief *lock)
{
	atomic_flag_clear_explicit(&lock->taken, memory_order_release);
}

#endif
