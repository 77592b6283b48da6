/* SPDX-License-Identifier: BSD-3-Clause */
/* frame_check.h - private to vios-core/model: what must hold between the members of a frame. Pure.
 */
#ifndef VIOS_MODEL_FRAME_CHECK_H
#define VIOS_MODEL_FRAME_CHECK_H

struct model_frame;
struct schema;

/* Adds a fault for each rule that is broken; members that were refused (zero) are passed over.
 * 0, or -ENOMEM. */
int frame_check(const struct model_frame *frame, struct schema *s);

#endif
