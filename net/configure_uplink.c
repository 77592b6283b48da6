/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The uplink comes into use, goes out of it, and is out of the workers' hands for a moment while
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

void configure_use_uplink(struct netd *netd, struct uplink *uplink)
{
	netd->uplink = uplink;
	configure_uplink_back(netd);
	atomic_portset_set(&netd->plane->live, PORT_UPLINK);
	if (uplink_ifindex(uplink) &&
		link_watch_new(netd->ev, uplink_ifindex(uplink), on_link, netd, &netd->link))
		log_warn("link-unwatched", "uplink=%s", uplink_config(uplink)->name);
	if (uplink_bond(uplink))
		netd->members = members_new(netd);
	if (netd->members)
		members_tend(netd->members);
	netd->link_up = !strcmp(status_link(netd), "up");
	log_info("uplink-open", "name=%s devargs=%s link=%s", uplink_config(uplink)->name,
		uplink_config(uplink)->devargs, status_link(netd));
}

bool configure_uplink_aside(struct netd *netd)
{
	bool quiet = false;
	uint64_t token;

	workers_uplink_remove(netd->plane, netd->uplink);
	atomic_store(&netd->plane->uplink, NULL);
	token = rte_rcu_qsbr_start(netd->plane->quiet);
	for (unsigned n = 0; n < QUIET_WAIT_LOOKS && !quiet; n++) {
		quiet = rte_rcu_qsbr_check(netd->plane->quiet, token, false);
		if (!quiet)
			usleep(QUIET_LOOK_US);
	}
	if (!quiet)
		configure_uplink_back(netd);
	return quiet;
}

void configure_uplink_back(struct netd *netd)
{
	workers_uplink_add(netd->plane, netd->uplink);
	atomic_store(&netd->plane->uplink, netd->uplink);
}

void configure_drop_uplink(struct netd *netd)
{
	struct uplink *uplink = netd->uplink;

	if (!uplink)
		return;
	link_watch_free(netd->link);
	netd->link = NULL;
	members_free(netd->members);
	netd->members = NULL;
	atomic_portset_clear(&netd->plane->live, PORT_UPLINK);
	if (configure_uplink_aside(netd)) {
		uplink_close(uplink);
	} else {
		/* A worker that hangs may still be in it: leave it open, the process will be
		 * killed. */
		log_error("uplink-busy", "reason=worker-hangs");
		workers_uplink_remove(netd->plane, uplink);
		atomic_store(&netd->plane->uplink, NULL);
	}
	netd->uplink = NULL;
}

/* An aggregation is made of the device that is in use alone, or the reverse: they cannot exist side
 * by side. */
static bool takes_its_place(const struct netd *netd, const struct uplink_config *wanted)
{
	const struct uplink_config *now = netd->uplink ? uplink_config(netd->uplink) : NULL;

	return now && (now->aggregate.n || wanted->aggregate.n) &&
	       aggregate_shares(&now->aggregate, now->devargs, &wanted->aggregate, wanted->devargs);
}

static int open_one(const struct netd *netd, const struct uplink_config *wanted,
	struct uplink **out, char *why, size_t why_size)
{
	return uplink_open(wanted, netd->plane->n_workers, plane_frame_max_bytes(netd->plane),
		netd->plane->pool, out, why, why_size);
}

int configure_open_uplink(struct netd *netd, const struct uplink_config *wanted,
	struct uplink **out, char *why, size_t why_size)
{
	const bool alone = takes_its_place(netd, wanted);
	struct uplink_config former;
	struct uplink *again;
	char ignored[256];
	int rc;

	if (alone) {
		former = *uplink_config(netd->uplink);
		configure_drop_uplink(netd);
	}
	rc = open_one(netd, wanted, out, why, why_size);
	if (rc && alone && !open_one(netd, &former, &again, ignored, sizeof(ignored)))
		configure_use_uplink(netd, again);
	return rc;
}

void configure_undo_uplink(struct netd *netd, struct uplink *uplink)
{
	/* What was there before had to make room: this one is better than none. */
	if (netd->uplink)
		uplink_close(uplink);
	else
		configure_use_uplink(netd, uplink);
}
