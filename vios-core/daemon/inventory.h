/* SPDX-License-Identifier: BSD-3-Clause */
/* inventory.h - the frame's client adapters, flat, with what viosd knows about each. Pure. */
#ifndef VIOS_DAEMON_INVENTORY_H
#define VIOS_DAEMON_INVENTORY_H

#include "vios-core/model/adapter_status.h"
#include "vios-core/daemon/path_state.h"
#include "vios-core/model/frame_config.h"

#include <stdbool.h>
#include <stddef.h>

#define INVENTORY_NAME_BYTES (2 * MODEL_NAME_MAX + 2) /* CLIENT/ADAPTER */

struct inventory_adapter {
	char name[INVENTORY_NAME_BYTES];
	size_t client; /* index into frame->clients */
	const struct model_adapter *model;
	struct path path; /* this VIOS's */
	bool quarantined; /* it has killed data planes twice: until it is released */
	bool held;	  /* it has killed one: until that one is back */
	bool behind;	  /* this VIOS may have missed a change of it */
	/* Of a SCSI adapter, by this VIOS's target: is it known whether it serves? Does it? Does it
	 * take what is configured? */
	bool target_known, target_serves, target_is_current;
	/* Its path to a disk fails; the other VIOS could take the adapter. */
	bool target_failed, peer_is_better;
	size_t sea;  /* whose uplink it goes by (sea_paths.h) */
	bool leaves; /* by its VLAN, clients are better off on the other VIOS (sea_paths.h) */
	/* quarantined and held as they were noted last (viosd_notes.c) */
	bool noted_quarantined, noted_held;
	struct adapter_status report;
};

struct inventory {
	const struct model_frame *frame; /* borrowed; its clients: see inventory_follow() */
	size_t n;
	struct inventory_adapter
		*list; /* a client's adapters stand together, in the frame's order */
};

/* 0 or -ENOMEM. */
int inventory_init(struct inventory *inventory, const struct model_frame *frame);
void inventory_fini(struct inventory *inventory);
/* The frame has other clients from now on. What is known of an adapter is carried over by its id
 * (the mux's report only if its name is the same, too). frame: borrowed; the former one with its
 * clients must still be there. 0, or -ENOMEM and nothing has changed. */
int inventory_follow(struct inventory *inventory, const struct model_frame *frame);
/* NULL: there is none. */
struct inventory_adapter *inventory_find(const struct inventory *inventory, const char *name);
/* Index into frame->clients, or -1. */
long inventory_client(const struct inventory *inventory, const char *name);
/* The adapters of one client: returns the first, *n how many. */
struct inventory_adapter *inventory_of_client(
	const struct inventory *inventory, size_t client, size_t *n);
/* Marks exactly the adapters that vios-framed's note lists: by their ids, as a name may have had
 * another bearer; by their names if it gives no ids. True: something has changed. */
bool inventory_quarantine(struct inventory *inventory, const json_t *note);
/* Recomputes all paths: of Ethernet adapters with these facts, by their SEA, of SCSI adapters with
 * those of their target, if it is known; what concerns the adapter is filled in here. Sets
 * changed[client] for each client that has a path whose state has changed. True: there is one. */
bool inventory_update(struct inventory *inventory, const struct path_facts *facts, uint64_t *clock,
	bool *changed);

#endif
