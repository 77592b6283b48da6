// SPDX-License-Identifier: BSD-3-Clause
/*
 * devices.c - what this VIOS has, kept fresh. Runs on viosd's one thread; owns watchers, the last
 * scan's result and the calls that wait for the next.
 *
 *   port_nl ----------------------------.
 *   uevent_sock --> scan of sysfs -------+--> list --> `devices`; changed(), if it differs
 *   a request, the last scan too old --'
 *
 * Interfaces are known at any time. sysfs is scanned in steps of a few devices at idle priority, so
 * that a thousand disks do not hold up a path's state. After an event the scan waits for more of
 * them; a second one follows when udev has had its time for the links by-id.
 */
#include "vios-core/daemon/devices.h"

#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"
#include "vios-core/daemon/device_view.h"
#include "vios-core/discovery/disk_scan.h"
#include "vios-core/discovery/pci_scan.h"
#include "vios-core/discovery/port_driver.h"
#include "vios-core/discovery/port_nl.h"
#include "vios-core/discovery/uevent_sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STEP_DEVICES 4 /* about a millisecond */
#define STEP_LINKS 64
#define GATHER_US 100000 /* events come in bursts */
#define GATHER_MAX_US 5000000
#define SETTLE_US 1000000
#define FRESH_US 1000000
#define HELD_MAX 64
#define LOGGED_MAX 16

enum stage { STAGE_NONE, STAGE_LINKS, STAGE_DISKS, STAGE_PCI };

struct devices {
	sd_event *ev;
	struct devices_config config;
	int root;
	struct uplink_use uplinks[UPLINK_USE_MAX];
	size_t n_uplinks;
	struct port_nl *ports;
	struct uevent_sock *uevents;
	sd_event_source *step, *gather, *settle;
	bool gathering;
	bool dirty; /* something has happened since the last scan began */
	/* the scan that runs */
	enum stage stage;
	struct disk_scan disks;
	struct sysfile_names pci;
	size_t at;
	uint64_t cost_us; /* so far, of this thread's time */
	json_t *new_disks;
	struct pci_facts *new_pci;
	size_t n_new_pci;
	/* the last one */
	uint64_t done_us; /* 0: there was none */
	json_t *old_disks;
	struct pci_facts *old_pci;
	size_t n_old_pci;
	json_t *list; /* NULL: to be made anew */
	json_t *told; /* as it was when changed() was called last */
	unsigned logged;
	struct rpc_call *held[HELD_MAX];
	size_t n_held;
};

static uint64_t now_us(const struct devices *d)
{
	uint64_t now;

	sd_event_now(d->ev, CLOCK_MONOTONIC, &now);
	return now;
}

/* Not the clock's: on a busy machine a scan waits for its turn, and costs no more for it. */
static uint64_t worked_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void outdate(struct devices *d)
{
	json_decref(d->list);
	d->list = NULL;
}

static void gather(struct devices *d);

/* ---- the list ---- */

json_t *devices_list(struct devices *d)
{
	struct device_list list;
	size_t n;
	struct port_facts *ports = port_nl_list(d->ports, &n);

	if (d->list)
		return d->list;
	for (size_t i = 0; i < n; i++)
		if (!ports[i].asked)
			port_driver_ask(&ports[i]);
	struct device_view view = {.uplinks = d->uplinks,
		.n_uplinks = d->n_uplinks,
		.ports = ports,
		.n_ports = n,
		.pci = d->old_pci,
		.n_pci = d->n_old_pci,
		.disks = d->old_disks};
	if (device_view_make(&view, &list) < 0)
		return NULL;
	if (list.cut)
		log_warn("devices-cut", "listed=%zu bytes_max=%u", json_array_size(list.array),
			DEVICE_LIST_TEXT_MAX);
	d->list = list.array;
	return d->list;
}

static void log_difference(const char *what, const json_t *device, void *user)
{
	struct devices *d = user;

	if (++d->logged > LOGGED_MAX)
		return;
	log_write(strcmp(what, "changed") == 0 ? LOGL_DEBUG : LOGL_INFO, "device",
		"what=%s class=%s name=%s type=%s", what,
		json_string_value(json_object_get(device, "class")),
		json_string_value(json_object_get(device, "name")),
		json_string_value(json_object_get(device, "type")));
}

