/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The locks that prove the predecessor gone. The adapter's, on a file of its own, falls free when
 * no thread of it can touch a ring any more: rings start after it. Each LUN's, on the description
 * that its I/O is done on, falls free when its last request has landed: nothing is done on the LUN
 * before. They are asked for again and again, at first quickly: a lock is free as soon as a dead
 * process's descriptors are closed. The worker's.
 */
#include <errno.h>
#include <limits.h>

#include "storage/fault.h"
#include "storage/worker_private.h"
#include "vios-core/base/log.h"

#define QUICK_NS 100000u /* while the predecessor may be about to end */
#define QUICK_FOR_NS 50000000u
#define MEDIUM_NS 1000000u
#define MEDIUM_FOR_NS 1000000000u
#define SLOW_NS 5000000u
#define REPORT_NS 1000000000u

/* A drive without a medium has nothing to be locked. */
static bool lacks(const struct unit *u)
{
	return u && u->backing.fd >= 0 && !u->locked;
}

static bool all_held(const struct worker *w)
{
	if (!w->locks.adapter)
		return false;
	for (unsigned i = 0; i < VS_LUNS; i++)
		if (lacks(w->unit[i]))
			return false;
	return true;
}

static void unlock_nodes(const struct worker *w, const struct unit *u)
{
	backing_unlock(u->backing.fd, w->config.adapter_id);
	if (u->backing.other_fd >= 0)
		backing_unlock(u->backing.other_fd, w->config.adapter_id);
}

/* Where the other VIOS has a node of its own, its target's requests are under way there. */
static int lock_nodes(const struct worker *w, const struct unit *u)
{
	int rc = backing_lock(u->backing.fd, w->config.adapter_id);

	if (!rc && u->backing.other_fd >= 0)
		rc = backing_lock(u->backing.other_fd, w->config.adapter_id);
	return fault_on(FAULT_UNGUARDED) ? 0 : rc;
}

void locks_drop(struct worker *w, struct unit *u)
{
	if (!u->locked)
		return;
	u->locked = false;
	agree_part(w, u);
	unlock_nodes(w, u);
}

static void release_all(struct worker *w)
{
	for (unsigned i = 0; i < VS_LUNS; i++)
		if (w->unit[i])
			locks_drop(w, w->unit[i]);
	if (w->locks.adapter) {
		agree_listen(w, false);
		backing_unlock(w->config.lock_fd, w->config.adapter_id);
	}
	w->locks.adapter = false;
}

void locks_want(struct worker *w, bool wanted)
{
	if (w->locks.wanted && !wanted)
		release_all(w);
	if (wanted) {
		w->locks.next_ns = 1; /* now: also for LUNs that are new */
		w->locks.since_ns = worker_now_ns();
		w->locks.reported = false;
	}
	w->locks.wanted = wanted;
}

static void run_parked(struct unit *u)
{
	struct request *r = u->parked;

	u->parked = NULL;
	u->parked_tail = &u->parked;
	while (r) {
		struct request *next = r->next;

		r->next = NULL;
		r->state = REQUEST_RUNNING;
		execute_unparked(r);
		r = next;
	}
}

static unsigned lock_unit(struct worker *w, struct unit *u)
{
	if (lock_nodes(w, u) || !agree_join(w, u)) {
		unlock_nodes(w, u);
		return 0;
	}
	u->locked = true;
	log_info("locked", "lun=%u name=%s", u->config.lun, u->config.name);
	run_parked(u);
	return 1;
}

static uint64_t pause_ns(const struct worker *w, uint64_t now_ns)
{
	uint64_t waited_ns = now_ns - w->locks.since_ns;

	if (waited_ns < QUICK_FOR_NS)
		return QUICK_NS;
	return waited_ns < MEDIUM_FOR_NS ? MEDIUM_NS : SLOW_NS;
}

/* Somebody will ask why nothing moves. */
static void report_waiting(struct worker *w, uint64_t now_ns)
{
	if (w->locks.reported || !w->locks.next_ns || now_ns - w->locks.since_ns < REPORT_NS)
		return;
	w->locks.reported = true;
	if (!w->locks.adapter)
		log_warn("lock-awaited", "adapter=%u", w->config.adapter_id);
	for (unsigned i = 0; i < VS_LUNS; i++)
		if (lacks(w->unit[i]))
			log_warn("lock-awaited", "lun=%u name=%s path=%s", i,
				w->unit[i]->config.name, w->unit[i]->config.path);
}

unsigned locks_poll(struct worker *w)
{
	unsigned n = 0;
	uint64_t now_ns;

	if (!w->locks.wanted || !w->locks.next_ns)
		return 0;
	now_ns = worker_now_ns();
	if (now_ns < w->locks.next_ns)
		return 0;
	if (!w->locks.adapter && !backing_lock(w->config.lock_fd, w->config.adapter_id)) {
		w->locks.adapter = true;
		agree_listen(w, true);
		held_begin(w);
		n++;
	}
	for (unsigned i = 0; i < VS_LUNS; i++)
		if (lacks(w->unit[i]))
			n += lock_unit(w, w->unit[i]);
	w->locks.next_ns = all_held(w) ? 0 : now_ns + pause_ns(w, now_ns);
	report_waiting(w, now_ns);
	return n;
}

int locks_timeout_us(const struct worker *w)
{
	uint64_t now_ns;

	if (!w->locks.wanted || !w->locks.next_ns)
		return -1;
	now_ns = worker_now_ns();
	return w->locks.next_ns <= now_ns ? 0 : (int)((w->locks.next_ns - now_ns) / 1000 + 1);
}
