/* SPDX-License-Identifier: BSD-3-Clause */
/* path.c - what a path sends and wants. Pure; the caller owns the struct and carries out the
 * operations. */
#include "ha/mux/path.h"

#include <errno.h>
#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

_Static_assert(VU_HEADER_BYTES + VU_PAYLOAD_MAX <= KEEP_BYTES_MAX, "a message fits an operation");
_Static_assert(VU_FDS_MAX <= KEEP_FDS_MAX, "and so do its descriptors");

int path_send(struct keep_ops *ops, int slot, const struct vu_msg *m)
{
	struct keep_op *op = keep_send(ops, slot, VU_HEADER_BYTES + m->size_bytes, m->n_fds);

	if (!op)
		return -ENOBUFS;
	vu_msg_header_put(m, op->bytes);
	memcpy(op->bytes + VU_HEADER_BYTES, m->payload, m->size_bytes);
	for (uint32_t i = 0; i < m->n_fds; i++)
		op->slots[i] = m->fds[i];
	return 0;
}

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
