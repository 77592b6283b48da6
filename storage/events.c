/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The event queue (virtio 1.2, 5.6.6.3): the client is told of LUNs that came or went and of new
 * sizes. A buffer is taken only when there is an event for it; without one the event waits, one of
 * a kind for each LUN, so nothing is ever missed. The worker's.
 */
#include "storage/worker_private.h"

#define F_HOTPLUG 1
#define F_CHANGE 2

void events_add(struct worker *w, unsigned lun, uint8_t what)
{
	/* A LUN that goes and comes is told as both, in the order of events_send(). */
	w->events[lun] |= what;
	w->has_events = true;
}

static bool send(struct worker *w, unsigned lun, uint32_t event, uint32_t reason)
{
	struct queue *q = &w->queue[VS_EVENT_QUEUE];
	uint8_t wire[VS_EVENT_BYTES];
	struct request *r = queue_take(q);

	if (!r)
		return false;
	vs_event_put(event, (uint16_t)lun, reason, wire);
	if (r->chain.in_bytes < sizeof(wire)) {
		q->ring.broken = true;
		queue_give(r, 0);
		return false;
	}
	iov_write(r->chain.iov + r->chain.n_out, r->chain.n_in, 0, wire, sizeof(wire));
	queue_give(r, sizeof(wire));
	return true;
}

static bool send_kind(struct worker *w, unsigned lun, uint8_t what, unsigned feature,
	uint32_t event, uint32_t reason)
{
	if (!(w->events[lun] & what))
		return true;
	if ((w->region.features >> feature & 1) && !send(w, lun, event, reason))
		return false;
	w->events[lun] &= (uint8_t)~what;
	return true;
}

void events_send(struct worker *w)
{
	if (!w->has_events || w->queue[VS_EVENT_QUEUE].state != QUEUE_ON)
		return;
	for (unsigned i = 0; i < VS_LUNS; i++)
		if (!send_kind(w, i, EVENT_REMOVED, F_HOTPLUG, VS_EVENT_TRANSPORT_RESET,
			    VS_REASON_REMOVED) ||
			!send_kind(w, i, EVENT_ADDED, F_HOTPLUG, VS_EVENT_TRANSPORT_RESET,
				VS_REASON_RESCAN) ||
			!send_kind(w, i, EVENT_CAPACITY, F_CHANGE, VS_EVENT_PARAMETERS,
				VS_REASON_CAPACITY))
			return;
	w->has_events = false;
}
