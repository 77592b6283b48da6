/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapter.h - a client adapter: the client's session and its paths, one of which may own the rings.
 * Pure: each function is an event with the time; what is to be done comes out as operations on
 * descriptors and, for the control connections, as the state itself:
 *
 *   LIVE                  the data plane is told `start` (once a connection)
 *   STOPPING, LOST        it is asked for `release`
 *   evictions grew        framed is asked to `evict`
 */
#ifndef VIOS_MUX_ADAPTER_H
#define VIOS_MUX_ADAPTER_H

#include "ha/mux/path.h"

#define ADAPTER_AWAITED_MAX 32 /* answers of the live path, before the client is read on */
/* No restart of rings while a client is stopping them one by one. */
#define ADAPTER_TEARDOWN_MS 20
#define ADAPTER_EVICT_AGAIN_MS 1000
#define ADAPTER_HESITATE_MS 20 /* for a better path that is nearly ready */
/* Data planes: 0: the netds, of all Ethernet adapters; 1 + an adapter's place: its scsids. */
#define ADAPTER_PLANES (1 + MODEL_ADAPTERS_MAX)

struct adapter {
	bool used;    /* false: an empty place, without paths and descriptors */
	bool leaving; /* it is to go as soon as nobody owns its rings */
	bool deaf;    /* nobody can listen for its client */
	uint32_t plane;
	struct model_adapter config;
	struct model_profile next; /* counts from the client's next connection on */
	uint32_t hang_ms;
	uint32_t n_paths;
	int preferred;	/* path, or -1 */
	int current;	/* the path that is live, or last was; -1 */
	int pinned;	/* by an operator; -1 */
	bool banned;	/* it has killed data planes: no path may have its rings */
	int listener;	/* slot */
	int region;	/* slot: what is in flight at a scsid (vu_inflight.h); -1: none yet */
	int conn;	/* slot of the client's connection, or -1 */
	uint64_t start; /* the highest ever used */
	uint64_t teardown_until_ns, hesitate_until_ns;
	struct vu_back session;
	struct path path[SELECT_PATHS];
};

/* What the outside is like during a step, and where its effects go. */
struct adapter_context {
	uint64_t now_ns;
	struct keep_ops *ops;
	struct keep_slots *slots;
	bool control_up[ADAPTER_PLANES][SELECT_PATHS];	    /* the data plane has said hello */
	uint64_t incarnation[ADAPTER_PLANES][SELECT_PATHS]; /* of the one there */
	int (*used_idx)(const struct vu_back *s, uint32_t ring, uint16_t *out, void *user);
	void *user;
};

void adapter_client_opened(struct adapter *a, struct adapter_context *c, int slot);
void adapter_client_closed(struct adapter *a, struct adapter_context *c);
/* The descriptors of m are slots; taken ones are set to -1. VU_OK, or the client is to be closed.
 */
enum vu_fault adapter_client_message(
	struct adapter *a, struct adapter_context *c, struct vu_msg *m);
/* May the next message be read? Not while an answer is owed. */
bool adapter_client_ready(const struct adapter *a);

void adapter_path_connected(struct adapter *a, struct adapter_context *c, int p, int slot);
void adapter_path_message(
	struct adapter *a, struct adapter_context *c, int p, const struct vu_msg *m);
/* It said something that is no message, or came from a wrong process. */
void adapter_path_broken(struct adapter *a, struct adapter_context *c, int p, const char *reason);
void adapter_path_hung_up(struct adapter *a, struct adapter_context *c, int p);
void adapter_path_retry(struct adapter *a, struct adapter_context *c, int p);
void adapter_path_state(struct adapter *a, struct adapter_context *c, int p,
	enum model_path_state state, uint64_t generation);

void adapter_control_up(struct adapter *a, struct adapter_context *c, int p);
void adapter_control_lost(struct adapter *a, struct adapter_context *c, int p);
/* netd answered `release` for this start, or a higher one. */
void adapter_released(struct adapter *a, struct adapter_context *c, int p, uint64_t start);
/* The process with this incarnation is dead. */
void adapter_died(struct adapter *a, struct adapter_context *c, int p, uint64_t incarnation);
/* Nobody listens at the VIOS's control socket: so an owner that was never known does not exist. */
void adapter_nobody(struct adapter *a, struct adapter_context *c, int p);

/* vios-framed holds it back or has it in quarantine, or not any more. */
void adapter_ban(struct adapter *a, struct adapter_context *c, bool banned);

/* Orderly move to path `to`. 0 (begun, or nothing to do); else -errno and the sentence why not. */
int adapter_switch(struct adapter *a, struct adapter_context *c, int to, const char **why);
void adapter_tick(struct adapter *a, struct adapter_context *c);
uint64_t adapter_deadline_ns(const struct adapter *a); /* 0: none */

int adapter_live(const struct adapter *a); /* the path in LIVE, or -1 */

#endif
