/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes what the control side and the workers share: table, packet memory, quiescence. Main thread,
 * at start and at the end. The plane owns all of it; workers are added by worker_new().
 */
#include "net/plane.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#define FDB_SLOTS 16384
#define FDB_CLIENT_LIMIT 64 /* addresses behind one client, besides its own: nested guests */
#define MBUF_COST_BYTES (RTE_MBUF_DEFAULT_BUF_SIZE + sizeof(struct rte_mbuf) + 128)
#define MBUFS_MIN 2047
#define MBUFS_MAX 131071
#define MBUF_CACHE 256

static unsigned mbuf_count(unsigned memory_mb)
{
	/* Half: rte_vhost, drivers and jumbo frames need the rest. */
	size_t n = (size_t)memory_mb * 1024 * 1024 / 2 / MBUF_COST_BYTES;

	if (n < MBUFS_MIN)
		return MBUFS_MIN;
	return n > MBUFS_MAX ? MBUFS_MAX : (unsigned)n;
}

static int quiet_new(struct plane *plane)
{
	size_t bytes = rte_rcu_qsbr_get_memsize(PLANE_WORKERS_MAX);

	plane->quiet = rte_zmalloc("quiet", bytes, RTE_CACHE_LINE_SIZE);
	if (!plane->quiet)
		return -ENOMEM;
	return rte_rcu_qsbr_init(plane->quiet, PLANE_WORKERS_MAX) ? -EINVAL : 0;
}

int plane_init(struct plane *plane, unsigned n_workers, unsigned memory_mb)
{
	int rc;

	plane->n_workers = n_workers;
	for (unsigned i = 0; i < PORT_CLIENTS; i++)
		plane->port[i].vid = -1;
	plane->fdb = fdb_new(FDB_SLOTS, FDB_CLIENT_LIMIT);
	plane->pool = rte_pktmbuf_pool_create("frames", mbuf_count(memory_mb), MBUF_CACHE, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (!plane->fdb || !plane->pool) {
		rc = -ENOMEM;
		goto free_plane;
	}
	rc = quiet_new(plane);
	if (rc)
		goto free_plane;
	return hb_new(n_workers, &plane->hb);

free_plane:
	plane_fini(plane);
	return rc;
}

void plane_fini(struct plane *plane)
{
	rte_free(plane->quiet);
	rte_mempool_free(plane->pool);
	fdb_free(plane->fdb);
	plane->quiet = NULL;
	plane->pool = NULL;
	plane->fdb = NULL;
}

uint64_t plane_now_us(void)
{
	/* The quotient alone would lose precision, the product alone overflow within a minute; so
	 * in two parts. */
	uint64_t cycles = rte_get_tsc_cycles(), hz = rte_get_tsc_hz();

	return cycles / hz * 1000000 + cycles % hz * 1000000 / hz;
}
