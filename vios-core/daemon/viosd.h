/* SPDX-License-Identifier: BSD-3-Clause */
/* viosd.h - the daemon's parts, put together. */
#ifndef VIOS_DAEMON_VIOSD_H
#define VIOS_DAEMON_VIOSD_H

#include "ha/cluster/cluster.h"
#include "vios-core/daemon/devices.h"
#include "vios-core/daemon/errlog_file.h"
#include "vios-core/daemon/fencer.h"
#include "vios-core/daemon/framed_link.h"
#include "vios-core/daemon/inventory.h"
#include "vios-core/daemon/options.h"
#include "vios-core/daemon/pair.h"
#include "vios-core/daemon/plane.h"
#include "vios-core/daemon/scsids.h"
#include "vios-core/daemon/server.h"
#include "vios-core/daemon/summary.h"
#include "vios-core/daemon/viosd_notes.h"
#include "vios-core/daemon/viosd_sea.h"

#include <limits.h>
#include <systemd/sd-event.h>

/* All owned, unless it says otherwise; one thread. */
struct viosd {
	const struct options *options; /* borrowed */
	sd_event *ev;
	struct model_frame *frame;
	size_t self; /* index into frame->vios */
	struct inventory inventory;
	/* Of the configuration that the clients are from; 0, 0: frame.json's. Only a VIOS that is
	 * in step may tell muxes of clients: clients_known. */
	uint64_t epoch, version;
	bool clients_known;
	json_t *rules;	       /* netd_params_rules(); NULL: not known, netd's own defaults */
	json_t *quarantine;    /* vios-framed's last note, for adapters that are new; NULL: none */
	uint64_t path_clock;   /* the last generation given out */
	bool *changed;	       /* one a client, for inventory_update() */
	struct plane *plane;   /* vios-netd */
	struct scsids *scsids; /* the SCSI targets */
	unsigned planes_left;  /* kinds of them that are still to stop; then the loop ends */
	struct viosd_seas seas;
	struct framed_link *framed;
	struct devices *devices;
	json_t *disk_sizes;	 /* as they were seen last: {name: bytes}; NULL: never */
	struct cluster *cluster; /* NULL: --no-cluster */
	struct pair *pair;	 /* NULL: --no-cluster */
	struct mapping *mapping; /* NULL: --no-cluster */
	struct recheck *recheck; /* likewise */
	struct server *server;
	struct errlog_file *errlog;
	char incident[PATH_MAX]; /* the file */
	struct noted noted;
	struct fencer fencer;
	char *published; /* the summary that was multicast last */
	/* What each viosd says, as the frame orders its VIOS; known: since it came online. */
	struct {
		bool known;
		struct summary summary;
	} seen[MODEL_VIOS_MAX];
};

/* Takes over frame, also on failure. Refusals are on stderr. 0 or -errno. */
int viosd_init(struct viosd *v, sd_event *ev, const struct options *options,
	struct model_frame *frame, size_t self);
void viosd_fini(struct viosd *v);
/* Ends the loop; with data_planes, after they have gone. */
void viosd_shutdown(struct viosd *v, bool data_planes);
/* The frame has these clients from now on (malloc; taken over, also on failure), of this epoch and
 * version: muxes are told what concerns them, what is known of an adapter stays. 0, or -ENOMEM with
 * nothing changed. */
int viosd_follow(
	struct viosd *v, struct model_client *clients, size_t n, uint64_t epoch, uint64_t version);
/* It is known what clients there are, and whether a data plane runs: muxes may be told. */
bool viosd_decided(const struct viosd *v);
/* The same of the targets of one client. */
bool viosd_decided_for(const struct viosd *v, const char *client);
/* Something that paths depend on has changed. */
void viosd_refresh(struct viosd *v);
/* This VIOS as it is now. */
struct summary viosd_summary(const struct viosd *v);

#endif
