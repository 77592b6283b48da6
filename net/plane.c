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

#include "net/buffers.h"
#include "net/neigh.h"
#include "net/snoop.h"

#define FDB_SLOTS 16384
#define FDB_CLIENT_LIMIT 64 /* addresses behind one client, besides its own: nested guests */
#define MBUF_OVERHEAD_BYTES (sizeof(struct rte_mbuf) + 128)
#define MBUFS_MIN 1023
#define MBUFS_MAX 131071
#define MBUF_CACHE 256

/* Of a buffer: never less than drivers expect. */
static uint16_t data_room(size_t frame_max_bytes)
{
	size_t room = RTE_ALIGN_CEIL(frame_max_bytes, (size_t)64) + RTE_PKTMBUF_HEADROOM;

	return (uint16_t)RTE_MAX(room, (size_t)RTE_MBUF_DEFAULT_BUF_SIZE);
}

/* Half: rte_vhost, drivers and the uplink's frames need the rest. */
static size_t mbuf_memory_bytes(unsigned memory_mb)
{
	return (size_t)memory_mb * 1024 * 1024 / 2;
}

static unsigned mbuf_count(unsigned memory_mb, uint16_t room)
{
	size_t n = mbuf_memory_bytes(memory_mb) / (room + MBUF_OVERHEAD_BYTES);

	if (n < MBUFS_MIN)
		return MBUFS_MIN;
	return n > MBUFS_MAX ? MBUFS_MAX : (unsigned)n;
}

size_t plane_frame_max_bytes(const struct plane *plane)
{
	return rte_pktmbuf_data_room_size(plane->pool) - RTE_PKTMBUF_HEADROOM;
}

static int quiet_new(struct plane *plane)
{
	size_t bytes = rte_rcu_qsbr_get_memsize(PLANE_WORKERS_MAX);

	plane->quiet = rte_zmalloc("quiet", bytes, RTE_CACHE_LINE_SIZE);
	if (!plane->quiet)
		return -ENOMEM;
	return rte_rcu_qsbr_init(plane->quiet, PLANE_WORKERS_MAX) ? -EINVAL : 0;
}

int plane_init(struct plane *plane, unsigned n_workers, unsigned memory_mb, size_t least_bytes,
	size_t most_bytes)
{
	const struct buffers want = {
		.memory_bytes = mbuf_memory_bytes(memory_mb),
		.overhead_bytes = MBUF_OVERHEAD_BYTES + RTE_PKTMBUF_HEADROOM,
		.n_workers = n_workers,
		.least_bytes = least_bytes,
		.most_bytes = most_bytes,
	};
	uint16_t room = data_room(buffers_frame_bytes(&want));
	int rc;

	plane->n_workers = n_workers;
	plane->fdb = fdb_new(FDB_SLOTS, FDB_CLIENT_LIMIT);
	plane->snoop = snoop_new();
	plane->neigh = neigh_new();
	atomic_store(&plane->rules, rules_new());
	plane->pool = rte_pktmbuf_pool_create(
		"frames", mbuf_count(memory_mb, room), MBUF_CACHE, 0, room, SOCKET_ID_ANY);
	if (!plane->fdb || !plane->snoop || !plane->neigh || !plane->pool ||
		!atomic_load(&plane->rules)) {
		rc = -ENOMEM;
		goto free_plane;
	}
	rc = segment_init(&plane->segment, plane->pool);
	if (!rc)
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
	segment_fini(&plane->segment);
	rte_mempool_free(plane->pool);
	fdb_free(plane->fdb);
	snoop_free(plane->snoop);
	neigh_free(plane->neigh);
	rules_free((struct rules *)atomic_load(&plane->rules));
	atomic_store(&plane->rules, NULL);
	plane->quiet = NULL;
	plane->pool = NULL;
	plane->fdb = NULL;
	plane->snoop = NULL;
	plane->neigh = NULL;
}

uint64_t plane_now_us(void)
{
	/* The quotient alone would lose precision, the product alone overflow within a minute; so
	 * in two parts. */
	uint64_t cycles = rte_get_tsc_cycles(), hz = rte_get_tsc_hz();

	return cycles / hz * 1000000 + cycles % hz * 1000000 / hz;
}

uint32_t plane_now_s(void)
{
	return (uint32_t)(plane_now_us() / 1000000);
}
