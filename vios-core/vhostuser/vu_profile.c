/* SPDX-License-Identifier: BSD-3-Clause */
/* vu_profile.c - an adapter's profile as the two ends of vhost-user take it. Pure; owns nothing. */
#include "vios-core/vhostuser/vu_profile.h"

#include "vios-core/vhostuser/vu_scsi.h"

#define TRANSMIT_RINGS UINT64_C(0xaaaaaaaaaaaaaaaa) /* virtio 1.2, 5.1.2: the odd ones */
#define BIT(n) (UINT64_C(1) << (n))

/* What each type of device has beside what its profile says. */
static const struct device {
	uint32_t fixed_rings, rings_a_queue;
	uint64_t always, never; /* protocol features towards a client */
	uint64_t needed;	/* of a back end */
	uint64_t drained_rings;
	bool mtu, scsi_config;
} devices[] = {
	[MODEL_ETHERNET] = {.rings_a_queue = 2, .drained_rings = TRANSMIT_RINGS, .mtu = true},
	/* The region of requests in flight is the mux's, whatever its client can. */
	[MODEL_SCSI] = {.fixed_rings = VU_SCSI_FIXED_QUEUES,
		.rings_a_queue = 1,
		.always = BIT(VU_PROTOCOL_MQ) | BIT(VU_PROTOCOL_CONFIG),
		.never = BIT(VU_PROTOCOL_INFLIGHT_SHMFD),
		.needed = BIT(VU_PROTOCOL_MQ) | BIT(VU_PROTOCOL_INFLIGHT_SHMFD),
		.scsi_config = true},
};

_Static_assert(VU_SCSI_CONFIG_BYTES <= VU_BACK_CONFIG_MAX, "the configuration space fits");
_Static_assert(VU_SCSI_FIXED_QUEUES + MODEL_QUEUE_PAIRS_MAX <= VU_RINGS_MAX, "so do the rings");

uint32_t vu_profile_rings(enum model_adapter_type type, const struct model_profile *profile)
{
	return devices[type].fixed_rings + devices[type].rings_a_queue * profile->queue_pairs;
}

struct vu_back_offer vu_profile_offer(const struct model_adapter *adapter)
{
	const struct model_profile *profile = &adapter->profile;
	const struct device *device = &devices[adapter->type];
	struct vu_back_offer offer = {
		.virtio_features = profile->virtio_features,
		.protocol_features = (profile->protocol_features | device->always) & ~device->never,
		.queues = device->fixed_rings + profile->queue_pairs,
		.ring_size_max = profile->ring_size,
		.mtu_max = device->mtu ? profile->mtu : 0,
		.drained_rings = device->drained_rings,
	};

	if (device->scsi_config) {
		vu_scsi_config(profile->queue_pairs, offer.config);
		offer.config_bytes = VU_SCSI_CONFIG_BYTES;
	}
	return offer;
}

struct vu_front_want vu_profile_want(const struct model_adapter *adapter)
{
	const struct model_profile *profile = &adapter->profile;
	const struct device *device = &devices[adapter->type];

	return (struct vu_front_want){
		.virtio_features = profile->virtio_features,
		.protocol_features = profile->protocol_features | device->needed |
				     (profile->queue_pairs > 1 ? BIT(VU_PROTOCOL_MQ) : 0),
		.queues = device->fixed_rings + profile->queue_pairs,
	};
}
