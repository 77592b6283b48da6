/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsid.h - the control side of vios-scsid: what main.c puts together and the methods of its socket
 * work on. Main thread only.
 */
#ifndef VIOS_STORAGE_SCSID_H
#define VIOS_STORAGE_SCSID_H

#include <jansson.h>

#include "storage/gate.h"
#include "storage/jobs.h"
#include "storage/session.h"
#include "storage/worker.h"
#include "vios-core/base/rpc.h"
#include "vios-core/model/frame_config.h"
#include "vios-core/model/incarnation.h"

#define SCSID_NAME_MAX (2 * MODEL_NAME_MAX + 2)
#define SCSID_RELEASES_MAX 8

struct scsid {
	const char *vios, *client, *adapter_name, *run;
	char name[SCSID_NAME_MAX]; /* CLIENT/ADAPTER */
	char incarnation[INCARNATION_BYTES];
	sd_event *ev;
	struct rpc_server *server;
	struct rpc_conn *viosd; /* the one that came last; NULL: none is connected */
	struct hb *hb;
	int pidfd, lock_fd, doorbell_fd;
	struct jobs *opener, *prober;
	sd_event_source *probe_timer;
	bool answers; /* errors of paths go to the client: viosd has said so */
	bool healed;  /* a path has, and its client has not been here since */
	sd_event_source *sources[8];
	unsigned n_sources;

	bool configured;
	struct adapter_config adapter;
	struct unit *unit[VS_LUNS]; /* wanted */
	struct gate gate;
	struct session session;
	struct worker *worker;

	struct plan plan; /* the worker's while applying */
	uint16_t handed_base[VU_RINGS_MAX];
	bool applying, plan_runs;	  /* a ring runs by the last plan */
	uint64_t wanted, handed, applied; /* numbers of changes: see scsid_changed() */

	struct opening *opening; /* configure.c: under way */
	struct {
		struct rpc_call *call;
		uint64_t number, start;
	} release[SCSID_RELEASES_MAX];
};

/* apply.c's counterpart: target.c. Something changed that the worker must hear of. The number that
 * `applied` reaches when it has; 0: it need not hear. */
uint64_t scsid_changed(struct scsid *d);
int target_start(struct scsid *d); /* worker, session, socket; 0 or -errno */

/* configure.c */
void configure(struct scsid *d, struct rpc_call *call, json_t *params);
void configure_applied(struct scsid *d);
void unit_close(struct scsid *d, struct unit *u); /* the worker has let it go */

/* control.c: listens on RUN/VIOS/CLIENT.ADAPTER.ctl. 0 or -errno, after a line that says why. */
int control_start(struct scsid *d, const char *path);
void control_stop(struct scsid *d);
void control_applied(struct scsid *d); /* answers releases */
bool control_is_viosd(struct rpc_conn *conn);

json_t *status_json(struct scsid *d);
void scsid_own_source(struct scsid *d, sd_event_source *source);

#endif
