/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Planted faults; compiled into `vios-netd-faults` alone. The main thread asks for them by the
 * `fault` method, workers carry them out.
 */
#include "net/fault.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "net/frame.h"
#include "net/plane.h"

static struct {
	_Atomic bool spin;
	_Atomic unsigned hog_ms; /* asked for; the worker takes it */
	uint64_t hog_until_us;	 /* the worker's own */
} faults[PLANE_WORKERS_MAX];

void fault_spin(unsigned worker)
{
	atomic_store(&faults[worker].spin, true);
}

void fault_hog(unsigned worker, unsigned hog_ms)
{
	atomic_store(&faults[worker].hog_ms, hog_ms);
}

int fault_holds(unsigned worker, uint64_t now_us)
{
	unsigned hog_ms;

	while (atomic_load(&faults[worker].spin))
		;
	hog_ms = atomic_exchange(&faults[worker].hog_ms, 0);
	if (hog_ms)
		faults[worker].hog_until_us = now_us + (uint64_t)hog_ms * 1000;
	return now_us < faults[worker].hog_until_us;
}

void fault_frame(const struct frame *frame, const uint8_t *bytes, size_t len_bytes)
{
	static const char order[] = "VIOS-CRASH";

	if (frame->ethertype != FRAME_TYPE_FAULT)
		return;
	if (len_bytes >= frame->payload_offset + sizeof(order) - 1 &&
		!memcmp(bytes + frame->payload_offset, order, sizeof(order) - 1))
		abort();
}
