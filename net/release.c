/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers `release` when it is true. Workers pass a quiescent point within microseconds, so the
 * first looks come at once, giving the processor away in between; what takes longer is looked at by
 * a timer, and the loop goes on. Main thread; a pending release owns its call.
 */
#include "net/netd.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/base/log.h"

#define LOOKS_AT_ONCE 16
#define LOOK_AGAIN_US 200

struct pending_release {
	struct pending_release *next;
	struct rpc_call *call;
	uint64_t start;
	char adapter[ADAPTER_NAME_MAX + 1];
};

static void answer(struct rpc_call *call, const char *adapter, uint64_t start)
{
	rpc_reply(call, json_pack("{s:s, s:I}", "adapter", adapter, "start", (json_int_t)start),
		NULL, 0);
}

static void look(struct netd *netd)
{
	struct pending_release **at = &netd->pending;

	while (*at) {
		struct pending_release *p = *at;

		if (adapters_released(netd->adapters, p->adapter, p->start)) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		answer(p->call, p->adapter, p->start);
		free(p);
	}
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
	struct netd *netd = user;

	look(netd);
	if (!netd->pending)
		return 0;
	sd_event_source_set_time_relative(source, LOOK_AGAIN_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int arm_timer(struct netd *netd)
{
	if (!netd->release_timer)
		return sd_event_add_time_relative(netd->ev, &netd->release_timer, CLOCK_MONOTONIC,
			LOOK_AGAIN_US, 1, on_timer, netd);
	sd_event_source_set_time_relative(netd->release_timer, LOOK_AGAIN_US);
	return sd_event_source_set_enabled(netd->release_timer, SD_EVENT_ONESHOT);
}

void release_call(struct netd *netd, struct rpc_call *call, const char *adapter, uint64_t start)
{
	int rc = adapters_release(netd->adapters, adapter, start);
	struct pending_release *p;

	for (unsigned i = 0; rc && i < LOOKS_AT_ONCE; i++) {
		sched_yield();
		rc = adapters_released(netd->adapters, adapter, start);
	}
	if (!rc) {
		answer(call, adapter, start);
		return;
	}
	p = calloc(1, sizeof(*p));
	if (!p || arm_timer(netd) < 0) {
		free(p);
		rpc_fail(call, RPC_INTERNAL, "adapter %.64s: no memory to wait for its workers",
			adapter);
		return;
	}
	p->call = call;
	p->start = start;
	strncpy(p->adapter, adapter, ADAPTER_NAME_MAX);
	p->next = netd->pending;
	netd->pending = p;
}

void release_stop(struct netd *netd)
{
	while (netd->pending) {
		struct pending_release *p = netd->pending;

		netd->pending = p->next;
		rpc_fail(p->call, RPC_UNAVAILABLE, "adapter %s: vios-netd ends", p->adapter);
		free(p);
	}
	netd->release_timer = sd_event_source_disable_unref(netd->release_timer);
}
