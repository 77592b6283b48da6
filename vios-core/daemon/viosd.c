// SPDX-License-Identifier: BSD-3-Clause
/*
 * viosd.c - puts the daemon's parts together: each edge's news ends in refresh(), which computes
 * what follows from all of it and tells those whom it concerns. One thread, the sd_event loop of
 * main.c.
 *
 *   plane (netd) --.
 *   link_nl        |--> refresh --> path states --> muxes (server)
 *   framed_link    |            '-> summary ------> peer (cluster)
 *   cluster -------'
 *
 *   devices (discovery) --> server
 */
#include "vios-core/daemon/viosd.h"

#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"
#include "vios-core/daemon/devargs.h"
#include "vios-core/daemon/viosd_pair.h"

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

struct summary viosd_summary(const struct viosd *v)
{
	struct plane_process process = plane_process(v->plane);
	struct summary summary = {.viosd_pid = getpid()};

	memcpy(summary.vios, self(v)->name, sizeof(summary.vios));
	summary.netd.pid = process.pid;
	memcpy(summary.netd.incarnation, process.incarnation, sizeof(summary.netd.incarnation));
	summary.netd.state = plane_word_parse(plane_word(v->plane));
	summary.netd.deaths = plane_deaths(v->plane);
	/* One that is up has a reason when it does not take the newest configuration. */
	snprintf(summary.netd.reason, sizeof(summary.netd.reason), "%s",
		summary.netd.state == PLANE_UP && plane_suspicion(v->plane)[0]
			? plane_suspicion(v->plane)
			: plane_reason(v->plane));
	memcpy(summary.uplink.name, self(v)->uplink_name, sizeof(summary.uplink.name));
	memcpy(summary.uplink.devargs, self(v)->uplink_devargs, sizeof(summary.uplink.devargs));
	summary.uplink.link = link_state_of(link_nl_state(v->link), plane_link(v->plane));
	return summary;
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
	struct path_facts facts = {
		.serving = plane_serving(v->plane),
		.kernel_link = link_nl_state(v->link),
		.plane_link = plane_link(v->plane),
	};

	if (!v->server)
		return; /* not all parts are there yet */
	memset(v->changed, 0, v->frame->n_clients * sizeof(*v->changed));
	if (viosd_decided(v) &&
		inventory_update(&v->inventory, &facts, &v->path_clock, v->changed)) {
		log_info("paths", "serving=%s link=%s", facts.serving ? "yes" : "no",
			link_state_name(link_state_of(facts.kernel_link, facts.plane_link)));
		for (size_t i = 0; i < v->frame->n_clients; i++)
			if (v->changed[i])
				server_tell_paths(v->server, i);
	}
	if (viosd_decided(v))
		server_answer_held(v->server);
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

static void register_plane(void *user)
{
	struct viosd *v = user;
	struct plane_process process = plane_process(v->plane);

	if (v->framed)
		framed_link_register(v->framed, self(v)->name, &process);
}

static void framed_connected(void *user)
{
	struct viosd *v = user;

	register_plane(v);
	framed_link_adapters(v->framed, &v->inventory);
	viosd_pair_framed(v, true);
}

static void framed_lost(void *user)
{
	viosd_pair_framed(user, false);
}

static void leave(void *user)
{
	struct viosd *v = user;

	sd_event_exit(v->ev, 0);
}

static json_t *adapter_configuration(const struct viosd *v, const struct model_client *client,
	const struct model_adapter *adapter)
{
	const uint8_t *mac = adapter->mac;
	struct runpath socket;

	if (runpath_backend(&socket, v->options->run, self(v)->name, client->name, adapter->name) <
		0)
		return NULL; /* checked at start: cannot happen */
	return json_pack("{s:o, s:I, s:o, s:i, s:i, s:i, s:I, s:s}", "adapter",
		json_sprintf("%s/%s", client->name, adapter->name), "id", (json_int_t)adapter->id,
		"mac",
		json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
			mac[4], mac[5]),
		"mtu", adapter->profile.mtu, "queue_pairs", adapter->profile.queue_pairs,
		"ring_size", adapter->profile.ring_size, "virtio_features",
		(json_int_t)adapter->profile.virtio_features, "socket", socket.text);
}

