/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace.h - one adapter's frames, both ways, into a capture file, for a bounded time and size. The
 * data path copies into a ring and never waits; a thread of its own writes. Edge: mbuf, thread,
 * file.
 */
#ifndef VIOS_NET_TRACE_H
#define VIOS_NET_TRACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct netd;
struct plane;
struct rpc_call;
struct rte_mbuf;
struct trace;

#define TRACE_SECONDS_MAX 3600
#define TRACE_MIB_MAX 1024
#define TRACE_SECONDS 30
#define TRACE_MIB 16

/* Main thread. `trace`: params adapter, seconds, size_mib; or stop: true; or nothing: how it is. */
void trace_call(struct netd *netd, struct rpc_call *call, const json_t *params);
/* What runs, or ran last; null: none has. */
json_t *trace_json(struct netd *netd);
/* From time to time: what has ended goes. */
void trace_settle(struct netd *netd);
void trace_stop(struct netd *netd);

/* One above the port that is traced; 0: none. */
uint32_t trace_traced(void);
/* Data path, for that port only, in the round that began with it. edits: what becomes of their
 * tags, or NULL. */
void trace_frames(struct plane *plane, unsigned worker, struct rte_mbuf **frames,
	const uint32_t *edits, unsigned n);

#endif
