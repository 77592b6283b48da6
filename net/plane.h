/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plane.h - what the control side of vios-netd and its workers share. Edge: DPDK.
 *
 * One writer a field; `adapters`: whoever holds the lock of adapters.c. A worker reads a struct
 * port only while the port's bit is in a set that it loaded since its last quiescent point, and the
 * control side writes the port's plain fields only while the bit is clear and every worker has been
 * quiescent since.
 */
#ifndef VIOS_NET_PLANE_H
#define VIOS_NET_PLANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_rcu_qsbr.h>

#include "net/atomic_portset.h"
#include "net/fdb.h"
#include "net/probe.h"
#include "net/rules.h"
#include "net/segment.h"
#include "net/stats.h"
#include "net/vport.h"
#include "vios-core/base/hb.h"

#define PLANE_PAIRS_MAX VPORT_PAIRS_MAX
/* hello passes a pidfd, the memfd and one ping descriptor a worker beside one line (RPC_FDS_MAX
 * 16). */
#define PLANE_WORKERS_MAX 14

struct rte_mempool;
struct trunk_link;
struct uplink;
struct worker;

struct port {
	/* Writer: adapters, while not live. */
	uint32_t adapter_id;
	uint32_t frame_max_bytes; /* header, tag and MTU */
	uint16_t worker;	  /* which one polls it */
	uint8_t mac[6];
	_Atomic bool announce; /* send its RARP; set: adapters, main; cleared: its worker */
	_Atomic uint64_t expected_until_us; /* it is about to become live; writer: adapters */
	_Atomic uint64_t returns_until_us;  /* away while its device changes; writer: adapters */
	_Atomic uint64_t left_us;	    /* when it ceased to be live last; writer: adapters */
	_Atomic uint64_t yields_until_us;   /* nothing is taken from the client; writer: adapters */
	/* Writer: its worker; adapters while not live. */
	bool greeted;
	bool armed;		/* kicks are asked for */
	uint64_t deaf_until_us; /* it takes no frames: they wait so long; writer: adapters */
	struct vport vport;
};

struct plane {
	struct fdb *fdb;
	struct snoop *snoop;
	struct neigh *neigh;
	struct probe_ear probe[PORT_UPLINKS];
	struct rte_rcu_qsbr *quiet;
	struct rte_mempool *pool;
	struct segment_pools segment;
	struct hb *hb;
	struct atomic_portset live;		       /* clients: adapters; uplinks, trunk: main */
	_Atomic(struct uplink *) uplink[PORT_UPLINKS]; /* writer: main */
	_Atomic unsigned n_uplinks; /* one above the last that there ever was; writer: main */
	_Atomic(struct trunk_link *) trunk;  /* writer: main */
	_Atomic(const struct rules *) rules; /* never NULL; writer: main (rulebook.c) */
	struct atomic_portset expects; /* to be announced; set: adapters; cleared: the worker */
	/* To be announced although they may be live at the other side; set: main. */
	struct atomic_portset elsewhere;
	/* Counts changes of both and of what probes are due; writers: adapters, main. */
	_Atomic uint32_t expected;
	struct port port[PORT_CLIENTS];
	unsigned n_workers;
	struct worker *worker[PLANE_WORKERS_MAX];
};

/* 0 or -errno; buffers take half of memory_mb. Each frame lies in one: one of least_bytes fits, and
 * up to most_bytes where enough buffers are left. */
int plane_init(struct plane *plane, unsigned n_workers, unsigned memory_mb, size_t least_bytes,
	size_t most_bytes);
size_t plane_frame_max_bytes(const struct plane *plane); /* the longest frame that fits */
void plane_fini(struct plane *plane);

/* The workers' clock, in which the table's ages are counted. */
uint64_t plane_now_us(void);
uint32_t plane_now_s(void);

#endif
