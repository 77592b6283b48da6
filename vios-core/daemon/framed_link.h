/* SPDX-License-Identifier: BSD-3-Clause */
/* framed_link.h - viosd's connection to vios-framed, which may come and go at any time. */
#ifndef VIOS_DAEMON_FRAMED_LINK_H
#define VIOS_DAEMON_FRAMED_LINK_H

#include "vios-core/base/rpc.h"
#include "vios-core/daemon/inventory.h"
#include "vios-core/daemon/plane.h"

struct framed_link;

struct framed_events {
	void (*connected)(void *user); /* time to register what runs */
	void (*lost)(void *user);      /* calls that were open have failed before */
	void (*dead)(const char *vios, const char *incarnation, void *user);
	/* Hostile strings; ms as the report means it. */
	void (*suspect)(const char *vios, const char *incarnation, const char *report, long long ms,
		void *user);
	/* inventory_quarantine()'s note, hostile; borrowed. */
	void (*quarantine)(json_t *note, void *user);
	/* It will not watch this one. */
	void (*unwatched)(const char *plane, const char *reason, void *user);
};

/* Connects from the loop, at once and then every 250 ms to 1 s. 0, -errno; -ENAMETOOLONG. */
int framed_link_new(sd_event *ev, const char *run, const struct framed_events *events, void *user,
	struct framed_link **out);
void framed_link_free(struct framed_link *link);
bool framed_link_connected(const struct framed_link *link);

/* Nothing happens while disconnected: connected() is the time to do it again. */
void framed_link_register(struct framed_link *link, const char *vios, const char *plane,
	const struct plane_process *process);

/* Tells it what the adapters are called; as above. */
void framed_link_adapters(struct framed_link *link, const struct inventory *inventory);

/* Any other call: as rpc_call_send() with a time limit; -ENOTCONN while disconnected. params:
 * ownership moves. */
int framed_link_call(struct framed_link *link, const char *method, json_t *params,
	rpc_answer_fn *fn, void *user);
/* Passes a request on and answers it with what vios-framed answers. params: ownership moves. */
void framed_link_forward(
	struct framed_link *link, struct rpc_call *call, const char *method, json_t *params);

#endif
