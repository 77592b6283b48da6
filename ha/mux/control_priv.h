/* SPDX-License-Identifier: BSD-3-Clause */
/* control_priv.h - shared by control.c (viosd, framed) and plane.c (netd, scsid). */
#ifndef VIOS_MUX_CONTROL_PRIV_H
#define VIOS_MUX_CONTROL_PRIV_H

#include "ha/mux/mux.h"
#include "ha/mux/service.h"
#include "vios-core/base/rpc_link.h"

/* What a path's data plane has been told on the present connection. */
struct told {
	uint64_t start, release; /* start numbers */
	uint32_t evictions;
};

/* The data planes of a number (adapter.h), one in each VIOS. */
struct plane {
	struct control *c;
	uint32_t number;
	struct rpc_link link[SELECT_PATHS];
	/* A dead one whose story vios-framed has not told yet; 0: none. */
	struct {
		uint64_t incarnation;
		sd_event_source *timer;
	} untold[SELECT_PATHS];
};

struct control {
	struct mux *m;
	const char *client;
	struct plane plane[ADAPTER_PLANES];
	struct rpc_link viosd[SELECT_PATHS], framed;
	struct told told[MODEL_ADAPTERS_MAX][SELECT_PATHS];
	struct adapter_status status[MODEL_ADAPTERS_MAX]; /* last told to others */
	json_t *quarantine;	   /* as vios-framed said last; NULL: nothing yet */
	sd_event_source *patience; /* while nobody knows the client */
	bool unknown;		   /* a viosd has said so */
	struct service service;
	struct dirwatch *dirs;
};

json_t *control_who(struct control *c); /* we are, for all whom we say hello */
void plane_init(struct control *c, uint32_t number);
void plane_fini(struct plane *p);
void plane_try(struct control *c); /* all that are down */
/* `start` and `release`, as the state wants it. */
void plane_tell(struct control *c, uint32_t adapter, int vios, const struct state *st);
/* The process with this incarnation is dead. */
void plane_died(struct step *s, uint32_t plane, int vios, uint64_t incarnation);
void plane_watch(struct mux *m); /* its pidfds */
bool plane_owns(
	const struct state *st, uint32_t plane, int vios, uint64_t incarnation); /* any rings */

#endif
