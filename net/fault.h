/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fault.h - faults that tests plant in `vios-netd-faults`. In the shipped program, which is
 * compiled without VIOS_FAULTS, every call is empty.
 */
#ifndef VIOS_NET_FAULT_H
#define VIOS_NET_FAULT_H

#include <stddef.h>
#include <stdint.h>

struct frame;

#ifdef VIOS_FAULTS
/* A worker ticks no more (spin), or ticks and holds its quiescent state back for so long (hog).
 * Main thread. */
void fault_spin(unsigned worker);
void fault_hog(unsigned worker, unsigned hog_ms);
/* Once a loop: true: the worker must not report a quiescent state now. Does not return when told to
 * spin. */
int fault_holds(unsigned worker, uint64_t now_us);
/* Aborts when the frame carries FRAME_TYPE_FAULT and "VIOS-CRASH". */
void fault_frame(const struct frame *frame, const uint8_t *bytes, size_t len_bytes);
#else
static inline int fault_holds(unsigned worker, uint64_t now_us)
{
	return 0;
}
static inline void fault_frame(const struct frame *frame, const uint8_t *bytes, size_t len_bytes)
{
}
#endif

#endif
