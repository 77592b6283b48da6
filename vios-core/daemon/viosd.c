// SPDX-License-Identifier: BSD-3-Clause
/*
 * viosd.c - puts the daemon's parts together: each edge's news ends in refresh(), which computes
 * what follows from all of it and tells those whom it concerns. One thread, the sd_event loop of
 * main.c.
 *
 *   planes --------.
 *   link_nl        |--> refresh --> path states --> muxes (server)
 *   framed_link    |            '-> summary ------> peer (cluster)
 *   cluster -------'
 *
 *   devices (discovery) --> server
 */
#include "vios-core/daemon/viosd.h"

#include "vios-core/base/log.h"
#include "vios-core/daemon/mapping.h"
#include "vios-core/daemon/recheck.h"
#include "vios-core/daemon/viosd_pair.h"
#include "vios-core/daemon/viosd_paths.h"
#include "vios-core/daemon/viosd_planes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct model_vios *self(const struct viosd *v)
{
	return &v->frame->vios[v->self];
}

/* Tells the peer what is new; what it knows already is not repeated. */
static void publish(struct viosd *v)
{
	struct summary summary = viosd_summary(v);
	size_t text_bytes;
	char *text;

	if (!v->cluster || summary_write(&summary, &text, &text_bytes) < 0)
		return;
	if (v->published && strcmp(v->published, text) == 0) {
		free(text);
		return;
	}
	if (cluster_publish(v->cluster, text, text_bytes) < 0)
		log_error("summary-not-sent", "bytes=%zu", text_bytes);
	free(v->published);
	v->published = text;
	if (v->server)
		server_publish(v->server, "status", json_object());
}

static void refresh(void *user)
{
	struct viosd *v = user;
	struct path_facts facts[CONFIG_VIOS_SEAS_MAX];

	if (!v->server)
		return; /* not all parts are there yet */
	viosd_sea_step(v, facts);
	viosd_planes_facts(v);
	viosd_planes_trunk(v);
	memset(v->changed, 0, v->frame->n_clients * sizeof(*v->changed));
	if (viosd_decided(v) &&
		inventory_update(&v->inventory, facts, &v->path_clock, v->changed)) {
		log_info("paths", "serving=%s link=%s", facts[0].serving ? "yes" : "no",
			link_state_name(link_state_of(facts[0].kernel_link, facts[0].plane_link)));
		for (size_t i = 0; i < v->frame->n_clients; i++)
			if (v->changed[i])
				server_tell_paths(v->server, i);
	}
	if (viosd_decided(v))
		server_answer_held(v->server);
	viosd_paths_act(v);
	publish(v);
	viosd_notes(v);
}

void viosd_refresh(struct viosd *v)
{
	refresh(v);
}

bool viosd_decided(const struct viosd *v)
{
	return plane_decided(v->plane) && v->clients_known;
}

static void framed_connected(void *user)
{
	struct viosd *v = user;

	viosd_planes_register(v);
	framed_link_adapters(v->framed, &v->inventory);
	viosd_pair_framed(v, true);
}

static void framed_lost(void *user)
{
	viosd_pair_framed(user, false);
}

bool viosd_decided_for(const struct viosd *v, const char *client)
{
	const long at = inventory_client(&v->inventory, client);
	const struct inventory_adapter *first;
	size_t n = 0;

	if (!viosd_decided(v) || at < 0)
		return viosd_decided(v);
	first = inventory_of_client(&v->inventory, (size_t)at, &n);
	for (size_t i = 0; i < n; i++)
		if (first[i].model->type == MODEL_SCSI && !first[i].target_known)
			return false;
	return true;
}

static void on_quarantine(json_t *note, void *user)
{
	struct viosd *v = user;

	json_decref(v->quarantine);
	v->quarantine = json_incref(note);
	if (inventory_quarantine(&v->inventory, note))
		refresh(v);
}

static void on_unwatched(const char *plane, const char *reason, void *user)
{
	struct viosd *v = user;

	errlog_note(v->errlog, ERRLOG_UNWATCHED, plane, "reason=\"%s\"", reason);
}

