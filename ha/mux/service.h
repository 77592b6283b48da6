/* SPDX-License-Identifier: BSD-3-Clause */
/* service.h - the mux's own control socket, and orderly switches for whoever asks. */
#ifndef VIOS_MUX_SERVICE_H
#define VIOS_MUX_SERVICE_H

#include "ha/mux/mux.h"
#include "vios-core/base/rpc.h"

/* A switch that goes on. */
struct move {
	struct service *sv;
	struct rpc_call *call; /* NULL: none */
	uint32_t adapter;
	int from, to;
	size_t stage;	/* index into service.c's hints; N_HINTS: the rings move */
	uint64_t asked; /* number of the hint that is not answered yet; 0: none */
	sd_event_source *timer;
};

struct service {
	struct mux *m;
	struct rpc_server *server;
	uint64_t hints; /* so many have been given */
	struct move move[MODEL_ADAPTERS_MAX];
};

int service_open(struct service *sv); /* m is set. -errno: one line has been written */
void service_close(struct service *sv);
/* Answers call when the adapter has moved, or cannot. */
void service_switch(struct service *sv, struct rpc_call *call, json_t *params);
void service_refresh(struct service *sv);		   /* after a step */
void service_forget(struct service *sv, uint32_t adapter); /* it goes: ends its switch */
/* The answer to control_hint(). */
void service_heard(struct service *sv, uint32_t adapter, uint64_t number);

#endif
