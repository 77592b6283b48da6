/* SPDX-License-Identifier: BSD-3-Clause */
/* vu_profile.h - an adapter's profile as the two ends of vhost-user take it. Pure. */
#ifndef VIOS_VHOSTUSER_VU_PROFILE_H
#define VIOS_VHOSTUSER_VU_PROFILE_H

#include "vios-core/model/frame_config.h"
#include "vios-core/vhostuser/vu_back.h"
#include "vios-core/vhostuser/vu_front.h"

/* Ethernet: two a queue pair. SCSI: control, event, and a request queue for each "pair". */
uint32_t vu_profile_rings(enum model_adapter_type type, const struct model_profile *profile);
/* What its client is offered. */
struct vu_back_offer vu_profile_offer(const struct model_adapter *adapter);
/* What a back end must have to serve it. */
struct vu_front_want vu_profile_want(const struct model_adapter *adapter);

#endif