static const struct framed_events framed_events = {
	.connected = framed_connected,
	.lost = framed_lost,
	.dead = viosd_planes_dead,
	.suspect = viosd_planes_suspect,
	.quarantine = on_quarantine,
	.unwatched = on_unwatched,
};

static long vios_of_node(const struct viosd *v, uint32_t node_id)
{
	for (size_t i = 0; i < v->frame->n_vios; i++)
		if (v->frame->vios[i].node_id == node_id)
			return (long)i;
	return -1;
}

/* A node speaks for its own VIOS only. */
static bool on_summary(uint32_t node_id, const char *text, size_t text_bytes, void *user)
{
	struct viosd *v = user;
	long i = vios_of_node(v, node_id);
	struct summary summary;

	if (i < 0 || i == (long)v->self || summary_read(text, text_bytes, &summary) < 0 ||
		strcmp(summary.vios, v->frame->vios[i].name) != 0)
		return false;
	if (!v->seen[i].known ||
		strcmp(summary.netd.incarnation, v->seen[i].summary.netd.incarnation) != 0)
		log_info("peer", "vios=%s viosd_pid=%lld netd=%s incarnation=%s", summary.vios,
			(long long)summary.viosd_pid, plane_word_name(summary.netd.state),
			summary.netd.incarnation[0] ? summary.netd.incarnation : "none");
	v->seen[i].known = true;
	v->seen[i].summary = summary;
	viosd_sea_hear(v, &summary);
	refresh(v); /* paths to disks fail on both sides, or on one */
	return true;
}

static void on_view(void *user)
{
	struct viosd *v = user;
	const struct members *members = cluster_members(v->cluster);

	for (size_t i = 0; i < v->frame->n_vios; i++) {
		enum member_state state = members_state(members, v->frame->vios[i].node_id);
		if (i == v->self)
			continue;
		if (state != MEMBER_ONLINE)
			v->seen[i].known = false;
	}
	viosd_notes(v);
	refresh(v);
	viosd_pair_view(v);
}

static void on_look(uint32_t node_id, const char *text, size_t text_bytes, void *user)
{
	struct viosd *v = user;

	mapping_hear(v->mapping, node_id, text, text_bytes);
}

static const struct cluster_events cluster_events = {
	.view = on_view, .message = on_summary, .replica = viosd_pair_deliver, .look = on_look};

/* A target takes a new size from its disk when it is configured. */
static void follow_sizes(struct viosd *v)
{
	json_t *sizes = json_object(), *device;
	size_t i;

	json_array_foreach(devices_list(v->devices), i, device)
	{
		json_t *size = json_object_get(json_object_get(device, "attrs"), "size_bytes");

		if (size)
			json_object_set(
				sizes, json_string_value(json_object_get(device, "name")), size);
	}
	if (v->disk_sizes && !json_equal(sizes, v->disk_sizes))
		scsids_look_again(v->scsids);
	json_decref(v->disk_sizes);
	v->disk_sizes = sizes;
}

static void on_devices(void *user)
{
	struct viosd *v = user;

	log_debug("devices-changed", "n=%zu", json_array_size(devices_list(v->devices)));
	follow_sizes(v);
	if (v->server)
		server_publish(v->server, "devices", json_object());
}

static void on_noted(const struct errlog_entry *entry, void *user)
{
	struct viosd *v = user;

	if (v->server)
		server_publish(
			v->server, "log", json_pack("{s:o}", "entry", errlog_entry_json(entry)));
}

static void tell_uplinks(struct viosd *v)
{
	struct uplink_use uplink;

	memcpy(uplink.name, self(v)->uplink_name, sizeof(uplink.name));
	memcpy(uplink.devargs, self(v)->uplink_devargs, sizeof(uplink.devargs));
	devices_set_uplinks(v->devices, &uplink, 1);
}

static int make_devices(struct viosd *v)
{
	struct devices_config config = {
		.root = "/", .vios = self(v)->name, .changed = on_devices, .user = v};
	int r = devices_new(v->ev, &config, &v->devices);

	if (r == 0)
		tell_uplinks(v);
	return r;
}

