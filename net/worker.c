/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The switching threads. Each polls its clients and its share of the uplink's queues, and reports a
 * quiescent state after each round: in a round it uses the ports that it found live at the
 * beginning, after it, it has forgotten them. An idle worker asks its clients for kicks, looks once
 * more, and sleeps, offline, so that nobody waits for it.
 *
 * worker_run() and what it calls is the worker's thread; worker.h says who calls the rest. A worker
 * owns its bridge and its sleep; other threads set and clear bits in `mine` and write to its
 * eventfd.
 */
#include "net/worker.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_lcore.h>

#include "net/bridge.h"
#include "net/fault.h"
#include "net/sleeper.h"
#include "net/trunk_link.h"
#include "net/uplink.h"
#include "vios-core/base/log.h"
#include "vios-core/base/priority.h"

#define EMPTY_POLLS_MAX 64
#define TICK_MS 20
#define BLIND_SLEEP_MS 1 /* when something that may bring frames cannot wake us */

struct worker {
	struct plane *plane;
	unsigned number;
	pthread_t thread;
	pid_t tid; /* 0: it does not run yet */
	bool running;
	sem_t entered;
	int enter_error; /* written before `entered` */
	_Atomic bool stop;
	_Atomic uint32_t blind;	    /* bits of uplinks whose frames do not wake this worker, */
	_Atomic uint32_t ticks;	    /* the first worker: see uplink_ticks(); writer: main */
	uint64_t ticked_us;	    /* when it last did so */
	struct atomic_portset mine; /* live ports that this worker polls; writer: adapters */
	struct sleeper sleeper;
	struct bridge bridge;
};

static unsigned poll_once(struct worker *w, const struct portset *mine)
{
	unsigned n = bridge_poll_uplinks(&w->bridge) + bridge_poll_trunk(&w->bridge);

	for (uint16_t p = portset_next(mine, 0); p != PORT_NONE; p = portset_next(mine, p + 1u))
		if (portset_has(&w->bridge.ingress.by.live, p))
			n += bridge_poll_client(&w->bridge, p);
	return n;
}

