/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * netd.h - the control side of vios-netd: what main.c puts together and the methods of its socket
 * work on. Main thread only.
 */
#ifndef VIOS_NET_NETD_H
#define VIOS_NET_NETD_H

#include <jansson.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "net/adapters.h"
#include "net/hint.h"
#include "net/netd_uplink.h"
#include "net/plane.h"
#include "net/rulebook.h"
#include "net/trunk.h"
#include "net/uplink.h"
#include "vios-core/base/rpc.h"

#define NETD_INCARNATION_TEXT 17

struct note_state { /* what viosd was told last of an adapter */
	uint64_t started;
	bool connected;
	unsigned announcements_left;
};

struct netd {
	const char *vios;
	const char *run;
	char incarnation[NETD_INCARNATION_TEXT];
	bool configured;
	sd_event *ev;
	struct rpc_server *server;
	struct role *roles; /* of the open connections; control.c */
	struct plane *plane;
	struct adapters *adapters;
	struct netd_uplink uplinks[PORT_UPLINKS];
	struct rulebook *rulebook;
	struct trunk *trunk;
	int pidfd;
	int changed_fd; /* an adapter's status has changed */
	struct note_state noted[PORT_CLIENTS];
	struct pending *pending; /* release.c */
	struct trace *trace;	 /* trace.c; NULL: none yet */
	sd_event_source *release_timer;
	sd_event_source *announce_timer;
	sd_event_source *hurry_timer; /* release.c: rte_vhost's thread is urgent until then */
	uint64_t hurry_again_us;      /* a start makes it so again; CLOCK_MONOTONIC */
	sd_event_source *second_timer;
	sd_event_source *changed_source;
};

/* control.c: listens on RUN/VIOS/netd.sock. 0 or -errno, after a line that says why. */
int control_start(struct netd *netd, const char *socket_path);
void control_stop(struct netd *netd);
/* Tells every viosd. params: ownership moves. */
void control_note(struct netd *netd, const char *method, json_t *params);

/* release.c: answers now or when the workers have let go. call: consumed. */
void release_call(struct netd *netd, struct rpc_call *call, const char *adapter, uint64_t start);
/* What a mux says ahead of a planned switch. call: consumed. */
void release_hint(struct netd *netd, struct rpc_call *call, const char *adapter, hint_fn *give);
/* Rings are about to start here, perhaps because their VIOS has died: rte_vhost's thread, which
 * they go through, and the workers, which have slept, are urgent for a moment; not again within a
 * second, as a client can start its own as often as it likes. */
void release_starting(struct netd *netd);
/* Answers those that wait, with a failure. */
void release_stop(struct netd *netd);

/* configure.c: 0 and the answer (a new value): those that are to be asked for again, those that are
 * refused; or an rpc_code with why[] filled. */
int configure_apply(struct netd *netd, json_t *params, json_t **answer, char *why, size_t why_size);
/* status.c */
json_t *status_json(struct netd *netd);
/* Starts to tell viosd of changes and to repeat announcements. 0 or -errno. */
int status_start(struct netd *netd);
void status_stop(struct netd *netd);
/* Its MAC address is announced anew, and repeated: it is in other VLANs now. */
void status_announce(struct netd *netd, unsigned slot);
/* The same of all that are served here. */
void status_announce_all(struct netd *netd);
/* From the link watch, or after the uplink has changed. */
void status_link_changed(struct netd_uplink *at);
/* The uplink's link as the kernel or else the driver says: "up", "down", "unknown". */
const char *status_link(const struct netd_uplink *at);

#endif
