/* SPDX-License-Identifier: BSD-3-Clause */
/* vu_keep.c - messages, signals and closed descriptors as operations of a step. Pure; the caller
 * owns them all and carries them out. */
#include "vios-core/vhostuser/vu_keep.h"

#include <errno.h>
#include <string.h>

_Static_assert(VU_HEADER_BYTES + VU_PAYLOAD_MAX <= KEEP_BYTES_MAX, "a message fits an operation");
_Static_assert(VU_FDS_MAX <= KEEP_FDS_MAX, "and so do its descriptors");

static int emit(const struct vu_msg *m, void *user)
{
	const struct vu_keep *way = user;
	struct keep_op *op =
		keep_send(way->ops, way->slot, VU_HEADER_BYTES + m->size_bytes, m->n_fds);

	if (!op)
		return -ENOBUFS;
	vu_msg_header_put(m, op->bytes);
	memcpy(op->bytes + VU_HEADER_BYTES, m->payload, m->size_bytes);
	for (uint32_t i = 0; i < m->n_fds; i++)
		op->slots[i] = m->fds[i];
	return 0;
}

static void send_client(const struct vu_msg *m, void *user)
{
	emit(m, user); /* a step answers once: there is always room */
}

static void drop_slot(int slot, void *user)
{
	struct vu_keep *way = user;

	keep_drop(way->ops, way->slots, &slot);
}

static void signal_slot(int slot, void *user)
{
	keep_signal(((struct vu_keep *)user)->ops, slot);
}

static int used_idx(const struct vu_back *b, uint32_t ring, uint16_t *out, void *user)
{
	struct vu_keep *way = user;

	return way->used_idx(b, ring, out, way->user);
}

static void clear(int region, uint64_t offset, uint64_t len_bytes, void *user)
{
	keep_zero(((struct vu_keep *)user)->ops, region, offset, len_bytes);
}

void vu_keep_init(struct vu_keep *way, struct keep_ops *ops, struct keep_slots *slots, int slot)
{
	*way = (struct vu_keep){.ops = ops,
		.slots = slots,
		.slot = slot,
		.client = {send_client, drop_slot, way},
		.path = {.emit = emit,
			.signal = signal_slot,
			.used_idx = used_idx,
			.region = -1,
			.clear = clear,
			.user = way}};
}
