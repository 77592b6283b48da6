/* SPDX-License-Identifier: BSD-3-Clause */
/* vu_profile.c - an adapter's profile as the two ends of vhost-user take it. Pure; owns nothing. */
#include "vios-core/vhostuser/vu_profile.h"

#define TRANSMIT_RINGS UINT64_C(0xaaaaaaaaaaaaaaaa) /* virtio 1.2, 5.1.2: the odd ones */
#define BIT(n) (UINT64_C(1) << (n))

struct vu_back_offer vu_profile_offer(const struct model_adapter *adapter)
{
	const struct model_profile *profile = &adapter->profile;

	return (struct vu_back_offer){
		.virtio_features = profile->virtio_features,
		.protocol_features = profile->protocol_features,
		.queues = profile->queue_pairs,
		.ring_size_max = profile->ring_size,
		.mtu_max = profile->mtu,
		.drained_rings = adapter->type == MODEL_ETHERNET ? TRANSMIT_RINGS : 0,
	};
}

struct vu_front_want vu_profile_want(const struct model_profile *profile)
{
	return (struct vu_front_want){
		.virtio_features = profile->virtio_features,
		.protocol_features = profile->protocol_features |
				     (profile->queue_pairs > 1 ? BIT(VU_PROTOCOL_MQ) : 0),
		.queues = profile->queue_pairs,
	};
}
