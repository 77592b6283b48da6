/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers `release`, `prepare`, `yield` and `expect` when it is true. Workers pass a quiescent
 * point within microseconds, so the first looks come at once, giving the processor away in between;
 * what takes longer is looked at by a timer, and the loop goes on. Main thread; what is pending
 * owns its call.
 */
#include "net/netd.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "net/vhost.h"
#include "net/worker.h"
#include "vios-core/base/log.h"
#include "vios-core/base/priority.h"
#include "vios-core/base/retimer.h"

#define LOOKS_AT_ONCE 16
#define LOOK_AGAIN_US 200
#define HURRY_US 100000
#define HURRY_WORKERS_US 30000	 /* they poll: not for longer than it takes to catch up */
#define HURRIED_EVERY_US 1000000 /* by starts that nobody has announced */

struct pending {
	struct pending *next;
	struct rpc_call *call;
	bool is_hint;
	struct hint hint;
	uint64_t start; /* release, with the adapter */
	char adapter[ADAPTER_NAME_MAX + 1];
};

static bool is_true(struct netd *netd, struct pending *p)
{
	if (p->is_hint)
		return hint_heard(netd->plane, &p->hint);
	return !adapters_released(netd->adapters, p->adapter, p->start);
}

static void answer(const struct pending *p)
{
	json_t *result = NULL;

	if (!p->is_hint)
		result = json_pack(
			"{s:s, s:I}", "adapter", p->adapter, "start", (json_int_t)p->start);
	rpc_reply(p->call, result, NULL, 0);
}

static void look(struct netd *netd)
{
	struct pending **at = &netd->pending;

	while (*at) {
		struct pending *p = *at;

		if (!is_true(netd, p)) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		answer(p);
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

/* Answers now or when it is true. */
static void await(struct netd *netd, struct pending *asked)
{
	struct pending *p;

	for (unsigned i = 0; i < LOOKS_AT_ONCE; i++) {
		if (is_true(netd, asked)) {
			answer(asked);
			return;
		}
		sched_yield();
	}
	p = malloc(sizeof(*p));
	if (!p || arm_timer(netd) < 0) {
		free(p);
		rpc_fail(asked->call, RPC_INTERNAL, "no memory to wait for the workers");
		return;
	}
	*p = *asked;
	p->next = netd->pending;
	netd->pending = p;
}

void release_call(struct netd *netd, struct rpc_call *call, const char *adapter, uint64_t start)
{
	struct pending asked = {.call = call, .start = start};

	adapters_release(netd->adapters, adapter, start);
	strncpy(asked.adapter, adapter, ADAPTER_NAME_MAX);
	await(netd, &asked);
}

static int on_hurried(sd_event_source *source, uint64_t usec, void *user)
{
	struct netd *netd = user;

	priority_hurry(vhost_thread(), false);
	workers_hurry(netd->plane, false);
	return 0;
}

/* The messages that move the rings follow within milliseconds. */
static void hurry(struct netd *netd, uint64_t for_us)
{
	if (retimer_set(netd->ev, &netd->hurry_timer, for_us, on_hurried, netd) == 0)
		priority_hurry(vhost_thread(), true);
}

void release_starting(struct netd *netd)
{
	uint64_t now_us;

	if (sd_event_now(netd->ev, CLOCK_MONOTONIC, &now_us) < 0 || now_us < netd->hurry_again_us)
		return;
	netd->hurry_again_us = now_us + HURRIED_EVERY_US;
	hurry(netd, HURRY_WORKERS_US);
	workers_hurry(netd->plane, true);
}

void release_hint(struct netd *netd, struct rpc_call *call, const char *adapter, hint_fn *give)
{
	struct pending asked = {.call = call, .is_hint = true};
	int rc = give(netd->adapters, netd->plane, adapter, &asked.hint);

	if (rc < 0)
		rpc_fail(call, RPC_NOT_FOUND, "adapter %.64s: not configured here", adapter);
	else
		await(netd, &asked);
	hurry(netd, HURRY_US);
}

void release_stop(struct netd *netd)
{
	while (netd->pending) {
		struct pending *p = netd->pending;

		netd->pending = p->next;
		rpc_fail(p->call, RPC_UNAVAILABLE, "vios-netd ends");
		free(p);
	}
	netd->release_timer = sd_event_source_disable_unref(netd->release_timer);
	retimer_stop(netd->hurry_timer);
	netd->hurry_timer = sd_event_source_disable_unref(netd->hurry_timer);
}
