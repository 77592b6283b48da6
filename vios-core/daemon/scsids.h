/* SPDX-License-Identifier: BSD-3-Clause */
/* scsids.h - this VIOS's SCSI targets: one data plane for each server adapter of the state. */
#ifndef VIOS_DAEMON_SCSIDS_H
#define VIOS_DAEMON_SCSIDS_H

#include "vios-core/daemon/device_match.h"
#include "vios-core/daemon/path_fault.h"
#include "vios-core/daemon/plane.h"
#include "vios-core/daemon/scsid_params.h"

#define SCSID_ADAPTER_BYTES (2 * MODEL_NAME_MAX + 2) /* CLIENT/ADAPTER */

struct scsid;
struct scsids;

struct scsids_config {
	const char *vios, *run, *program, *log_level; /* borrowed */
	struct errlog_file *errlog;
	void (*changed)(void *user); /* any of them: state, process, serving */
	void (*greeted)(struct plane *plane, void *user);
	void (*stopped)(void *user); /* after scsids_stop(): the last one has gone */
	/* Whether its paths to disks fail has changed. */
	void (*path)(struct scsid *s, enum path_fault_state before, void *user);
	/* Its client asks for another best way to a disk: to be answered. */
	void (*set_groups)(struct scsid *s, struct rpc_call *call, json_t *params, void *user);
	/* Does a client have the adapter, as it is? */
	bool (*in_use)(const char *adapter, void *user);
	/* Is it served, by another VIOS than the one it prefers? */
	bool (*away)(const char *adapter, void *user);
	void *user;
};

/* To be read, but for what is viosd_paths.c's. */
struct scsid {
	struct scsid *next;
	struct scsids *owner;
	char client[MODEL_NAME_MAX + 1], adapter[MODEL_NAME_MAX + 1];
	char name[SCSID_ADAPTER_BYTES];
	uint32_t id; /* of the adapter; 0: of one that is not in the state */
	struct plane *plane;
	json_t *params; /* wanted; NULL: see why */
	json_t *taken;	/* what it was told last; NULL: not known */
	char why[SCSID_WHY_BYTES];
	bool found;   /* in the newest state */
	bool leaving; /* not wanted any more */
	bool told;    /* to go */
	bool gone;
	bool waiting;		   /* for its turn to be started */
	uint64_t started_us;	   /* it has its turn since then; 0: it has none */
	struct path_faults faults; /* of this process's paths to disks */
	/* viosd_paths.c: what the process was told of them; its client is to come back here */
	bool told_path_errors, told_answer, returns;
	bool failback; /* as the state has it */
	/* recheck.c: a disk of it is not the other VIOS's, so it is not served; of the round at
	 * work */
	bool differs, wrong, unsure;
	char differs_why[DEVICE_MATCH_WHY];
	uint64_t set_groups_us; /* viosd_groups.c: when its client may ask again at leisure */
};

#define SCSIDS_STARTING_MAX 4	      /* at once */
#define SCSIDS_TURN_US (2 * 1000000u) /* one that takes longer holds up nobody else */

int scsids_new(sd_event *ev, const struct scsids_config *config, struct scsids **out);
/* They run on. */
void scsids_free(struct scsids *scsids);

/* The state has these server adapters: starts, adopts, configures anew, shuts down. Those that a
 * viosd before this has left behind are found by their sockets, the first time. 0 or -errno: some
 * could not be followed, and a line has been written. */
int scsids_follow(struct scsids *scsids, const struct config *config);
/* A disk of this VIOS may have another size by now: all targets look again. */
void scsids_look_again(struct scsids *scsids);
/* Clients have come or gone, adapters have moved: what waited for that is done, and clients are
 * told which of their ways to a disk is the best. */
void scsids_settle(struct scsids *scsids);
/* Shuts all down. False: there is none, and stopped() is not called. */
bool scsids_stop(struct scsids *scsids);

const struct scsid *scsids_first(const struct scsids *scsids);
struct scsid *scsids_find(const struct scsids *scsids, const char *adapter);
void scsids_declare_dead(struct scsids *scsids, const char *incarnation);
void scsids_suspect(
	struct scsids *scsids, const char *incarnation, const char *report, long long ms);

#endif
