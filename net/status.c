/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What vios-netd says about itself: the `status` answer, notes to viosd when an adapter or the
 * uplink changes, and the main thread's other periodic work, ageing and repeated announcements.
 * Main thread.
 */
#include "net/netd.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "net/snoop.h"
#include "net/trace.h"
#include "net/worker.h"
#include "vios-core/base/log.h"

#define ANNOUNCE_EVERY_US 50000
#define ANNOUNCE_TIMES 4 /* after the first, which the worker sends at once */
#define SECOND_US 1000000

static json_t *drops_json(const struct port_sums *sums)
{
	json_t *drops = json_object();

	for (unsigned reason = DROP_NONE + 1; reason < DROP_COUNT; reason++)
		/* What the VIOS has taken for itself is not lost: prober_json() tells of it. */
		if (sums->drops[reason] && reason != DROP_FOR_VIOS)
			json_object_set_new(drops, drop_name(reason),
				json_integer((json_int_t)sums->drops[reason]));
	return drops;
}

static json_t *floods_json(const uint64_t *floods)
{
	return json_pack("{s:I, s:I, s:I}", "broadcast", (json_int_t)floods[FLOOD_BROADCAST],
		"multicast", (json_int_t)floods[FLOOD_MULTICAST], "unknown",
		(json_int_t)floods[FLOOD_UNKNOWN]);
}

static void add_counters(struct netd *netd, json_t *to, unsigned port)
{
	struct port_sums sums;

	workers_stats_sum(netd->plane, port, &sums);
	json_object_update_new(to,
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "rx_packets",
			(json_int_t)sums.rx_packets, "tx_packets", (json_int_t)sums.tx_packets,
			"rx_bytes", (json_int_t)sums.rx_bytes, "tx_bytes",
			(json_int_t)sums.tx_bytes, "macs",
			(json_int_t)fdb_learned_count(netd->plane->fdb, (uint16_t)port), "pruned",
			(json_int_t)sums.pruned, "rx_flooded", floods_json(sums.rx_flood),
			"tx_flooded", floods_json(sums.tx_flood), "drops", drops_json(&sums)));
	json_object_update_new(
		to, json_pack("{s:I, s:I, s:I, s:I}", "gathered", (json_int_t)sums.gathered,
			    "held_times", (json_int_t)sums.held_times, "held_us",
			    (json_int_t)sums.held_us, "shared", (json_int_t)sums.shared));
}