/* What is there at the start is no news. */
static void tell(struct devices *d)
{
	json_t *list = d->done_us ? devices_list(d) : NULL;

	if (!list)
		return;
	d->logged = 0;
	bool news = d->told && device_list_diff(d->told, list, log_difference, d);
	if (d->logged > LOGGED_MAX)
		log_info("devices", "differences=%u logged=%d", d->logged, LOGGED_MAX);
	json_decref(d->told);
	d->told = json_incref(list);
	if (news)
		d->config.changed(d->config.user);
}

/* ---- calls ---- */

/* The peer's list belongs beside ours, under its name, once the two viosd tell each other. */
static void reply(struct devices *d, struct rpc_call *call)
{
	json_t *list = devices_list(d);

	if (list)
		rpc_reply(call, json_pack("{s:{s:O}}", "vios", d->config.vios, list), NULL, 0);
	else
		rpc_fail(call, RPC_INTERNAL, "no memory for the list of devices; ask again");
}

static void reply_all(struct devices *d)
{
	size_t n = d->n_held;

	d->n_held = 0;
	for (size_t i = 0; i < n; i++)
		reply(d, d->held[i]);
}

/* ---- the scan ---- */

static void drop_scan(struct devices *d)
{
	disk_scan_end(&d->disks);
	sysfile_names_fini(&d->pci);
	json_decref(d->new_disks);
	free(d->new_pci);
	d->new_disks = NULL;
	d->new_pci = NULL;
	d->n_new_pci = 0;
	d->stage = STAGE_NONE;
	sd_event_source_set_enabled(d->step, SD_EVENT_OFF);
}

static void finish_scan(struct devices *d)
{
	json_decref(d->old_disks);
	free(d->old_pci);
	d->old_disks = d->new_disks;
	d->old_pci = d->new_pci;
	d->n_old_pci = d->n_new_pci;
	d->new_disks = NULL;
	d->new_pci = NULL;
	drop_scan(d);
	d->done_us = now_us(d);
	outdate(d);
	reply_all(d);
	tell(d);
	if (d->dirty) /* what happened meanwhile may have been passed by */
		gather(d);
}

static void scan_disk(struct devices *d)
{
	struct disk_facts facts;

	if (disk_scan_read(&d->disks, d->at, &facts) == 0 && disk_wanted(&facts))
		json_array_append_new(d->new_disks, disk_json(&facts));
}

static void scan_pci(struct devices *d)
{
	if (pci_scan_read(d->root, d->pci.name[d->at], &d->new_pci[d->n_new_pci]) == 0)
		d->n_new_pci++;
}

/* True: that was all. */
static bool scan_some(struct devices *d)
{
	if (d->stage == STAGE_LINKS) {
		if (!disk_scan_links(&d->disks, STEP_LINKS))
			d->stage = STAGE_DISKS;
		return false;
	}
	for (unsigned i = 0; i < STEP_DEVICES; i++, d->at++) {
		if (d->stage == STAGE_DISKS && d->at == d->disks.names.n) {
			d->stage = STAGE_PCI;
			d->at = 0;
		}
		if (d->stage == STAGE_PCI && d->at == d->pci.n)
			return true;
		if (d->stage == STAGE_DISKS)
			scan_disk(d);
		else
			scan_pci(d);
	}
	return false;
}

static int on_step(sd_event_source *source, void *user)
{
	struct devices *d = user;
	uint64_t began_us = worked_us();
	bool done = scan_some(d);

	d->cost_us += worked_us() - began_us;
	if (done)
		finish_scan(d);
	return 0;
}

/* What this process may not read is as if it were not there; that is said once. */
static int tolerate(const struct devices *d, const char *what, int r)
{
	if (r == 0 || r == -ENOMEM)
		return r;
	if (d->done_us == 0)
		log_warn("devices-not-read", "class=%s reason=\"%s\"", what, strerror(-r));
	return 0;
}

static void begin_scan(struct devices *d)
{
	if (d->stage != STAGE_NONE)
		return;
	d->dirty = false;
	d->at = 0;
	d->cost_us = 0;
	uint64_t began_us = worked_us();
	int r = tolerate(d, "block", disk_scan_begin(&d->disks, d->root));
	if (r == 0)
		r = tolerate(d, "pci", pci_scan_list(d->root, &d->pci));
	if (r == 0) {
		d->new_disks = json_array();
		d->new_pci = calloc(d->pci.n + 1, sizeof(*d->new_pci));
		r = d->new_disks && d->new_pci ? 0 : -ENOMEM;
	}
	if (r == 0 && (d->disks.names.cut || d->pci.cut))
		log_warn("devices-cut", "block_devices=%zu pci_functions=%zu", d->disks.names.n,
			d->pci.n);
	if (r < 0) {
		log_warn("devices-not-read", "reason=\"%s\"", strerror(-r));
		drop_scan(d);
		reply_all(d);
		return;
	}
	d->stage = STAGE_LINKS;
	d->cost_us += worked_us() - began_us;
	sd_event_source_set_enabled(d->step, SD_EVENT_ON);
}

