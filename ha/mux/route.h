/* SPDX-License-Identifier: BSD-3-Clause */
/* route.h - the inner half of adapter.h: who gets the rings, and what each path is told. Pure. */
#ifndef VIOS_MUX_ROUTE_H
#define VIOS_MUX_ROUTE_H

#include "ha/mux/adapter.h"
#include "vios-core/vhostuser/vu_keep.h"

#define ADAPTER_MS(ms) ((uint64_t)(ms)*1000000u)

/* How long a path that owns rings may take for an answer. */
uint64_t route_limit_ns(const struct adapter *a);
/* The ways to the client and to a path, for vu_back.h and vu_feed.h. */
void route_to_client(struct vu_keep *way, struct adapter *a, struct adapter_context *c);
void route_to_path(struct vu_keep *way, struct adapter *a, int i, struct adapter_context *c);

/* The path's reason, for people. */
void route_explain(struct path *p, const char *why);
void route_event(struct adapter *a, struct adapter_context *c, int i, enum select_event event);
void route_settle(struct adapter *a, struct adapter_context *c);
int route_owner(const struct adapter *a); /* the path that may touch the rings, or -1 */

#endif
