/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plan.h - what the worker is to do: which rings run, where they lie, which LUNs there are. Main
 * fills it and hands it over whole; while worker_apply() is under way it is the worker's.
 */
#ifndef VIOS_STORAGE_PLAN_H
#define VIOS_STORAGE_PLAN_H

#include "storage/guest.h"
#include "storage/unit.h"
#include "storage/virtio_scsi.h"
#include "vios-core/vhostuser/vu_proto.h"

struct plan_ring {
	bool run;
	uint64_t setup; /* changes whenever the ring has to start anew */
	uint16_t size;
	uint16_t base;		    /* where to start; from the worker: where it stopped */
	uint64_t desc, avail, used; /* the front end's addresses */
	int kick_fd, call_fd;	    /* main closes them when the worker no longer has them */
};

struct plan {
	struct guest *guest; /* referenced by main */
	uint64_t features;
	void *inflight; /* mapped; NULL: none was agreed on */
	size_t inflight_bytes;
	unsigned inflight_queues;
	uint16_t inflight_size;
	unsigned n_rings;
	struct plan_ring ring[VU_RINGS_MAX];
	struct unit *unit[VS_LUNS];
	bool units_told; /* the client is told of LUNs that come and go */
};

#endif
