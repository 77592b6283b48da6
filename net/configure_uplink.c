/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An uplink comes into use, goes out of it, and is out of the workers' hands for a moment while
 * the members of an aggregation change. Main thread.
 */
#include "net/configure_uplink.h"

#include <string.h>
#include <unistd.h>

#include "net/worker.h"
#include "vios-core/base/log.h"

#define QUIET_WAIT_LOOKS 10000 /* a second */
#define QUIET_LOOK_US 100

static void on_link(bool up, void *user)
{
	status_link_changed(user);
}

void configure_use_uplink(struct netd_uplink *at, struct uplink *uplink)
{
	struct plane *plane = at->netd->plane;

	at->uplink = uplink;
	/* It was opened beside a former one, whose sockets, on the same interface, are gone now. */
	uplink_members_changed(uplink);
	if (atomic_load(&plane->n_uplinks) <= at->number)
		atomic_store(&plane->n_uplinks, at->number + 1);
	configure_uplink_back(at);
	atomic_portset_set(&plane->live, PORT_UPLINK + at->number);
	if (uplink_ifindex(uplink) &&
		link_watch_new(at->netd->ev, uplink_ifindex(uplink), on_link, at, &at->link))
		log_warn("link-unwatched", "uplink=%s", uplink_config(uplink)->name);
	if (uplink_bond(uplink))
		at->members = members_new(at);
	if (at->members)
		members_tend(at->members);
	at->link_up = !strcmp(status_link(at), "up");
	log_info("uplink-open", "name=%s devargs=%s link=%s", uplink_config(uplink)->name,
		uplink_config(uplink)->devargs, status_link(at));
}

bool configure_uplink_aside(struct netd_uplink *at)
{
	struct plane *plane = at->netd->plane;
	bool quiet = false;
	uint64_t token;

	workers_uplink_remove(plane, at->number, at->uplink);
	atomic_store(&plane->uplink[at->number], NULL);
	token = rte_rcu_qsbr_start(plane->quiet);
	for (unsigned n = 0; n < QUIET_WAIT_LOOKS && !quiet; n++) {
		quiet = rte_rcu_qsbr_check(plane->quiet, token, false);
		if (!quiet)
			usleep(QUIET_LOOK_US);
	}
	if (!quiet)
		configure_uplink_back(at);
	return quiet;
}

void configure_uplink_back(struct netd_uplink *at)
{
	workers_uplink_add(at->netd->plane, at->number, at->uplink);
	atomic_store(&at->netd->plane->uplink[at->number], at->uplink);
}

void configure_drop_uplink(struct netd_uplink *at)
{
	struct plane *plane = at->netd->plane;
	struct uplink *uplink = at->uplink;

	if (!uplink)
		return;
	link_watch_free(at->link);
	at->link = NULL;
	members_free(at->members);
	at->members = NULL;
	atomic_portset_clear(&plane->live, PORT_UPLINK + at->number);
	if (configure_uplink_aside(at)) {
		uplink_close(uplink);
	} else {
		/* A worker that hangs may still be in it: leave it open, the process will be
		 * killed. */
		log_error("uplink-busy", "reason=worker-hangs");
		workers_uplink_remove(plane, at->number, uplink);
		atomic_store(&plane->uplink[at->number], NULL);
	}
	at->uplink = NULL;
}