/* Arms every client, then looks once more. Whether the worker may sleep. */
static bool may_sleep(struct worker *w, const struct portset *mine)
{
	for (uint16_t p = portset_next(mine, 0); p != PORT_NONE; p = portset_next(mine, p + 1u))
		if (portset_has(&w->bridge.ingress.by.live, p))
			bridge_arm(&w->bridge, p);
	if (w->bridge.trunk)
		trunk_link_arm(w->bridge.trunk, w->number);
	/* The client reads our wish for kicks after it has written its index; we do the opposite.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	if (w->bridge.trunk && trunk_link_waiting(w->bridge.trunk, w->number))
		return false;
	for (uint16_t p = portset_next(mine, 0); p != PORT_NONE; p = portset_next(mine, p + 1u))
		if (portset_has(&w->bridge.ingress.by.live, p) && bridge_waiting(&w->bridge, p))
			return false;
	return true;
}

static void set_state(struct worker *w, enum hb_worker_state state)
{
	atomic_store_explicit(
		&hb_page(w->plane->hb)->worker[w->number].state, state, memory_order_relaxed);
}

static int sleep_ms(struct worker *w)
{
	if (atomic_load(&w->blind) || bridge_hurries(&w->bridge))
		return BLIND_SLEEP_MS;
	return atomic_load(&w->ticks) ? TICK_MS : -1;
}

/* After the round has begun: the uplinks are in this worker's hands. */
static void tick_uplinks(struct worker *w, uint64_t now_us)
{
	const uint32_t ticks = atomic_load_explicit(&w->ticks, memory_order_relaxed);

	if (!ticks || now_us - w->ticked_us < TICK_MS * 1000)
		return;
	w->ticked_us = now_us;
	for (unsigned i = 0; i < w->bridge.n_uplinks; i++)
		if ((ticks >> i & 1) && w->bridge.uplink[i])
			uplink_tick(w->bridge.uplink[i], w->number);
}

static void sleep_offline(struct worker *w)
{
	rte_rcu_qsbr_thread_offline(w->plane->quiet, w->number);
	set_state(w, HB_SLEEPING);
	sleeper_wait(&w->sleeper, sleep_ms(w));
	set_state(w, HB_POLLING);
	rte_rcu_qsbr_thread_online(w->plane->quiet, w->number);
}

/* One round. Returns whether the next one should sleep first. */
static void loop(struct worker *w)
{
	unsigned empty = 0;

	while (!atomic_load_explicit(&w->stop, memory_order_relaxed)) {
		uint64_t now = plane_now_us();
		struct portset mine;
		bool sleepy = false;

		hb_tick(hb_page(w->plane->hb), w->number);
		atomic_portset_load(&w->mine, &mine);
		bridge_begin(&w->bridge, now);
		tick_uplinks(w, now);
		if (poll_once(w, &mine))
			empty = 0;
		else if (++empty >= EMPTY_POLLS_MAX)
			sleepy = may_sleep(w, &mine);
		if (fault_holds(w->number, now))
			continue;
		rte_rcu_qsbr_quiescent(w->plane->quiet, w->number);
		if (sleepy) {
			sleep_offline(w);
			empty = 0;
		}
	}
}

static int enter(struct worker *w)
{
	int rc = hb_worker_enter(w->plane->hb, w->number);

	if (rc)
		return rc;
	/* Gives the thread packet-memory caches of its own. */
	if (rte_thread_register())
		return -ENOSPC;
	if (rte_rcu_qsbr_thread_register(w->plane->quiet, w->number))
		return -ENOSPC;
	rte_rcu_qsbr_thread_online(w->plane->quiet, w->number);
	set_state(w, HB_POLLING);
	return 0;
}

static void *worker_run(void *arg)
{
	struct worker *w = arg;

	w->tid = gettid();
	w->enter_error = enter(w);
	sem_post(&w->entered);
	if (w->enter_error)
		return NULL;
	loop(w);
	rte_rcu_qsbr_thread_offline(w->plane->quiet, w->number);
	rte_rcu_qsbr_thread_unregister(w->plane->quiet, w->number);
	rte_thread_unregister();
	return NULL;
}

int worker_new(struct plane *plane, unsigned number)
{
	struct worker *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return -ENOMEM;
	w->plane = plane;
	w->number = number;
	sem_init(&w->entered, 0, 0);
	rc = sleeper_init(&w->sleeper, hb_ping_fd(plane->hb, number));
	if (rc) {
		free(w);
		return rc;
	}
	bridge_init(&w->bridge, plane, number, plane_now_us());
	plane->worker[number] = w;
	return 0;
}

int worker_start(struct worker *w)
{
	int rc = -pthread_create(&w->thread, NULL, worker_run, w);
	char name[16];

	if (rc)
		return rc;
	snprintf(name, sizeof(name), "worker%u", w->number);
	pthread_setname_np(w->thread, name);
	while (sem_wait(&w->entered))
		;
	w->running = true;
	return w->enter_error;
}

void worker_stop(struct worker *w)
{
	atomic_store(&w->stop, true);
	worker_wake(w);
	if (w->running)
		pthread_join(w->thread, NULL);
	w->running = false;
}

void worker_wake(struct worker *w)
{
	sleeper_wake(&w->sleeper);
}

void workers_hurry(struct plane *plane, bool hurry)
{
	for (unsigned i = 0; i < plane->n_workers; i++)
		priority_hurry(plane->worker[i]->tid, hurry);
}

void worker_port_add(struct worker *w, unsigned port)
{
	atomic_portset_set(&w->mine, port);
}

void worker_port_remove(struct worker *w, unsigned port)
{
	atomic_portset_clear(&w->mine, port);
}

int worker_kick_add(struct worker *w, int fd)
{
	return sleeper_add_kick(&w->sleeper, fd);
}

void worker_kick_remove(struct worker *w, int fd)
{
	sleeper_remove(&w->sleeper, fd);
}

static void set_bit(_Atomic uint32_t *bits, unsigned i, bool on)
{
	if (on)
		atomic_fetch_or(bits, UINT32_C(1) << i);
	else
		atomic_fetch_and(bits, ~(UINT32_C(1) << i));
}

void workers_uplink_add(struct plane *plane, unsigned number, struct uplink *uplink)
{
	int fds[UPLINK_QUEUES_MAX];

	for (unsigned i = 0; i < plane->n_workers; i++) {
		struct worker *w = plane->worker[i];
		bool complete;
		size_t n = uplink_wake_fds(uplink, i, fds, UPLINK_QUEUES_MAX, &complete);

		for (size_t k = 0; k < n; k++)
			if (sleeper_add_level(&w->sleeper, fds[k]))
				complete = false;
		set_bit(&w->blind, number, !complete);
		set_bit(&w->ticks, number, i == 0 && uplink_ticks(uplink));
		worker_wake(w);
	}
}

void workers_uplink_remove(struct plane *plane, unsigned number, struct uplink *uplink)
{
	int fds[UPLINK_QUEUES_MAX];

	for (unsigned i = 0; i < plane->n_workers; i++) {
		bool complete;
		size_t n = uplink_wake_fds(uplink, i, fds, UPLINK_QUEUES_MAX, &complete);

		for (size_t k = 0; k < n; k++)
			sleeper_remove(&plane->worker[i]->sleeper, fds[k]);
		set_bit(&plane->worker[i]->blind, number, false);
		set_bit(&plane->worker[i]->ticks, number, false);
	}
}

void workers_trunk_add(struct plane *plane, struct trunk_link *link)
{
	for (unsigned i = 0; i < plane->n_workers; i++)
		worker_kick_add(plane->worker[i], trunk_link_wake_fd(link, i));
}

void workers_trunk_remove(struct plane *plane, struct trunk_link *link)
{
	for (unsigned i = 0; i < plane->n_workers; i++)
		worker_kick_remove(plane->worker[i], trunk_link_wake_fd(link, i));
}

void workers_wake(struct plane *plane)
{
	for (unsigned i = 0; i < plane->n_workers; i++)
		worker_wake(plane->worker[i]);
}

static uint64_t read_counter(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void workers_stats_sum(const struct plane *plane, unsigned port, struct port_sums *out)
{
	*out = (struct port_sums){0};
	for (unsigned i = 0; i < plane->n_workers; i++) {
		const struct port_stats *stats = &plane->worker[i]->bridge.stats[port];

		out->rx_packets += read_counter(&stats->rx_packets);
		out->rx_bytes += read_counter(&stats->rx_bytes);
		out->tx_packets += read_counter(&stats->tx_packets);
		out->tx_bytes += read_counter(&stats->tx_bytes);
		out->pruned += read_counter(&stats->pruned);
		out->held_times += read_counter(&stats->held_times);
		out->held_us += read_counter(&stats->held_us);
		out->gathered += read_counter(&stats->gathered);
		out->shared += read_counter(&stats->shared);
		for (unsigned kind = 0; kind < FLOOD_KINDS; kind++) {
			out->rx_flood[kind] += read_counter(&stats->rx_flood[kind]);
			out->tx_flood[kind] += read_counter(&stats->tx_flood[kind]);
		}
		for (unsigned reason = 0; reason < DROP_COUNT; reason++)
			out->drops[reason] += read_counter(&stats->drops[reason]);
	}
}

static void clear_counter(_Atomic uint64_t *counter)
{
	atomic_store_explicit(counter, 0, memory_order_relaxed);
}

void workers_stats_clear(struct plane *plane, unsigned port)
{
	for (unsigned i = 0; i < plane->n_workers; i++) {
		struct port_stats *stats = &plane->worker[i]->bridge.stats[port];

		clear_counter(&stats->rx_packets);
		clear_counter(&stats->rx_bytes);
		clear_counter(&stats->tx_packets);
		clear_counter(&stats->tx_bytes);
		clear_counter(&stats->pruned);
		clear_counter(&stats->held_times);
		clear_counter(&stats->held_us);
		clear_counter(&stats->gathered);
		clear_counter(&stats->shared);
		for (unsigned kind = 0; kind < FLOOD_KINDS; kind++) {
			clear_counter(&stats->rx_flood[kind]);
			clear_counter(&stats->tx_flood[kind]);
		}
		for (unsigned reason = 0; reason < DROP_COUNT; reason++)
			clear_counter(&stats->drops[reason]);
	}
}
