/* SPDX-License-Identifier: BSD-3-Clause */
/* nf_tap.h - joins the native driver's first queue pair and a TAP device, so that a namespace can
 * ping through it. */
#ifndef VIOS_TESTS_NF_TAP_H
#define VIOS_TESTS_NF_TAP_H

#include "tests/lib/nfront/nfront.h"

/* Until stdin ends, a line comes, or seconds (0: for ever) are over; tap: an existing device.
 * Prints how often the receive buffers have gone through the memory. 0 or -errno. */
int nf_tap_run(struct nfront *nf, const char *tap, const char *netns, uint64_t seconds);

#endif
