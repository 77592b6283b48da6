/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gate.h - may the workers touch an adapter's rings? Pure.
 *
 * They may while its device is ready *and* the highest start told is above the highest released
 * one; and once they could, they are taken to do so until they are proven quiet.
 */
#ifndef VIOS_NET_GATE_H
#define VIOS_NET_GATE_H

#include <stdbool.h>
#include <stdint.h>

enum gate_state {
	GATE_IDLE,
	GATE_READY,
	GATE_TOLD,
	GATE_LIVE,
	GATE_DRAIN_IDLE,
	GATE_DRAIN_READY,
	GATE_DRAIN_TOLD,
	GATE_DRAIN_BOTH,
	GATE_STATES,
};

enum gate_event {
	GATE_DEVICE_UP,	  /* rte_vhost: rings are set up and started */
	GATE_DEVICE_DOWN, /* rte_vhost: about to tear the device down */
	GATE_AUTHORISED,  /* a start above the highest released one was told */
	GATE_REVOKED,	  /* the highest start told is released */
	GATE_QUIET,	  /* every worker has passed a quiescent point since the last withdrawal */
	GATE_EVENTS,
};

enum gate_action {
	GATE_UNSET, /* a hole in the table: never returned */
	GATE_NOTHING,
	GATE_PUBLISH,  /* put the adapter into the workers' sets */
	GATE_WITHDRAW, /* take it out, then prove quiescence and tell with gate_quiet() */
};

struct gate {
	enum gate_state state;
	uint64_t start;	      /* highest told */
	uint64_t released;    /* highest released */
	uint64_t withdrawals; /* how many so far: tells an old proof from a new one */
};

const char *gate_state_name(enum gate_state state);

/* One cell of the table. */
enum gate_action gate_step(struct gate *gate, enum gate_event event);

/* start: 1 and up. 0, or -ESTALE: not above the highest released one; nothing changed. */
int gate_start(struct gate *gate, uint64_t start, enum gate_action *action);
enum gate_action gate_release(struct gate *gate, uint64_t start);
/* withdrawal: gate->withdrawals as it was when the proof began. An older one proves nothing and is
 * ignored. */
enum gate_action gate_quiet(struct gate *gate, uint64_t withdrawal);

/* The workers cannot touch the rings now, nor before a start above `start` is told. */
bool gate_is_released(const struct gate *gate, uint64_t start);

static inline bool gate_is_draining(const struct gate *gate)
{
	return gate->state >= GATE_DRAIN_IDLE;
}

/* The start under which the rings are served, or 0. */
static inline uint64_t gate_live_start(const struct gate *gate)
{
	return gate->state == GATE_LIVE ? gate->start : 0;
}

#endif