/* ---- events ---- */

static int on_gathered(sd_event_source *source, uint64_t usec, void *user)
{
	struct devices *d = user;

	d->gathering = false;
	if (d->dirty)
		begin_scan(d);
	if (d->stage == STAGE_NONE)
		tell(d);
	return 0;
}

/* A scan that costs much is made less often: at most a tenth of the time goes into scans. */
static void gather(struct devices *d)
{
	uint64_t wait_us = 10 * d->cost_us;

	if (d->gathering)
		return;
	if (wait_us < GATHER_US)
		wait_us = GATHER_US;
	if (wait_us > GATHER_MAX_US)
		wait_us = GATHER_MAX_US;
	d->gathering = retimer_set(d->ev, &d->gather, wait_us, on_gathered, d) >= 0;
}

static int on_settled(sd_event_source *source, uint64_t usec, void *user)
{
	struct devices *d = user;

	d->dirty = true;
	gather(d);
	return 0;
}

static void on_ports(void *user)
{
	struct devices *d = user;

	outdate(d);
	gather(d);
}

static void on_uevent(void *user)
{
	struct devices *d = user;

	d->dirty = true;
	gather(d);
	retimer_set(d->ev, &d->settle, SETTLE_US, on_settled, d);
}

void devices_answer(struct devices *d, struct rpc_call *call)
{
	bool fresh = d->done_us && !d->dirty && now_us(d) - d->done_us < FRESH_US;

	if (fresh && d->stage == STAGE_NONE) {
		reply(d, call);
		return;
	}
	if (d->n_held == HELD_MAX) {
		rpc_fail(call, RPC_FAILED, "%d others wait for the list of devices; ask again",
			HELD_MAX);
		return;
	}
	d->held[d->n_held++] = call;
	begin_scan(d);
}

void devices_set_uplinks(struct devices *d, const struct uplink_use *list, size_t n)
{
	if (n > UPLINK_USE_MAX)
		n = UPLINK_USE_MAX;
	if (n == d->n_uplinks && (n == 0 || memcmp(d->uplinks, list, n * sizeof(*list)) == 0))
		return;
	d->n_uplinks = n;
	if (n > 0)
		memcpy(d->uplinks, list, n * sizeof(*list));
	outdate(d);
	gather(d);
}

static void watch(struct devices *d)
{
	int r = port_nl_new(d->ev, on_ports, d, &d->ports);

	if (r < 0)
		log_warn("ports-unwatched", "reason=\"%s\"", strerror(-r));
	r = uevent_sock_new(d->ev, on_uevent, d, &d->uevents);
	if (r < 0)
		log_warn("devices-unwatched", "reason=\"%s\" seen=when-asked", strerror(-r));
}

int devices_new(sd_event *ev, const struct devices_config *config, struct devices **out)
{
	struct devices *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->ev = sd_event_ref(ev);
	d->config = *config;
	d->root = sysfile_dir(AT_FDCWD, config->root);
	int r = d->root < 0 ? d->root : sd_event_add_defer(ev, &d->step, on_step, d);
	if (r >= 0)
		r = sd_event_source_set_priority(d->step, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = sd_event_source_set_enabled(d->step, SD_EVENT_OFF);
	if (r < 0) {
		devices_free(d);
		return r;
	}
	watch(d);
	begin_scan(d);
	*out = d;
	return 0;
}

void devices_free(struct devices *d)
{
	if (!d)
		return;
	drop_scan(d);
	for (size_t i = 0; i < d->n_held; i++)
		rpc_fail(d->held[i], RPC_CLOSED, "viosd ends");
	port_nl_free(d->ports);
	uevent_sock_free(d->uevents);
	sd_event_source_disable_unref(d->step);
	sd_event_source_disable_unref(d->gather);
	sd_event_source_disable_unref(d->settle);
	json_decref(d->old_disks);
	free(d->old_pci);
	json_decref(d->list);
	json_decref(d->told);
	if (d->root >= 0)
		close(d->root);
	sd_event_unref(d->ev);
	free(d);
}
