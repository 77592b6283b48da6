/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The client adapters. Everything here is under one lock, taken by the main thread and by
 * rte_vhost's event thread, and never held while anybody waits for a worker. Whether workers may
 * touch an adapter's rings is decided by its gate; this file carries out what the gate says: writes
 * the port and sets its bits, or clears them and takes a token from the quiescence state. The
 * adapters own their kick duplicates; a slot is a port number.
 */
#include "net/adapters.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "net/handover.h"
#include "net/neigh.h"
#include "net/snoop.h"
#include "net/vhost.h"
#include "net/worker.h"
#include "vios-core/base/log.h"

enum slot_use { SLOT_FREE, SLOT_USED, SLOT_REMOVING };

struct adapter {
	struct adapter_config config;
	struct gate gate;
	uint64_t token;	    /* of the last withdrawal */
	uint64_t published; /* the start under which it was live last */
	int vid;	    /* the device that is up, or -1 */
	int vid_next; /* a second connection's, ready while the first one's is not yet gone; or -1
		       */
	unsigned connections;
	int kick[PLANE_PAIRS_MAX]; /* duplicates, in the worker's epoll set while live; or -1 */
};

struct adapters {
	pthread_mutex_t lock;
	struct plane *plane;
	int changed_fd;
	uint8_t use[PORT_CLIENTS]; /* enum slot_use; apart: a look over all slots is one over few
				      bytes */
	struct adapter slot[PORT_CLIENTS];
};

static struct adapters
	*self; /* for the callbacks, which carry no pointer; set once by adapters_new() */

static void changed(struct adapters *as)
{
	eventfd_write(as->changed_fd, 1);
}

static struct worker *worker_of(struct adapters *as, unsigned slot)
{
	return as->plane->worker[as->plane->port[slot].worker];
}

static void kicks_add(struct adapters *as, unsigned slot)
{
	struct adapter *a = &as->slot[slot];

	for (unsigned pair = 0; pair < as->plane->port[slot].vport.n_pairs; pair++) {
		a->kick[pair] = vhost_kick_dup(a->vid, 2 * pair + 1);
		if (a->kick[pair] >= 0)
			worker_kick_add(worker_of(as, slot), a->kick[pair]);
	}
}

static void kicks_remove(struct adapters *as, unsigned slot)
{
	struct adapter *a = &as->slot[slot];

	for (unsigned pair = 0; pair < PLANE_PAIRS_MAX; pair++) {
		if (a->kick[pair] < 0)
			continue;
		worker_kick_remove(worker_of(as, slot), a->kick[pair]);
		close(a->kick[pair]);
		a->kick[pair] = -1;
	}
}

static void publish(struct adapters *as, unsigned slot)
{
	struct adapter *a = &as->slot[slot];
	struct port *port = &as->plane->port[slot];

	vport_open(&port->vport, a->vid, a->config.queue_pairs, as->plane->n_workers > 1);
	port->greeted = port->armed = false;
	/* Its rings are stopped one after the other, the one for what it is given first. */
	port->deaf_until_us = port->vport.takes ? 0 : plane_now_us() + HANDOVER_US;
	if (a->published != a->gate.start)
		atomic_store(&port->yields_until_us, 0);
	a->published = a->gate.start;
	/* Back after a message while it is about to leave: the other side has the word. */
	atomic_store(&port->announce, atomic_load(&port->yields_until_us) <= plane_now_us());
	kicks_add(as, slot);
	worker_port_add(worker_of(as, slot), slot);
	snoop_port_came(as->plane->snoop, (uint16_t)slot, plane_now_s());
	atomic_portset_set(&as->plane->live, slot);
	worker_wake(worker_of(as, slot));
	log_info("adapter-live", "adapter=%s start=%llu vid=%d", a->config.name,
		(unsigned long long)a->gate.start, a->vid);
}

static void withdraw(struct adapters *as, unsigned slot)
{
	struct adapter *a = &as->slot[slot];

	atomic_portset_clear(&as->plane->live, slot);
	worker_port_remove(worker_of(as, slot), slot);
	a->token = rte_rcu_qsbr_start(as->plane->quiet);
	kicks_remove(as, slot);
	log_info("adapter-withdrawn", "adapter=%s start=%llu released=%llu", a->config.name,
		(unsigned long long)a->gate.start, (unsigned long long)a->gate.released);
}