static json_t *configuration(void *user)
{
	const struct viosd *v = user;
	json_t *adapters;

	if (!v->clients_known)
		return NULL;
	adapters = json_array();

	for (size_t i = 0; i < v->inventory.n; i++) {
		const struct inventory_adapter *entry = &v->inventory.list[i];
		if (entry->model->type == MODEL_ETHERNET)
			json_array_append_new(
				adapters, adapter_configuration(v,
						  &v->frame->clients[entry->client], entry->model));
	}
	return json_pack("{s:{s:s, s:s}, s:o}", "uplink", "name", self(v)->uplink_name, "devargs",
		self(v)->uplink_devargs, "adapters", adapters);
}

static void on_dead(const char *vios, const char *incarnation, void *user)
{
	struct viosd *v = user;

	if (strcmp(vios, self(v)->name) == 0)
		plane_declare_dead(v->plane, incarnation);
}

static void on_suspect(
	const char *vios, const char *incarnation, const char *report, long long ms, void *user)
{
	struct viosd *v = user;

	if (strcmp(vios, self(v)->name) == 0)
		plane_suspect(v->plane, incarnation, report, ms);
}

static void on_quarantine(json_t *note, void *user)
{
	struct viosd *v = user;

	json_decref(v->quarantine);
	v->quarantine = json_incref(note);
	if (inventory_quarantine(&v->inventory, note))
		refresh(v);
}

static const struct framed_events framed_events = {
	.connected = framed_connected,
	.lost = framed_lost,
	.dead = on_dead,
	.suspect = on_suspect,
	.quarantine = on_quarantine,
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
	viosd_pair_view(v);
}

static const struct cluster_events cluster_events = {
	.view = on_view, .message = on_summary, .replica = viosd_pair_deliver};

static int watch_uplink(struct viosd *v)
{
	char iface[DEVARGS_IFACE_BYTES];
	int r = devargs_iface(self(v)->uplink_devargs, iface);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = link_nl_new(v->ev, iface, refresh, v, &v->link);
	if (r < 0)
		log_refuse(
			"the carrier of uplink %s (%s) cannot be watched (%s); correct iface= in "
			"its devargs, or allow rtnetlink",
			self(v)->uplink_name, self(v)->uplink_devargs, strerror(-r));
	return r;
}

static int make_plane(struct viosd *v)
{
	struct plane_config config = {
		.vios = self(v)->name,
		.run = v->options->run,
		.program = v->options->netd,
		.log_level = v->options->log_level_text,
		.frame = v->options->frame,
		.errlog = v->errlog,
		.changed = refresh,
		.greeted = register_plane,
		.stopped = leave,
		.configuration = configuration,
		.user = v,
	};

	return plane_new(v->ev, &config, &v->plane);
}

static void on_devices(void *user)
{
	struct viosd *v = user;

	log_debug("devices-changed", "n=%zu", json_array_size(devices_list(v->devices)));
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

void viosd_uplink_changed(struct viosd *v)
{
	link_nl_free(v->link);
	v->link = NULL;
	if (self(v)->uplink_devargs[0] && watch_uplink(v) < 0)
		log_warn("uplink-not-watched", "name=%s", self(v)->uplink_name);
	tell_uplinks(v);
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
		.added = on_noted,
		.user = v};

	return errlog_file_new(&config, &v->errlog);
}

static int make_parts(struct viosd *v)
{
	int r = inventory_init(&v->inventory, v->frame);

	v->changed = calloc(v->frame->n_clients + 1, sizeof(*v->changed));
	if (r < 0 || !v->changed)
		return -ENOMEM;
	if ((r = make_plane(v)) < 0 || (r = watch_uplink(v)) < 0)
		return r;
	r = framed_link_new(v->ev, v->options->run, &framed_events, v, &v->framed);
	if (r == 0)
		r = make_devices(v);
	if (r == 0 && !v->options->no_cluster)
		r = viosd_pair_new(v);
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
		plane_start(v->plane);
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
	pair_free(v->pair);
	cluster_free(v->cluster);
	framed_link_free(v->framed);
	link_nl_free(v->link);
	devices_free(v->devices);
	plane_free(v->plane);
	inventory_fini(&v->inventory);
	errlog_file_free(v->errlog);
	json_decref(v->quarantine);
	free(v->changed);
	free(v->published);
	model_frame_free(v->frame);
	sd_event_unref(v->ev);
}

void viosd_shutdown(struct viosd *v, bool data_planes)
{
	if (data_planes)
		plane_stop(v->plane);
	else
		leave(v);
}
