/* SPDX-License-Identifier: BSD-3-Clause */
/* frame.h - what the running frame says of itself, and which processes it consists of. */
#ifndef VIOS_DRILL_FRAME_H
#define VIOS_DRILL_FRAME_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ha/drill/env.h"
#include "ha/drill/view.h"

struct frame_vios {
	bool answered; /* its viosd did */
	struct view view;
	char incarnation[20]; /* of its netd, as its own viosd has it */
	/* 0: not there; scsid: of the storage client's adapter */
	pid_t init_pid, viosd_pid, netd_pid, corosync_pid, scsid_pid;
};

/* Where an adapter's path is, as its mux has it. */
struct frame_path {
	char live[VIEW_NAME_BYTES]; /* "": none or no answer */
	uint64_t start;
};

/* The frame at one moment; the first adapter with traffic is the one that faults are aimed at,
 * beside the storage client's. */
struct frame_snapshot {
	struct frame_vios vios[VIEW_VIOS_MAX]; /* in the order of env->vios */
	char live[VIEW_NAME_BYTES];	       /* as the mux has it; "": none or no answer */
	uint64_t start;
	struct frame_path storage;
	pid_t mux_pid, framed_pid;
};

/* Index of a VIOS in env->vios, or -1. */
int frame_vios_index(const struct env *env, const char *name);

/* 0, or -errno / an rpc_code with the sentence in why. */
int frame_viosd_status(const struct env *env, int vios, struct view *out, char why[VIEW_WHY_BYTES]);
/* Asks the mux of an adapter's client. */
int frame_mux_status(
	const struct env *env, const char *adapter, struct view *out, char why[VIEW_WHY_BYTES]);
/* Calls method of one VIOS's viosd, netd or scsid (the storage client's adapter's), or of
 * vios-framed (vios -1). params: ownership moves. */
enum frame_service { FRAME_VIOSD, FRAME_NETD, FRAME_SCSID, FRAME_FRAMED };
int frame_call(const struct env *env, int vios, enum frame_service service, const char *method,
	json_t *params, json_t **result, char why[VIEW_WHY_BYTES]);
/* Path of a control socket; FRAME_FRAMED ignores vios. 0 or -ENAMETOOLONG. */
int frame_socket(const struct env *env, int vios, enum frame_service service, char path[108]);
int frame_mux_socket(const struct env *env, const char *adapter, char path[108]);

/* Looks once. */
void frame_snapshot(const struct env *env, struct frame_snapshot *out);
/* Where the path of an adapter is now. */
void frame_live(const struct env *env, const char *adapter, struct frame_path *out);

/* Whether a VIOS calls its own path of an adapter unavailable. */
bool frame_path_fails(const struct env *env, int vios, const char *adapter);
/* What the state says of the storage client's adapter. 0, or as frame_viosd_status(). */
int frame_vhost(const struct env *env, struct view_vhost *out, char why[VIEW_WHY_BYTES]);

/* Asks a viosd for a planned switch of one adapter. 0, or as frame_viosd_status(). */
int frame_switch(
	const struct env *env, const char *adapter, const char *to, char why[VIEW_WHY_BYTES]);

/* Both viosd answer, both call the pair redundant for every adapter with traffic or a storage
 * client, and agree on the live paths. */
bool frame_redundant(const struct env *env, char why[VIEW_WHY_BYTES]);
/* Waits until that holds twice in a row. 0, -ETIMEDOUT with why, or -EINTR. */
int frame_wait_redundant(const struct env *env, unsigned timeout_ms, char why[VIEW_WHY_BYTES]);

json_t *frame_snapshot_json(const struct env *env, const struct frame_snapshot *snapshot);

#endif
