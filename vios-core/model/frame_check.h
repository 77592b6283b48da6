/* SPDX-License-Identifier: BSD-3-Clause */
/* frame_check.h - private to vios-core/model: what must hold between the members of a frame. Pure.
 */
#ifndef VIOS_MODEL_FRAME_CHECK_H
#define VIOS_MODEL_FRAME_CHECK_H

#include <stddef.h>

struct model_client;
struct model_frame;
struct schema;

/* Adds a fault for each rule that is broken; members that were refused (zero) are passed over.
 * 0, or -ENOMEM. */
int frame_check(const struct model_frame *frame, struct schema *s);
/* Of one client alone, at the present path. */
void frame_check_client(const struct model_client *client, struct schema *s);

#endif
