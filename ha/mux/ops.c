/* SPDX-License-Identifier: BSD-3-Clause */
/* ops.c - collects the operations of a step and hands out slots. Pure; owns nothing. */
#include "ha/mux/ops.h"

#include <errno.h>
#include <string.h>

int ops_slot_alloc(struct ops_slots *slots)
{
	for (int i = 0; i < OPS_SLOTS; i++) {
		if (!slots->used[i]) {
			slots->used[i] = 1;
			return i;
		}
	}
	return -EMFILE;
}

static struct op *add(struct ops *ops, enum ops_kind kind, int slot)
{
	struct op *op;

	if (ops->n >= OPS_MAX) {
		ops->overflow = 1;
		return NULL;
	}
	op = &ops->op[ops->n++];
	op->kind = kind;
	op->slot = slot;
	op->len_bytes = 0;
	op->n_slots = 0;
	op->n_fds = 0;
	return op;
}

int ops_send(struct ops *ops, int slot, const struct vu_msg *m)
{
	struct op *op = ops->n < OPS_SENDS_MAX ? add(ops, OPS_SEND, slot) : NULL;

	if (!op)
		return -ENOBUFS;
	vu_msg_header_put(m, op->bytes);
	memcpy(op->bytes + VU_HEADER_BYTES, m->payload, m->size_bytes);
	op->len_bytes = VU_HEADER_BYTES + m->size_bytes;
	for (uint32_t i = 0; i < m->n_fds; i++)
		op->slots[op->n_slots++] = m->fds[i];
	return 0;
}

void ops_consume(struct ops *ops, int slot, uint32_t len_bytes, uint32_t n_fds)
{
	struct op *op = add(ops, OPS_CONSUME, slot);

	if (op) {
		op->len_bytes = len_bytes;
		op->n_fds = n_fds;
	}
}

void ops_signal(struct ops *ops, int slot)
{
	if (slot >= 0)
		add(ops, OPS_SIGNAL, slot);
}

void ops_accept(struct ops *ops, int listener, int into)
{
	struct op *op = add(ops, OPS_ACCEPT, listener);

	if (op) {
		op->slots[0] = into;
		op->n_slots = 1;
	}
}

void ops_drop(struct ops *ops, struct ops_slots *slots, int *slot)
{
	if (*slot < 0)
		return;
	add(ops, OPS_DROP, *slot);
	slots->used[*slot] = 0;
	*slot = -1;
}

bool ops_valid(const struct op *op)
{
	if (op->kind >= OPS_KIND_END || op->slot < 0 || op->slot >= OPS_SLOTS)
		return false;
	if (op->len_bytes > OPS_BYTES_MAX || op->n_slots > VU_FDS_MAX)
		return false;
	for (uint32_t i = 0; i < op->n_slots; i++)
		if (op->slots[i] < 0 || op->slots[i] >= OPS_SLOTS)
			return false;
	return op->kind != OPS_ACCEPT || op->n_slots == 1;
}
