/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hint.c - see hint.h. The main thread writes two times and a flag of the port, which its worker
 * reads each round; that a round has ended says the workers' quiescence.
 */
#include "net/hint.h"

#include "net/held.h"
#include "net/worker.h"

/* A move that does not come costs the client so much. Longer than frames are held on the other
 * side: a client that is served here again must not be given what came before by the other side
 * later. */
#define YIELD_US 50000

static int begin(struct adapters *as, const char *name, bool expected, struct hint *out)
{
	int slot = adapters_find(as, name);

	if (slot < 0)
		return slot;
	*out = (struct hint){.slot = (unsigned)slot, .expected = expected};
	return 0;
}

int hint_prepare(struct adapters *as, struct plane *plane, const char *name, struct hint *out)
{
	int rc = begin(as, name, false, out);

	if (rc < 0)
		return rc;
	worker_wake(plane->worker[plane->port[out->slot].worker]);
	out->token = rte_rcu_qsbr_start(plane->quiet);
	return 0;
}

int hint_yield(struct adapters *as, struct plane *plane, const char *name, struct hint *out)
{
	int rc = begin(as, name, false, out);

	if (rc < 0)
		return rc;
	atomic_store(&plane->port[out->slot].yields_until_us, plane_now_us() + YIELD_US);
	out->token = rte_rcu_qsbr_start(plane->quiet);
	return 0;
}

int hint_expect(struct adapters *as, struct plane *plane, const char *name, struct hint *out)
{
	int rc = begin(as, name, true, out);
	struct adapter_status status;
	struct port *port;

	if (rc < 0)
		return rc;
	port = &plane->port[out->slot];
	if (adapters_get(as, out->slot, &status) && status.state != GATE_LIVE) {
		atomic_store(&port->expected_until_us, plane_now_us() + HELD_FOR_US);
		atomic_store(&port->announce, true);
		atomic_portset_set(&plane->expects, out->slot);
		atomic_fetch_add(&plane->expected, 1);
		worker_wake(plane->worker[port->worker]);
	}
	out->token = rte_rcu_qsbr_start(plane->quiet);
	return 0;
}

bool hint_heard(struct plane *plane, struct hint *hint)
{
	if (hint->expected && atomic_load(&plane->port[hint->slot].announce)) {
		/* Its worker has not looked yet; what it sends then goes out before it is quiet. */
		hint->token = rte_rcu_qsbr_start(plane->quiet);
		return false;
	}
	return rte_rcu_qsbr_check(plane->quiet, hint->token, false) == 1;
}
