/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a target that died had begun, and must not be done twice (DESIGN, *Storage*): COMPARE AND
 * WRITE, changes of reservations, and ORWRITE where others write between the two. Their outcome is
 * kept (outcome.h) before they are answered. again_begin() and again_keep() run on whichever thread
 * has the request; the rest is the worker's.
 */
#include "storage/again.h"

#include "storage/fault.h"
#include "storage/worker_private.h"

static uint64_t counter_of(const struct request *r)
{
	return inflight_counter(&r->queue->inflight, r->chain.head);
}

void again_begin(struct request *r)
{
	if (r->queue->outcomes.at)
		outcome_begin(
			&r->queue->outcomes, r->chain.head, counter_of(r), (uint8_t)r->scsi.plan);
	fault_trace(r, true);
	fault_point(FAULT_BEGUN);
}

void again_keep(struct request *r, uint8_t result, uint64_t where)
{
	struct outcome begun;

	if (again_find(r, &begun) != OUTCOME_BEGUN)
		return;
	fault_point(FAULT_DONE);
	if (r->queue->outcomes.at)
		outcome_keep(&r->queue->outcomes, r->chain.head, counter_of(r), result, where);
	fault_point(FAULT_KEPT);
}

enum outcome_state again_find(const struct request *r, struct outcome *out)
{
	unsigned results = r->scsi.plan == SCSI_RESERVE ? RESERVATION_FULL + 1 : SCSI_IOS;
	enum outcome_state state;

	if (!r->queue->outcomes.at)
		return OUTCOME_BEGUN;
	state = outcome_find(
		&r->queue->outcomes, r->chain.head, counter_of(r), (uint8_t)r->scsi.plan, out);
	return state == OUTCOME_KEPT && out->result >= results ? OUTCOME_BEGUN : state;
}

bool again_may_run(const struct request *r)
{
	struct outcome kept;

	switch (r->scsi.plan) {
	case SCSI_ORWRITE: /* twice is as good as once, if nobody takes bits away meanwhile */
		if (!r->unit->shared)
			return true;
		break;
	case SCSI_COMPARE_AND_WRITE:
	case SCSI_RESERVE:
		break;
	default:
		return true;
	}
	return again_find(r, &kept) == OUTCOME_NONE;
}