/* First of all: others write into it. */
static int make_errlog(struct viosd *v)
{
	const struct errlog_file_config config = {.directory = v->options->state,
		.vios = self(v)->name,
		.incident = v->incident,
		.added = on_noted,
		.user = v};

	snprintf(v->incident, sizeof(v->incident), "%s/incident", v->options->run);
	return errlog_file_new(&config, &v->errlog);
}

static int make_parts(struct viosd *v)
{
	int r = inventory_init(&v->inventory, v->frame);

	v->changed = calloc(v->frame->n_clients + 1, sizeof(*v->changed));
	if (r < 0 || !v->changed)
		return -ENOMEM;
	if ((r = viosd_planes_new(v)) < 0 || (r = viosd_sea_start(v)) < 0)
		return r;
	r = framed_link_new(v->ev, v->options->run, &framed_events, v, &v->framed);
	if (r == 0)
		r = make_devices(v);
	if (r == 0 && !v->options->no_cluster)
		r = viosd_pair_new(v);
	if (r == 0 && !v->options->no_cluster)
		r = mapping_new(v, &v->mapping);
	if (r >= 0 && v->mapping)
		r = recheck_new(v, &v->recheck);
	if (r == 0 && !v->options->no_cluster)
		r = cluster_new(v->ev, v->frame->name, &cluster_events, v, &v->cluster);
	return r;
}

/* Generations must not fall over a restart: no path changes a million times in a second. */
static uint64_t wall_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int viosd_init(struct viosd *v, sd_event *ev, const struct options *options,
	struct model_frame *frame, size_t self_index)
{
	*v = (struct viosd){.options = options,
		.ev = sd_event_ref(ev),
		.frame = frame,
		.self = self_index,
		.clients_known = options->no_cluster,
		.path_clock = wall_clock_us()};
	int r = make_errlog(v);

	if (r == 0)
		r = make_parts(v);
	if (r == 0)
		r = viosd_planes_start(v);
	if (r == 0)
		r = server_new(v, &v->server);
	if (r == 0)
		refresh(v);
	if (r == 0 && v->pair)
		pair_start(v->pair);
	return r;
}

int viosd_follow(
	struct viosd *v, struct model_client *clients, size_t n, uint64_t epoch, uint64_t version)
{
	struct model_frame before = *v->frame, next = *v->frame;
	bool *changed = calloc(n + 1, sizeof(*changed));
	int r;

	next.clients = clients;
	next.n_clients = n;
	r = changed ? inventory_follow(&v->inventory, &next) : -ENOMEM;
	if (r < 0) {
		free(changed);
		free(clients);
		return r;
	}
	*v->frame = next;
	v->inventory.frame = v->frame;
	v->epoch = epoch;
	v->version = version;
	v->clients_known = true;
	free(v->changed);
	v->changed = changed;
	viosd_pair_may_serve(v);
	if (v->quarantine)
		inventory_quarantine(&v->inventory, v->quarantine);
	server_tell_client(v->server, &before);
	free(before.clients);
	framed_link_adapters(v->framed, &v->inventory);
	refresh(v);
	return 0;
}

void viosd_fini(struct viosd *v)
{
	server_free(v->server);
	v->server = NULL;
	mapping_free(v->mapping);
	recheck_free(v->recheck);
	pair_free(v->pair);
	cluster_free(v->cluster);
	framed_link_free(v->framed);
	viosd_sea_fini(v);
	devices_free(v->devices);
	viosd_planes_free(v);
	inventory_fini(&v->inventory);
	fencer_fini(&v->fencer);
	errlog_file_free(v->errlog);
	json_decref(v->quarantine);
	json_decref(v->disk_sizes);
	free(v->changed);
	free(v->published);
	model_frame_free(v->frame);
	sd_event_unref(v->ev);
}

void viosd_shutdown(struct viosd *v, bool data_planes)
{
	if (data_planes)
		viosd_planes_stop(v);
	else
		sd_event_exit(v->ev, 0);
}
