/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * viosd_planes.c - the data planes' place in the daemon: what they are configured as, what follows
 * from their lives, who is told. viosd's one thread; struct viosd owns all.
 */
#include "vios-core/daemon/viosd_planes.h"

#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"
#include "vios-core/daemon/netd_params.h"
#include "vios-core/daemon/trunk_params.h"
#include "vios-core/daemon/viosd_groups.h"
#include "vios-core/daemon/viosd_paths.h"
#include "vios-core/model/config_frame.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct model_vios *self(const struct viosd *v)
{
	return &v->frame->vios[v->self];
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

/* With the rules of this name, or without any if there are none. */
static json_t *with_rules(json_t *object, json_t *rules)
{
	if (object && rules)
		json_object_update(object, rules);
	return object;
}

static bool has_trunk(const struct viosd *v)
{
	return v->frame->n_vios == 2 && json_is_true(json_object_get(v->rules, "trunk"));
}

void viosd_planes_trunk(struct viosd *v)
{
	char text[128];

	if (!viosd_sea_claims(v) || !has_trunk(v))
		return;
	vlan_set_write(&v->seas.claims, text, sizeof(text));
	log_info("trunk-primary", "vlans=\"%s\"", text);
	plane_reconfigure(v->plane);
}

/* The first VIOS listens, below its own directory. NULL: there is no other one, or none is wanted.
 */
static json_t *trunk(const struct viosd *v)
{
	struct runpath socket;

	if (!has_trunk(v) || runpath_vios_file(&socket, v->options->run, v->frame->vios[0].name,
				     "trunk.sock") < 0)
		return NULL;
	return trunk_params(
		socket.text, v->self == 0, v->seas.claims_known ? &v->seas.claims : NULL);
}

/* For a vios-netd that is older, and has one. Without a state it is frame.json's. */
static json_t *first_uplink(const struct viosd *v)
{
	json_t *uplinks = json_object_get(v->rules, "uplinks");

	if (uplinks)
		return json_array_size(uplinks) > 0 ? json_incref(json_array_get(uplinks, 0))
						    : json_null();
	return json_pack(
		"{s:s, s:s}", "name", self(v)->uplink_name, "devargs", self(v)->uplink_devargs);
}

static json_t *netd_configuration(const char **why, void *user)
{
	const struct viosd *v = user;
	json_t *adapters, *rules = json_object_get(v->rules, "adapters");

	if (!v->clients_known)
		return NULL;
	adapters = json_array();

	for (size_t i = 0; i < v->inventory.n; i++) {
		const struct inventory_adapter *entry = &v->inventory.list[i];
		if (entry->model->type == MODEL_ETHERNET)
			json_array_append_new(adapters,
				with_rules(adapter_configuration(v,
						   &v->frame->clients[entry->client], entry->model),
					json_object_get(rules, entry->name)));
	}
	return json_pack("{s:o, s:O*, s:o, s:o*}", "uplink", first_uplink(v), "uplinks",
		json_object_get(v->rules, "uplinks"), "adapters", adapters, "trunk", trunk(v));
}

static void register_plane(struct plane *plane, void *user)
{
	struct viosd *v = user;
	struct plane_process process = plane_process(plane);

	if (v->framed)
		framed_link_register(v->framed, self(v)->name, plane_name(plane), &process);
}

static void on_netd_greeted(void *user)
{
	struct viosd *v = user;

	register_plane(v->plane, v);
}

void viosd_planes_register(struct viosd *v)
{
	register_plane(v->plane, v);
	for (const struct scsid *s = scsids_first(v->scsids); s; s = s->next)
		if (!s->leaving)
			register_plane(s->plane, v);
}

static void on_told(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
}

void viosd_planes_dead(const char *vios, const char *incarnation, void *user)
{
	struct viosd *v = user;

	if (strcmp(vios, self(v)->name) != 0) {
		/* If it was the other switch: before its socket hangs up. */
		plane_tell(v->plane, "trunk_dead", json_pack("{s:s}", "incarnation", incarnation),
			on_told, v);
		return;
	}
	plane_declare_dead(v->plane, incarnation);
	scsids_declare_dead(v->scsids, incarnation);
}

void viosd_planes_suspect(
	const char *vios, const char *incarnation, const char *report, long long ms, void *user)
{
	struct viosd *v = user;

	fencer_suspect(v, vios, incarnation, report);
	if (strcmp(vios, self(v)->name) != 0)
		return;
	plane_suspect(v->plane, incarnation, report, ms);
	scsids_suspect(v->scsids, incarnation, report, ms);
}

static void on_changed(void *user)
{
	viosd_refresh(user);
}

static void on_stopped(void *user)
{
	struct viosd *v = user;

	if (v->planes_left > 0 && --v->planes_left == 0)
		sd_event_exit(v->ev, 0);
}

static bool in_use(const char *adapter, void *user)
{
	const struct viosd *v = user;
	const struct inventory_adapter *entry = inventory_find(&v->inventory, adapter);

	return entry && entry->report.known && entry->report.client_connected && v->server &&
	       server_mux(v->server, entry->client);
}

bool viosd_planes_away(const char *adapter, void *user)
{
	const struct viosd *v = user;
	const struct inventory_adapter *entry = inventory_find(&v->inventory, adapter);

	return entry && entry->report.known && entry->report.live >= 0 &&
	       entry->model->preferred[0] &&
	       strcmp(v->frame->vios[entry->report.live].name, entry->model->preferred) != 0;
}

int viosd_planes_new(struct viosd *v)
{
	const struct plane_config netd = {
		.kind = &plane_kind_netd,
		.vios = self(v)->name,
		.run = v->options->run,
		.program = v->options->netd,
		.log_level = v->options->log_level_text,
		.frame = v->options->frame,
		.errlog = v->errlog,
		.changed = on_changed,
		.greeted = on_netd_greeted,
		.stopped = on_stopped,
		.configuration = netd_configuration,
		.user = v,
	};
	const struct scsids_config scsids = {
		.vios = self(v)->name,
		.run = v->options->run,
		.program = v->options->scsid,
		.log_level = v->options->log_level_text,
		.errlog = v->errlog,
		.changed = on_changed,
		.greeted = register_plane,
		.stopped = on_stopped,
		.path = viosd_paths_changed,
		.set_groups = viosd_groups_set,
		.in_use = in_use,
		.away = viosd_planes_away,
		.user = v,
	};
	int r = plane_new(v->ev, &netd, &v->plane);

	return r < 0 ? r : scsids_new(v->ev, &scsids, &v->scsids);
}

int viosd_planes_start(struct viosd *v)
{
	struct config *config;
	int r;

	plane_start(v->plane);
	if (!v->options->no_cluster)
		return 0; /* the state tells what targets there are */
	r = config_from_frame(v->frame, &config);
	if (r < 0)
		return r;
	scsids_follow(v->scsids, config);
	config_free(config);
	return 0;
}

void viosd_planes_free(struct viosd *v)
{
	scsids_free(v->scsids);
	plane_free(v->plane);
	json_decref(v->rules);
	v->rules = NULL;
}

void viosd_planes_stop(struct viosd *v)
{
	if (v->planes_left > 0)
		return;
	v->planes_left = 2;
	if (!scsids_stop(v->scsids))
		v->planes_left = 1;
	plane_stop(v->plane);
}

void viosd_planes_rules(struct viosd *v, const struct config *config)
{
	json_t *rules = netd_params_rules(config, self(v)->name);

	if (!rules) {
		log_error("state-not-followed", "reason=\"no memory\"");
		return;
	}
	json_decref(v->rules);
	v->rules = rules;
}

void viosd_planes_follow(struct viosd *v, const struct config *config)
{
	plane_reconfigure(v->plane);
	scsids_follow(v->scsids, config);
	for (size_t i = 0; i < v->inventory.n; i++) {
		struct inventory_adapter *entry = &v->inventory.list[i];

		/* One that could not be made is known not to serve: nobody waits for it. */
		if (entry->model->type == MODEL_SCSI && !scsids_find(v->scsids, entry->name)) {
			entry->target_known = true;
			entry->target_serves = false;
		}
	}
	viosd_refresh(v);
}

void viosd_planes_facts(struct viosd *v)
{
	for (size_t i = 0; i < v->inventory.n; i++) {
		struct inventory_adapter *entry = &v->inventory.list[i];
		const struct scsid *s = entry->model->type == MODEL_SCSI
						? scsids_find(v->scsids, entry->name)
						: NULL;

		/* Another of this name may be on its way out. */
		if (!s || s->id != entry->model->id || (!plane_decided(s->plane) && !s->waiting))
			continue;
		entry->target_known = true;
		entry->target_serves = !s->leaving && plane_serving(s->plane) && !s->differs;
		entry->target_is_current = plane_current(s->plane);
		viosd_paths_facts(v, entry, s);
	}
}

static struct summary_plane plane_summary(const struct plane *plane)
{
	struct plane_process process = plane_process(plane);
	struct summary_plane summary = {.pid = process.pid,
		.state = plane_word_parse(plane_word(plane)),
		.deaths = plane_deaths(plane)};

	memcpy(summary.incarnation, process.incarnation, sizeof(summary.incarnation));
	/* One that is up has a reason when it does not take the newest configuration. */
	snprintf(summary.reason, sizeof(summary.reason), "%s",
		summary.state == PLANE_UP && plane_suspicion(plane)[0] ? plane_suspicion(plane)
								       : plane_reason(plane));
	return summary;
}

struct summary viosd_summary(const struct viosd *v)
{
	struct summary summary = {.viosd_pid = getpid(), .netd = plane_summary(v->plane)};

	memcpy(summary.vios, self(v)->name, sizeof(summary.vios));
	for (const struct scsid *s = scsids_first(v->scsids);
		s && summary.n_scsids < SUMMARY_SCSIDS; s = s->next) {
		struct summary_scsid *to = &summary.scsids[summary.n_scsids++];

		memcpy(to->adapter, s->name, sizeof(to->adapter));
		to->plane = plane_summary(s->plane);
		if (s->differs)
			snprintf(to->plane.reason, sizeof(to->plane.reason), "%.*s",
				(int)sizeof(to->plane.reason) - 1, s->differs_why);
		to->faults = s->faults;
	}
	summary.trunk = plane_trunk(v->plane);
	viosd_sea_tell(v, &summary);
	return summary;
}
