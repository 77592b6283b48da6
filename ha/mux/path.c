/* SPDX-License-Identifier: BSD-3-Clause */
/* path.c - a path's beginning, and what it needs. Pure; the caller owns the struct. */
#include "ha/mux/path.h"

#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

void path_init(struct path *p)
{
	memset(p, 0, sizeof(*p));
	p->conn = -1;
}

struct vu_front_want path_want(const struct model_profile *profile)
{
	return (struct vu_front_want){
		.virtio_features = profile->virtio_features,
		.protocol_features = profile->protocol_features |
				     (profile->queue_pairs > 1 ? BIT(VU_PROTOCOL_MQ) : 0),
		.queues = profile->queue_pairs,
	};
}
