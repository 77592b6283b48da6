/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hint.h - what a mux says of an adapter ahead of a planned switch. Edge: DPDK. Main thread.
 */
#ifndef VIOS_NET_HINT_H
#define VIOS_NET_HINT_H

#include <stdbool.h>
#include <stdint.h>

#include "net/adapters.h"

struct hint {
	unsigned slot;
	bool expected;
	uint64_t token; /* of the workers' quiescence */
};

typedef int hint_fn(
	struct adapters *adapters, struct plane *plane, const char *name, struct hint *out);

/* It may be expected in a moment: wakes its worker. 0 or -ENOENT. */
int hint_prepare(
	struct adapters *adapters, struct plane *plane, const char *name, struct hint *out);
/* It is about to leave: for a moment nothing is taken from the client, which may still be given
 * frames. So the switch outside hears its address from the other side last. 0 or -ENOENT. */
int hint_yield(struct adapters *adapters, struct plane *plane, const char *name, struct hint *out);
/* It is about to be started here: announces its MAC address now, and holds frames for it for a
 * moment. 0 or -ENOENT. */
int hint_expect(struct adapters *adapters, struct plane *plane, const char *name, struct hint *out);
/* Whether the workers act on it: nothing of a client that yields is on its way to the uplink any
 * more; the address of one that is expected has been sent. */
bool hint_heard(struct plane *plane, struct hint *hint);

#endif
