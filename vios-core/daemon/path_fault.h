/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path_fault.h - this VIOS's paths to the disks of one server adapter, as its target tells of them,
 * and what follows for the adapter: is it moved, are its client's requests held, does it come back?
 * Pure.
 */
#ifndef VIOS_DAEMON_PATH_FAULT_H
#define VIOS_DAEMON_PATH_FAULT_H

#include "vios-core/model/adapter_status.h"

#include <jansson.h>

#define PATH_FAULT_LUNS 256
#define PATH_FAULT_ERROR 16
#define PATH_FAULT_TOLD 16 /* LUNs that are named; the rest is not */

enum path_fault_state {
	PATH_FAULT_NONE,
	PATH_FAULT_RECOVERING,
	PATH_FAULT_FAILED,
	PATH_FAULT_STATES
};

/* A note `path` of a target. */
struct path_fault_note {
	unsigned lun;
	enum path_fault_state state;
	char error[PATH_FAULT_ERROR]; /* "EIO" */
	bool healed;		      /* a path has, and the client has not been back since */
};

struct path_faults { /* all zero: none */
	uint8_t state[PATH_FAULT_LUNS];
	unsigned n;		      /* LUNs whose path is not as it should be */
	char error[PATH_FAULT_ERROR]; /* the last one */
};

/* params: hostile. 0 or -EINVAL. */
int path_fault_parse(const json_t *params, struct path_fault_note *out);
/* True: whether there are any, or which, has changed. */
bool path_faults_take(struct path_faults *faults, const struct path_fault_note *note);
/* The worst of all. */
enum path_fault_state path_faults_state(const struct path_faults *faults);
/* As in `status`: null, or {"state", "error", "luns"}: a new value. */
json_t *path_faults_json(const struct path_faults *faults);
/* The reverse, of what a peer says: hostile; absent or null: none. 0 or -EINVAL. */
int path_faults_read(const json_t *value, struct path_faults *out);

/* What is known when the path of VIOS `self` fails. */
struct path_fault_facts {
	const struct adapter_status *report; /* of the mux */
	size_t self, peer;		     /* index into the frame's VIOS; the same: no other */
	enum path_fault_state own, peers;    /* of the paths to disks */
	bool peer_offline;		     /* its VIOS is */
};

/* Our path has failed, or is recovering: could the other one take the adapter, and better? */
bool path_fault_peer_better(const struct path_fault_facts *facts);
/* Nobody else could do what has failed here: the client is told. */
bool path_fault_answer(const struct path_fault_facts *facts);

/* A path that was bad is well again: is the adapter to be brought back now? */
bool path_fault_may_return(const struct path_fault_facts *facts);

#endif