/* What comes for it meanwhile waits here (bridge_handover.c). */
static void goes_away(struct adapters *as, unsigned slot)
{
	if (as->slot[slot].gate.state == GATE_LIVE)
		atomic_store(&as->plane->port[slot].returns_until_us, plane_now_us() + HANDOVER_US);
}

/* Before it is withdrawn: who finds it gone knows that it was here. */
static void leaves(struct adapters *as, unsigned slot)
{
	struct port *port = &as->plane->port[slot];
	const uint64_t now_us = plane_now_us();

	if (as->slot[slot].gate.state == GATE_LIVE || atomic_load(&port->returns_until_us) > now_us)
		atomic_store(&port->left_us, now_us);
	atomic_store(&port->returns_until_us, 0);
}

static void carry_out(struct adapters *as, unsigned slot, enum gate_action action)
{
	if (action == GATE_PUBLISH)
		publish(as, slot);
	else if (action == GATE_WITHDRAW)
		withdraw(as, slot);
	changed(as);
}

/* Ends the draining if every worker has been quiet since. Under the lock. */
static void try_quiet(struct adapters *as, unsigned slot)
{
	struct adapter *a = &as->slot[slot];

	if (!gate_is_draining(&a->gate) || !rte_rcu_qsbr_check(as->plane->quiet, a->token, false))
		return;
	/* The device is still there: whoever takes it down waits for this first. */
	vport_close(&as->plane->port[slot].vport);
	fdb_flush_port(as->plane->fdb, (uint16_t)slot);
	carry_out(as, slot, gate_quiet(&a->gate, a->gate.withdrawals));
}

/* Waits without the lock until the adapter does not drain. For threads that may wait: not the main
 * one. */
static void wait_quiet(struct adapters *as, unsigned slot)
{
	const struct timespec pause = {.tv_nsec = 50000};

	for (unsigned tries = 0;; tries++) {
		bool draining;

		pthread_mutex_lock(&as->lock);
		try_quiet(as, slot);
		draining = gate_is_draining(&as->slot[slot].gate);
		pthread_mutex_unlock(&as->lock);
		if (!draining)
			return;
		if (tries < 20)
			sched_yield();
		else
			nanosleep(&pause, NULL);
	}
}

static void on_connected(unsigned slot, bool connected)
{
	struct adapter *a = &self->slot[slot];

	pthread_mutex_lock(&self->lock);
	if (connected)
		a->connections++;
	else if (a->connections)
		a->connections--;
	changed(self);
	pthread_mutex_unlock(&self->lock);
}

static void on_up(unsigned slot, int vid)
{
	struct adapter *a = &self->slot[slot];

	pthread_mutex_lock(&self->lock);
	if (a->vid == vid) {
		/* it is up already */
	} else if (self->use[slot] == SLOT_USED && a->vid < 0) {
		a->vid = vid;
		carry_out(self, slot, gate_step(&a->gate, GATE_DEVICE_UP));
	} else {
		a->vid_next = vid;
	}
	pthread_mutex_unlock(&self->lock);
}

/* A second connection's device has waited for this one's end. */
static void take_next(struct adapters *as, unsigned slot)
{
	struct adapter *a = &as->slot[slot];

	if (as->use[slot] != SLOT_USED || a->vid >= 0 || a->vid_next < 0)
		return;
	a->vid = a->vid_next;
	a->vid_next = -1;
	carry_out(as, slot, gate_step(&a->gate, GATE_DEVICE_UP));
}

static void on_down(unsigned slot, int vid, bool for_good)
{
	struct adapter *a = &self->slot[slot];

	pthread_mutex_lock(&self->lock);
	if (a->vid_next == vid)
		a->vid_next = -1;
	if (a->vid == vid) {
		a->vid = -1;
		(for_good ? leaves : goes_away)(self, slot);
		carry_out(self, slot, gate_step(&a->gate, GATE_DEVICE_DOWN));
	}
	pthread_mutex_unlock(&self->lock);

	wait_quiet(self, slot);

	pthread_mutex_lock(&self->lock);
	if (for_good)
		take_next(self, slot);
	pthread_mutex_unlock(&self->lock);
}

