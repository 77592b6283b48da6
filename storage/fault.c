/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Planted faults; compiled into `vios-scsid-faults` alone. The main thread asks for them by the
 * `fault` method, the worker carries them out.
 */
#include "storage/fault.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/inflight.h"

static _Atomic unsigned left[FAULT_PLACES];

static const char *const names[FAULT_PLACES] = {
	"", "before-show", "shown", "half-cleared", "cleared", "crash", "spin"};

void fault_plant(enum fault_place place, unsigned n)
{
	atomic_store(&left[place], n);
}

enum fault_place fault_named(const char *name)
{
	for (unsigned i = 1; i < FAULT_PLACES; i++)
		if (name && !strcmp(names[i], name))
			return (enum fault_place)i;
	return FAULT_NONE;
}

static int due(enum fault_place place)
{
	return atomic_load(&left[place]) && atomic_fetch_sub(&left[place], 1) == 1;
}

void fault_point(enum fault_place place)
{
	if (!due(place))
		return;
	if (place == FAULT_CRASH)
		abort();
	while (place == FAULT_SPIN)
		;
	_exit(3);
}

void fault_half(struct inflight *q, unsigned n, unsigned used_idx)
{
	if (n < 2 || !due(FAULT_HALF_CLEARED))
		return;
	inflight_shown(q, n / 2, (uint16_t)used_idx);
	_exit(3);
}
