/* SPDX-License-Identifier: BSD-3-Clause */
/* keep_ops.c - collects the operations of a step and hands out slots. Pure; owns nothing. */
#include "vios-core/base/keep_ops.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

int keep_slot_alloc(struct keep_slots *slots)
{
	for (int i = 0; i < KEEP_SLOTS; i++) {
		if (!slots->used[i]) {
			slots->used[i] = 1;
			return i;
		}
	}
	return -EMFILE;
}

static struct keep_op *add(struct keep_ops *ops, enum keep_kind kind, int slot)
{
	struct keep_op *op;

	if (ops->n >= KEEP_OPS_MAX) {
		ops->overflow = 1;
		return NULL;
	}
	op = &ops->op[ops->n++];
	op->kind = kind;
	op->slot = slot;
	op->len_bytes = 0;
	op->n_fds = 0;
	return op;
}

struct keep_op *keep_send(struct keep_ops *ops, int slot, uint32_t len_bytes, uint32_t n_fds)
{
	struct keep_op *op;

	if (ops->n >= KEEP_SENDS_MAX || len_bytes > KEEP_BYTES_MAX || n_fds > KEEP_FDS_MAX)
		return NULL;
	op = add(ops, KEEP_SEND, slot);
	op->len_bytes = len_bytes;
	op->n_fds = n_fds;
	return op;
}

void keep_consume(struct keep_ops *ops, int slot, uint32_t len_bytes, uint32_t n_fds)
{
	struct keep_op *op = add(ops, KEEP_CONSUME, slot);

	if (!op)
		return;
	op->len_bytes = len_bytes;
	op->n_fds = n_fds;
}

void keep_signal(struct keep_ops *ops, int slot)
{
	if (slot >= 0)
		add(ops, KEEP_SIGNAL, slot);
}

void keep_accept(struct keep_ops *ops, int listener, int into)
{
	struct keep_op *op = add(ops, KEEP_ACCEPT, listener);

	if (!op)
		return;
	op->slots[0] = into;
	op->n_fds = 1;
}

void keep_zero(struct keep_ops *ops, int slot, uint64_t offset, uint64_t len_bytes)
{
	struct keep_op *op = add(ops, KEEP_ZERO, slot);

	if (!op)
		return;
	memcpy(op->bytes, &offset, sizeof(offset));
	memcpy(op->bytes + sizeof(offset), &len_bytes, sizeof(len_bytes));
}

void keep_drop(struct keep_ops *ops, struct keep_slots *slots, int *slot)
{
	if (*slot < 0)
		return;
	add(ops, KEEP_DROP, *slot);
	slots->used[*slot] = 0;
	*slot = -1;
}

bool keep_op_valid(const struct keep_op *op)
{
	const bool has_slots = op->kind == KEEP_SEND || op->kind == KEEP_ACCEPT;

	if (op->kind >= KEEP_KIND_END || op->slot < 0 || op->slot >= KEEP_SLOTS)
		return false;
	if (op->len_bytes > KEEP_BYTES_MAX || op->n_fds > KEEP_FDS_MAX)
		return false;
	for (uint32_t i = 0; has_slots && i < op->n_fds; i++)
		if (op->slots[i] < 0 || op->slots[i] >= KEEP_SLOTS)
			return false;
	return op->kind != KEEP_ACCEPT || op->n_fds == 1;
}