static const struct vhost_events vhost_events = {
	.connected = on_connected,
	.up = on_up,
	.down = on_down,
};

struct adapters *adapters_new(struct plane *plane, int changed_fd)
{
	struct adapters *as = calloc(1, sizeof(*as));

	if (!as)
		return NULL;
	pthread_mutex_init(&as->lock, NULL);
	as->plane = plane;
	as->changed_fd = changed_fd;
	self = as;
	vhost_init(&vhost_events);
	return as;
}

void adapters_free(struct adapters *as)
{
	free(as);
}

static int find(struct adapters *as, const char *name, enum slot_use use)
{
	for (int i = 0; i < PORT_CLIENTS; i++)
		if (as->use[i] == use && !strcmp(as->slot[i].config.name, name))
			return i;
	return -ENOENT;
}

/* The free slot for config, or -errno. */
static int choose_slot(struct adapters *as, const struct adapter_config *config)
{
	int free_slot = -ENOSPC;

	for (int i = 0; i < PORT_CLIENTS; i++) {
		const struct adapter *a = &as->slot[i];

		if (as->use[i] == SLOT_FREE) {
			free_slot = free_slot < 0 ? i : free_slot;
			continue;
		}
		if (as->use[i] == SLOT_REMOVING && !strcmp(a->config.socket, config->socket))
			return -EALREADY;
		if (as->use[i] == SLOT_USED &&
			(!strcmp(a->config.name, config->name) || a->config.id == config->id ||
				!strcmp(a->config.socket, config->socket)))
			return -EEXIST;
	}
	return free_slot;
}

static void slot_init(struct adapters *as, unsigned slot, const struct adapter_config *config)
{
	struct adapter *a = &as->slot[slot];
	struct port *port = &as->plane->port[slot];

	memset(a, 0, sizeof(*a));
	a->config = *config;
	a->vid = a->vid_next = -1;
	for (unsigned i = 0; i < PLANE_PAIRS_MAX; i++)
		a->kick[i] = -1;
	port->adapter_id = config->id;
	port->frame_max_bytes = FRAME_HEADER_BYTES + FRAME_VLAN_TAG_BYTES + config->mtu;
	port->worker = (uint16_t)(slot % as->plane->n_workers);
	atomic_store(&port->left_us, 0);
	atomic_store(&port->returns_until_us, 0);
	memcpy(port->mac, config->mac, sizeof(port->mac));
	workers_stats_clear(as->plane, slot);
	snoop_clear_counts(as->plane->snoop, (uint16_t)slot);
	neigh_flush_port(as->plane->neigh, (uint16_t)slot);
	as->use[slot] = SLOT_USED;
}

int adapters_add(struct adapters *as, const struct adapter_config *config, uint64_t *missing)
{
	int slot, rc;

	pthread_mutex_lock(&as->lock);
	slot = choose_slot(as, config);
	rc = slot < 0 ? slot
		      : fdb_static_add(
				as->plane->fdb, frame_mac_number(config->mac), (uint16_t)slot);
	if (!rc)
		slot_init(as, (unsigned)slot, config);
	pthread_mutex_unlock(&as->lock);
	if (rc)
		return rc;
	/* Without the lock: the socket's events take it. */
	rc = vhost_open((unsigned)slot, config->socket, config->ring_size, config->virtio_features,
		missing);
	if (!rc)
		return slot;
	pthread_mutex_lock(&as->lock);
	fdb_static_del(as->plane->fdb, frame_mac_number(config->mac));
	as->use[slot] = SLOT_FREE;
	pthread_mutex_unlock(&as->lock);
	return rc;
}

static void *close_slot(void *arg)
{
	unsigned slot = (unsigned)(uintptr_t)arg;
	struct adapter *a = &self->slot[slot];

	wait_quiet(self, slot);
	vhost_close(slot, a->config.socket);
	pthread_mutex_lock(&self->lock);
	self->use[slot] = SLOT_FREE;
	pthread_mutex_unlock(&self->lock);
	log_info("adapter-removed", "adapter=%s", a->config.name);
	return NULL;
}

