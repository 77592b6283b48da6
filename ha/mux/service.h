/* SPDX-License-Identifier: BSD-3-Clause */
/* service.h - the mux's own control socket, and orderly switches for whoever asks. */
#ifndef VIOS_MUX_SERVICE_H
#define VIOS_MUX_SERVICE_H

#include "ha/mux/mux.h"
#include "vios-core/base/rpc.h"

struct service;

struct service *service_new(struct mux *m);
int service_open(struct service *sv); /* -errno: one line has been written */
void service_free(struct service *sv);
/* Answers call when the adapter has moved, or cannot. */
void service_switch(struct service *sv, struct rpc_call *call, json_t *params);
void service_refresh(struct service *sv);		   /* after a step */
void service_forget(struct service *sv, uint32_t adapter); /* it goes: ends its switch */
/* The answer to control_hint(). */
void service_heard(struct service *sv, uint32_t adapter, uint64_t number);

#endif
