/* SPDX-License-Identifier: BSD-3-Clause */
/* vu_explain.h - faults of either side in words for an operator, with what to do. Pure. */
#ifndef VIOS_VHOSTUSER_VU_EXPLAIN_H
#define VIOS_VHOSTUSER_VU_EXPLAIN_H

#include "vios-core/vhostuser/vu_front.h"

#include <stddef.h>

/* Why a client's message is refused. Fits 160 bytes. */
void vu_explain_message(const struct vu_msg *m, enum vu_fault fault, char *out, size_t size);
/* Why a back end is of no use: an event of kind REFUSED or BROKEN, and what was wanted. Fits 192
 * bytes. */
void vu_explain_event(const struct vu_front_event *event, const struct vu_front_want *want,
	char *out, size_t size);

#endif
