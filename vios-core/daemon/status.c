// SPDX-License-Identifier: BSD-3-Clause
/*
 * status.c - assembles the answer to `status` from what viosd knows. Pure: the daemon hands over
 * its facts. Whoever reads it gets every VIOS of the frame, known or not, in the frame's order.
 */
#include "vios-core/daemon/status.h"

#include <string.h>

/* Of a VIOS that cannot be asked, only what the configuration says. */
static struct summary configured_only(const struct model_vios *vios)
{
	struct summary summary = {0};

	memcpy(summary.vios, vios->name, sizeof(summary.vios));
	memcpy(summary.uplink.name, vios->uplink_name, sizeof(summary.uplink.name));
	memcpy(summary.uplink.devargs, vios->uplink_devargs, sizeof(summary.uplink.devargs));
	return summary;
}

static enum member_state state_of(const struct status_facts *facts, size_t i)
{
	if (i == facts->self)
		return MEMBER_ONLINE;
	return facts->members
		       ? members_state(facts->members, facts->inventory->frame->vios[i].node_id)
		       : MEMBER_UNKNOWN;
}

static json_t *vios_json(const struct status_facts *facts, size_t i)
{
	const struct model_vios *vios = &facts->inventory->frame->vios[i];
	enum member_state state = state_of(facts, i);
	struct summary summary = configured_only(vios);

	if (facts->summaries[i] && state == MEMBER_ONLINE)
		summary = *facts->summaries[i];
	json_t *object = summary_json(&summary);
	json_object_set_new(object, "node_id", json_integer(vios->node_id));
	json_object_set_new(object, "state", json_string(member_state_name(state)));
	return object;
}

static json_t *round_trip_json(const struct roundtrip_figures *figures)
{
	if (figures->n == 0)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I}", "last_us", (json_int_t)figures->last_us,
		"median_us", (json_int_t)figures->median_us, "worst_us",
		(json_int_t)figures->worst_us, "of", (json_int_t)figures->n);
}

static json_t *cluster_json(const struct status_facts *facts)
{
	const struct members *members = facts->members;
	json_t *list = json_array();

	for (size_t i = 0; members && i < members->n; i++)
		json_array_append_new(list, json_integer(members->list[i].node_id));
	return json_pack("{s:s, s:o, s:I, s:o}", "state",
		members && members->joined ? "joined" : "disconnected", "members", list, "rubbish",
		(json_int_t)(members ? members->rubbish : 0), "round_trip",
		round_trip_json(&facts->round_trip));
}

static json_t *mac_json(const uint8_t mac[6])
{
	return json_sprintf(
		"%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* The mux knows its paths best; of our own we know the state even without it. */
static json_t *paths_json(const struct status_facts *facts, const struct inventory_adapter *adapter)
{
	const struct model_frame *frame = facts->inventory->frame;
	const char *own = frame->vios[facts->self].name;
	json_t *paths = adapter_status_paths_json(frame, &adapter->report);
	json_t *path = json_object_get(paths, own);

	if (!path) {
		path = json_pack("{s:s}", "phase", adapter_phase_name(ADAPTER_PHASE_ABSENT));
		json_object_set_new(paths, own, path);
	}
	json_object_set_new(path, "state", json_string(model_path_state_name(adapter->path.state)));
	json_object_set_new(path, "generation", json_integer((json_int_t)adapter->path.generation));
	return paths;
}

static json_t *adapter_json(
	const struct status_facts *facts, const struct inventory_adapter *adapter)
{
	const struct model_frame *frame = facts->inventory->frame;
	struct adapter_status report = adapter->report;
	bool connected = facts->mux_connected(facts->user, adapter->client);

	/* What a mux said before it went is history. */
	if (!connected)
		report = (struct adapter_status){.live = -1};
	struct inventory_adapter shown = *adapter;
	shown.report = report;
	return json_pack("{s:s, s:I, s:s, s:o, s:b, s:o, s:I, s:b, s:b, s:b, s:b, s:o}", "adapter",
		adapter->name, "id", (json_int_t)adapter->model->id, "type",
		adapter->model->type == MODEL_ETHERNET ? "ethernet" : "scsi", "mac",
		adapter->model->type == MODEL_ETHERNET ? mac_json(adapter->model->mac)
						       : json_null(),
		"mux_connected", connected, "live",
		report.live < 0 ? json_null() : json_string(frame->vios[report.live].name), "start",
		(json_int_t)report.start, "client_connected", report.client_connected,
		"profile_pending", report.profile_pending, "quarantined", adapter->quarantined,
		"held", adapter->held, "paths", paths_json(facts, &shown));
}

json_t *status_assemble(const struct status_facts *facts)
{
	const struct model_frame *frame = facts->inventory->frame;
	json_t *vios = json_array(), *adapters = facts->no_adapters ? NULL : json_array();

	for (size_t i = 0; i < frame->n_vios; i++)
		json_array_append_new(vios, vios_json(facts, i));
	for (size_t i = 0; adapters && i < facts->inventory->n; i++)
		json_array_append_new(adapters, adapter_json(facts, &facts->inventory->list[i]));
	return json_pack("{s:s, s:s, s:o, s:o, s:o*, s:s, s:o*}", "frame", frame->name,
		"answered_by", frame->vios[facts->self].name, "vios", vios, "cluster",
		cluster_json(facts), "adapters", adapters, "framed",
		facts->framed_connected ? "connected" : "disconnected", "config", facts->config);
}