static json_t *mac_json(const uint8_t mac[6])
{
	return json_sprintf(
		"%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* Of an adapter: those that it wants; of the uplink: all that are known. */
static void add_groups(struct netd *netd, json_t *to, unsigned port)
{
	struct snoop_counts counts = snoop_counts(netd->plane->snoop, (uint16_t)port);

	json_object_set_new(to, "multicast",
		json_pack("{s:I, s:I, s:I, s:I, s:b}", "groups", (json_int_t)counts.groups,
			"reports", (json_int_t)counts.reports, "queries",
			(json_int_t)counts.queries, "refused", (json_int_t)counts.refused,
			"gets_all", counts.open));
}

static json_t *adapters_json(struct netd *netd)
{
	json_t *list = json_array();
	struct adapter_status a;

	for (unsigned i = 0; i < PORT_CLIENTS; i++) {
		json_t *one;

		if (!adapters_get(netd->adapters, i, &a))
			continue;
		one = json_pack("{s:s, s:I, s:o, s:i, s:i, s:i, s:b, s:I, s:s}", "adapter",
			a.config.name, "id", (json_int_t)a.config.id, "mac", mac_json(a.config.mac),
			"mtu", a.config.mtu, "queue_pairs", a.config.queue_pairs, "ring_size",
			a.config.ring_size, "connected", a.connected, "started",
			(json_int_t)a.started, "gate", gate_state_name(a.state));
		rulebook_write_adapter(one, &a.config.rules);
		add_counters(netd, one, i);
		add_groups(netd, one, i);
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *workers_json(struct netd *netd)
{
	static const char *const names[] = {"absent", "polling", "sleeping"};
	struct hb_page *page = hb_page(netd->plane->hb);
	json_t *list = json_array();

	for (unsigned i = 0; i < netd->plane->n_workers; i++) {
		uint32_t state = atomic_load(&page->worker[i].state);

		json_array_append_new(
			list, json_pack("{s:I, s:s}", "ticks",
				      (json_int_t)atomic_load(&page->worker[i].ticks), "state",
				      state <= HB_SLEEPING ? names[state] : "unknown"));
	}
	return list;
}

const char *status_link(const struct netd_uplink *at)
{
	if (!at->uplink)
		return "unknown";
	if (at->members)
		return members_up(at->members) ? "up" : "down";
	if (at->link)
		return link_watch_up(at->link) ? "up" : "down";
	return uplink_link_is_up(at->uplink) ? "up" : "down";
}

/* What its driver does to frames that ask for it; the rest is done before. */
static json_t *offloads_json(unsigned can)
{
	json_t *list = json_array();

	if (can & OFFLOAD_CHECKSUM)
		json_array_append_new(list, json_string("checksum"));
	if (can & OFFLOAD_TSO4)
		json_array_append_new(list, json_string("tso4"));
	if (can & OFFLOAD_TSO6)
		json_array_append_new(list, json_string("tso6"));
	return list;
}

static json_t *uplink_json(const struct netd_uplink *at)
{
	const struct uplink_config *config = uplink_config(at->uplink);
	const uint16_t port = (uint16_t)(PORT_UPLINK + at->number);
	struct netd *netd = at->netd;
	json_t *one =
		json_pack("{s:s, s:s, s:s, s:o}", "name", config->name, "devargs", config->devargs,
			"link", status_link(at), "offloads", offloads_json(uplink_can(at->uplink)));

	json_object_set_new(one, "netaddr", prober_json(at->prober));
	if (at->members)
		json_object_set_new(one, "aggregation", members_json(at->members));
	rulebook_write_uplink(one, netd->rulebook, at->number);
	add_counters(netd, one, port);
	add_groups(netd, one, port);
	json_object_set_new(json_object_get(one, "multicast"), "queriers",
		json_integer(snoop_queriers(netd->plane->snoop, plane_now_s())));
	return one;
}

static json_t *uplinks_json(struct netd *netd)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < PORT_UPLINKS; i++)
		if (netd->uplinks[i].uplink)
			json_array_append_new(list, uplink_json(&netd->uplinks[i]));
	return list;
}

/* With one uplink that is all there is to say. */
static json_t *first_of(const json_t *uplinks)
{
	json_t *first = json_array_get(uplinks, 0);

	return first ? json_incref(first) : json_null();
}

static json_t *trunk_status(struct netd *netd)
{
	json_t *one = trunk_json(netd->trunk);

	if (json_is_object(one))
		add_counters(netd, one, PORT_TRUNK);
	return one;
}

json_t *status_json(struct netd *netd)
{
	json_t *uplinks = uplinks_json(netd), *first = first_of(uplinks);

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "uplink", first, "uplinks", uplinks,
		"trunk", trunk_status(netd), "adapters", adapters_json(netd), "workers",
		workers_json(netd), "trace", trace_json(netd));
}

void status_link_changed(struct netd_uplink *at)
{
	bool up = !strcmp(status_link(at), "up");
	const char *name;

	if (!at->uplink || up == at->link_up)
		return;
	at->link_up = up;
	name = uplink_config(at->uplink)->name;
	log_info("uplink", "name=%s link=%s", name, up ? "up" : "down");
	control_note(at->netd, "uplink",
		json_pack("{s:s, s:s}", "name", name, "link", up ? "up" : "down"));
}

static int on_announce(sd_event_source *source, uint64_t usec, void *user)
{
	struct netd *netd = user;
	bool more = false;

	for (unsigned i = 0; i < PORT_CLIENTS; i++) {
		if (!netd->noted[i].announcements_left)
			continue;
		adapters_announce(netd->adapters, i);
		more |= --netd->noted[i].announcements_left > 0;
	}
	if (!more)
		return 0;
	sd_event_source_set_time_relative(source, ANNOUNCE_EVERY_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

void status_announce(struct netd *netd, unsigned slot)
{
	adapters_announce(netd->adapters, slot);
	netd->noted[slot].announcements_left = ANNOUNCE_TIMES;
	sd_event_source_set_time_relative(netd->announce_timer, ANNOUNCE_EVERY_US);
	sd_event_source_set_enabled(netd->announce_timer, SD_EVENT_ONESHOT);
}

void status_announce_all(struct netd *netd)
{
	struct adapter_status a;

	for (unsigned i = 0; i < PORT_CLIENTS; i++)
		if (adapters_get(netd->adapters, i, &a) && a.started)
			status_announce(netd, i);
}

static void note_adapter(struct netd *netd, unsigned slot)
{
	struct note_state *noted = &netd->noted[slot];
	struct adapter_status a;

	if (!adapters_get(netd->adapters, slot, &a)) {
		*noted = (struct note_state){0};
		return;
	}
	if (noted->started == a.started && noted->connected == a.connected)
		return;
	if (a.started && a.started != noted->started) {
		noted->announcements_left = ANNOUNCE_TIMES;
		sd_event_source_set_time_relative(netd->announce_timer, ANNOUNCE_EVERY_US);
		sd_event_source_set_enabled(netd->announce_timer, SD_EVENT_ONESHOT);
	}
	noted->started = a.started;
	noted->connected = a.connected;
	control_note(netd, "adapter",
		json_pack("{s:s, s:b, s:I}", "adapter", a.config.name, "connected", a.connected,
			"started", (json_int_t)a.started));
}

static int on_changed(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	uint64_t n;

	(void)!read(fd, &n, sizeof(n));
	for (unsigned i = 0; i < PORT_CLIENTS; i++)
		note_adapter(user, i);
	return 0;
}

static int on_second(sd_event_source *source, uint64_t usec, void *user)
{
	struct netd *netd = user;

	rulebook_reap(netd->rulebook, netd->plane);
	trace_settle(netd);
	trunk_tend(netd->trunk);
	fdb_age(netd->plane->fdb, plane_now_s());
	snoop_age(netd->plane->snoop, plane_now_s());
	for (unsigned i = 0; i < PORT_UPLINKS; i++) {
		struct netd_uplink *at = &netd->uplinks[i];

		if (at->members)
			members_tend(at->members);
		else if (!at->link)
			status_link_changed(at);
	}
	sd_event_source_set_time_relative(source, SECOND_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int status_start(struct netd *netd)
{
	int rc = sd_event_add_io(
		netd->ev, &netd->changed_source, netd->changed_fd, EPOLLIN, on_changed, netd);

	if (rc >= 0)
		rc = sd_event_add_time_relative(netd->ev, &netd->second_timer, CLOCK_MONOTONIC,
			SECOND_US, 100000, on_second, netd);
	if (rc >= 0)
		rc = sd_event_add_time_relative(netd->ev, &netd->announce_timer, CLOCK_MONOTONIC,
			ANNOUNCE_EVERY_US, 1000, on_announce, netd);
	return rc < 0 ? rc : 0;
}

void status_stop(struct netd *netd)
{
	netd->changed_source = sd_event_source_disable_unref(netd->changed_source);
	netd->second_timer = sd_event_source_disable_unref(netd->second_timer);
	netd->announce_timer = sd_event_source_disable_unref(netd->announce_timer);
}
