/* SPDX-License-Identifier: BSD-3-Clause */
/* connector.h - connects to Corosync and joins a group without making the loop wait. Private to
 * ha/cluster. */
#ifndef HA_CLUSTER_CONNECTOR_H
#define HA_CLUSTER_CONNECTOR_H

#include <corosync/cpg.h>
#include <systemd/sd-event.h>

struct connector;

struct connector_result {
	cs_error_t error;
	const char *call; /* the one that failed */
	/* With CS_OK: */
	cpg_handle_t handle; /* the receiver's to finalize */
	uint32_t node_id;
	int fd;
};

/* One try. done() is called from the loop, once, after which the connector is free. context: what
 * cpg_context_get() will return to the callbacks, which run in cpg_dispatch() only. 0 or -errno
 * (done() is not called). */
int connector_start(sd_event *ev, const struct cpg_name *group, cpg_deliver_fn_t deliver,
	cpg_confchg_fn_t view, void *context,
	void (*done)(const struct connector_result *result, void *user), void *user,
	struct connector **out);
/* Gives the try up: done() is not called, and what comes of it is undone. NULL is fine. */
void connector_abandon(struct connector *connector);
/* Leaves the group (NULL: does not, the connection is broken) and frees the handle; makes the
 * caller wait no longer than wait_ms. */
void connector_finalize(cpg_handle_t handle, const struct cpg_name *leave, unsigned wait_ms);

#endif
