/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state machine in front of an adapter's rings. Pure: the caller (adapters.c) serialises the
 * calls, carries out the actions and owns the gate.
 *
 *                 AUTHORISED                               The same four with workers not yet
 * proven IDLE ------------------> TOLD                     quiet: |  <------------------   | |
 * REVOKED         |                         DRAIN_IDLE --- DRAIN_TOLD UP  |  DOWN              UP
 * | (publish)                   |              | v      AUTHORISED        v DRAIN_READY --
 * DRAIN_BOTH READY ------------------> LIVE (publish)         |                       moved through
 * by the same events, left by | DOWN, REVOKED         QUIET to IDLE, TOLD, READY, and from BOTH v
 * (withdraw)            to LIVE (publish) DRAIN_TOLD, DRAIN_READY
 */
#include "net/gate.h"

#include <errno.h>

struct cell {
	enum gate_state next;
	enum gate_action action;
};

#define STAY(state)                                                                                \
	{                                                                                          \
		state, GATE_NOTHING                                                                \
	}
#define GO(state)                                                                                  \
	{                                                                                          \
		state, GATE_NOTHING                                                                \
	}

static const struct cell table[GATE_STATES][GATE_EVENTS] =
	{
		[GATE_IDLE] =
			{
				[GATE_DEVICE_UP] = GO(GATE_READY),
				[GATE_DEVICE_DOWN] = STAY(GATE_IDLE),
				[GATE_AUTHORISED] = GO(GATE_TOLD),
				[GATE_REVOKED] = STAY(GATE_IDLE),
				[GATE_QUIET] = STAY(GATE_IDLE),
			},
		[GATE_READY] =
			{
				[GATE_DEVICE_UP] = STAY(GATE_READY),
				[GATE_DEVICE_DOWN] = GO(GATE_IDLE),
				[GATE_AUTHORISED] = {GATE_LIVE, GATE_PUBLISH},
				[GATE_REVOKED] = STAY(GATE_READY),
				[GATE_QUIET] = STAY(GATE_READY),
			},
		[GATE_TOLD] =
			{
				[GATE_DEVICE_UP] = {GATE_LIVE, GATE_PUBLISH},
				[GATE_DEVICE_DOWN] = STAY(GATE_TOLD),
				[GATE_AUTHORISED] = STAY(GATE_TOLD),
				[GATE_REVOKED] = GO(GATE_IDLE),
				[GATE_QUIET] = STAY(GATE_TOLD),
			},
		[GATE_LIVE] =
			{
				[GATE_DEVICE_UP] = STAY(GATE_LIVE),
				[GATE_DEVICE_DOWN] = {GATE_DRAIN_TOLD, GATE_WITHDRAW},
				[GATE_AUTHORISED] = STAY(GATE_LIVE),
				[GATE_REVOKED] = {GATE_DRAIN_READY, GATE_WITHDRAW},
				[GATE_QUIET] = STAY(GATE_LIVE),
			},
		[GATE_DRAIN_IDLE] =
			{
				[GATE_DEVICE_UP] = GO(GATE_DRAIN_READY),
				[GATE_DEVICE_DOWN] = STAY(GATE_DRAIN_IDLE),
				[GATE_AUTHORISED] = GO(GATE_DRAIN_TOLD),
				[GATE_REVOKED] = STAY(GATE_DRAIN_IDLE),
				[GATE_QUIET] = GO(GATE_IDLE),
			},
		[GATE_DRAIN_READY] =
			{
				[GATE_DEVICE_UP] = STAY(GATE_DRAIN_READY),
				[GATE_DEVICE_DOWN] = GO(GATE_DRAIN_IDLE),
				[GATE_AUTHORISED] = GO(GATE_DRAIN_BOTH),
				[GATE_REVOKED] = STAY(GATE_DRAIN_READY),
				[GATE_QUIET] = GO(GATE_READY),
			},
		[GATE_DRAIN_TOLD] =
			{
				[GATE_DEVICE_UP] = GO(GATE_DRAIN_BOTH),
				[GATE_DEVICE_DOWN] = STAY(GATE_DRAIN_TOLD),
				[GATE_AUTHORISED] = STAY(GATE_DRAIN_TOLD),
				[GATE_REVOKED] = GO(GATE_DRAIN_IDLE),
				[GATE_QUIET] = GO(GATE_TOLD),
			},
		[GATE_DRAIN_BOTH] =
			{
				[GATE_DEVICE_UP] = STAY(GATE_DRAIN_BOTH),
				[GATE_DEVICE_DOWN] = GO(GATE_DRAIN_TOLD),
				[GATE_AUTHORISED] = STAY(GATE_DRAIN_BOTH),
				[GATE_REVOKED] = GO(GATE_DRAIN_READY),
				[GATE_QUIET] = {GATE_LIVE, GATE_PUBLISH},
			},
};

const char *gate_state_name(enum gate_state state)
{
	static const char *const names[GATE_STATES] = {
		[GATE_IDLE] = "idle",
		[GATE_READY] = "ready",
		[GATE_TOLD] = "told",
		[GATE_LIVE] = "live",
		[GATE_DRAIN_IDLE] = "drain-idle",
		[GATE_DRAIN_READY] = "drain-ready",
		[GATE_DRAIN_TOLD] = "drain-told",
		[GATE_DRAIN_BOTH] = "drain-both",
	};

	return state < GATE_STATES ? names[state] : "unknown";
}

enum gate_action gate_step(struct gate *gate, enum gate_event event)
{
	const struct cell *cell = &table[gate->state][event];

	gate->state = cell->next;
	if (cell->action == GATE_WITHDRAW)
		gate->withdrawals++;
	return cell->action;
}

int gate_start(struct gate *gate, uint64_t start, enum gate_action *action)
{
	*action = GATE_NOTHING;
	if (start <= gate->released)
		return -ESTALE;
	if (start > gate->start)
		gate->start = start;
	*action = gate_step(gate, GATE_AUTHORISED);
	return 0;
}

enum gate_action gate_release(struct gate *gate, uint64_t start)
{
	if (start > gate->released)
		gate->released = start;
	if (gate->start > gate->released)
		return GATE_NOTHING;
	return gate_step(gate, GATE_REVOKED);
}

enum gate_action gate_quiet(struct gate *gate, uint64_t withdrawal)
{
	if (withdrawal != gate->withdrawals)
		return GATE_NOTHING;
	return gate_step(gate, GATE_QUIET);
}

bool gate_is_released(const struct gate *gate, uint64_t start)
{
	if (gate_is_draining(gate))
		return false;
	return gate->released >= start;
}