void adapters_remove(struct adapters *as, unsigned slot)
{
	struct adapter *a = &as->slot[slot];
	pthread_t thread;

	pthread_mutex_lock(&as->lock);
	as->use[slot] = SLOT_REMOVING;
	carry_out(as, slot, gate_release(&a->gate, UINT64_MAX));
	fdb_static_del(as->plane->fdb, frame_mac_number(a->config.mac));
	pthread_mutex_unlock(&as->lock);
	/* rte_vhost may take a second to let go of a socket, which the main thread does not have.
	 */
	if (pthread_create(&thread, NULL, close_slot, (void *)(uintptr_t)slot) == 0)
		pthread_detach(thread);
	else
		log_error("adapter-stuck", "adapter=%s reason=thread", a->config.name);
}

int adapters_find(struct adapters *as, const char *name)
{
	int slot;

	pthread_mutex_lock(&as->lock);
	slot = find(as, name, SLOT_USED);
	pthread_mutex_unlock(&as->lock);
	return slot;
}

bool adapters_get(struct adapters *as, unsigned slot, struct adapter_status *out)
{
	const struct adapter *a = &as->slot[slot];
	bool used;

	pthread_mutex_lock(&as->lock);
	used = as->use[slot] == SLOT_USED;
	if (used) {
		out->config = a->config;
		out->connected = a->connections > 0;
		out->started = gate_live_start(&a->gate);
		out->start = a->gate.start;
		out->released = a->gate.released;
		out->state = a->gate.state;
	}
	pthread_mutex_unlock(&as->lock);
	return used;
}

int adapters_start(struct adapters *as, const char *name, uint64_t start, uint64_t *released)
{
	enum gate_action action;
	int slot, rc;

	pthread_mutex_lock(&as->lock);
	slot = rc = find(as, name, SLOT_USED);
	if (slot >= 0) {
		*released = as->slot[slot].gate.released;
		rc = gate_start(&as->slot[slot].gate, start, &action);
		if (!rc)
			carry_out(as, (unsigned)slot, action);
	}
	pthread_mutex_unlock(&as->lock);
	return rc;
}

/* Under the lock. One that is being removed may still drain. */
static int released_locked(struct adapters *as, const char *name, uint64_t start)
{
	for (enum slot_use use = SLOT_USED; use <= SLOT_REMOVING; use++) {
		int slot = find(as, name, use);

		if (slot < 0)
			continue;
		try_quiet(as, (unsigned)slot);
		if (!gate_is_released(&as->slot[slot].gate, start))
			return -EINPROGRESS;
	}
	return 0;
}

int adapters_release(struct adapters *as, const char *name, uint64_t start)
{
	int slot, rc;

	pthread_mutex_lock(&as->lock);
	slot = find(as, name, SLOT_USED);
	if (slot >= 0 && start >= as->slot[slot].gate.start)
		leaves(as, (unsigned)slot);
	if (slot >= 0)
		carry_out(as, (unsigned)slot, gate_release(&as->slot[slot].gate, start));
	rc = released_locked(as, name, start);
	pthread_mutex_unlock(&as->lock);
	return rc;
}

int adapters_released(struct adapters *as, const char *name, uint64_t start)
{
	int rc;

	pthread_mutex_lock(&as->lock);
	rc = released_locked(as, name, start);
	pthread_mutex_unlock(&as->lock);
	return rc;
}

bool adapters_set_rules(struct adapters *as, unsigned slot, const struct adapter_rules *rules)
{
	struct adapter_rules *now = &as->slot[slot].config.rules;
	bool differs;

	pthread_mutex_lock(&as->lock);
	differs = now->pvid != rules->pvid || now->n_vlans != rules->n_vlans ||
		  memcmp(now->vlans, rules->vlans, rules->n_vlans * sizeof(rules->vlans[0])) ||
		  now->own_mac_only != rules->own_mac_only ||
		  now->storm_per_s != rules->storm_per_s ||
		  memcmp(&now->guard, &rules->guard, sizeof(now->guard));
	*now = *rules;
	pthread_mutex_unlock(&as->lock);
	return differs;
}

void adapters_announce(struct adapters *as, unsigned slot)
{
	pthread_mutex_lock(&as->lock);
	if (as->slot[slot].gate.state == GATE_LIVE) {
		atomic_store(&as->plane->port[slot].announce, true);
		worker_wake(worker_of(as, slot));
	}
	pthread_mutex_unlock(&as->lock);
}
