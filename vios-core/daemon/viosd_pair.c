// SPDX-License-Identifier: BSD-3-Clause
/*
 * viosd_pair.c - the replicated state's place in the daemon: what the cluster and vios-framed say
 * goes to it, what it decides is what the daemon lives by. viosd's one thread; owns nothing.
 *
 *   cluster (view, deliver) --.             .--> viosd_follow: inventory, muxes, data planes
 *   framed_link (witness) ----+--> pair ----+--> cluster (multicast), framed_link (witness)
 *   server (config_change) ---'             '--> the answer, subscribers
 */
#include "vios-core/daemon/viosd_pair.h"

#include "vios-core/base/log.h"
#include "vios-core/daemon/recheck.h"
#include "vios-core/daemon/uplink_use.h"
#include "vios-core/daemon/viosd_notes.h"
#include "vios-core/daemon/viosd_planes.h"
#include "vios-core/daemon/witness_talk.h"
#include "vios-core/model/config_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The uplinks may be others now. */
static void take_uplinks(struct viosd *v, const struct model_frame *frame)
{
	for (size_t i = 0; i < v->frame->n_vios && i < frame->n_vios; i++) {
		struct model_vios *to = &v->frame->vios[i];
		const struct model_vios *from = model_frame_vios(frame, to->name);

		if (!from)
			continue;
		memcpy(to->uplink_name, from->uplink_name, sizeof(to->uplink_name));
		memcpy(to->uplink_devargs, from->uplink_devargs, sizeof(to->uplink_devargs));
	}
}

/* Also those that are no uplink: operators know devices by the names that they have given. */
static void tell_physical(struct viosd *v, const struct config *config)
{
	struct uplink_use list[UPLINK_USE_MAX];
	size_t n = uplink_use_all(config, v->frame->vios[v->self].name, list);

	devices_set_uplinks(v->devices, list, n);
}

static void on_adopt(const struct config *config, uint64_t epoch, uint64_t version, void *user)
{
	struct viosd *v = user;
	struct model_frame *frame;
	struct model_client *clients;
	size_t n;

	if (config_to_frame(config, &frame) < 0) {
		log_error("state-not-followed", "reason=\"no memory\"");
		return;
	}
	take_uplinks(v, frame);
	tell_physical(v, config);
	clients = frame->clients;
	n = frame->n_clients;
	frame->clients = NULL;
	model_frame_free(frame);
	viosd_planes_rules(v, config);
	viosd_sea_follow(v, config);
	if (viosd_follow(v, clients, n, epoch, version) < 0)
		log_error("state-not-followed", "reason=\"no memory\"");
	viosd_planes_follow(v, config);
	server_publish(v->server, "config",
		json_pack("{s:I, s:I, s:s}", "epoch", (json_int_t)epoch, "version",
			(json_int_t)version, "digest", pair_digest(v->pair)));
}

bool viosd_pair_may_serve(struct viosd *v)
{
	bool changed = false;

	for (size_t i = 0; i < v->inventory.n && v->pair; i++) {
		struct inventory_adapter *entry = &v->inventory.list[i];
		const bool behind = v->clients_known && !pair_may_serve(v->pair, entry->model->id);

		changed |= behind != entry->behind;
		entry->behind = behind;
	}
	return changed;
}

static void on_standing(void *user)
{
	struct viosd *v = user;

	if (viosd_pair_may_serve(v))
		viosd_refresh(v);
	viosd_notes(v);
	recheck_standing(v->recheck);
}

static int on_multicast(const uint8_t *bytes, size_t n_bytes, void *user)
{
	struct viosd *v = user;

	return cluster_send(v->cluster, bytes, n_bytes);
}

static void on_witness(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct viosd *v = user;
	struct replica_witness witness;

	if (error_code == RPC_CLOSED)
		return; /* viosd_pair_framed() says so */
	if (error_code == RPC_TIMEOUT) {
		pair_witness(v->pair, REPLICA_W_AWAY, NULL);
		pair_witness(v->pair, REPLICA_W_BACK, NULL);
	} else if (error_code == 0 && witness_answer_read(result, &witness) == 0) {
		pair_witness(v->pair, REPLICA_W_OK, &witness);
	} else {
		log_warn("witness", "reason=\"%s\"", error_code ? message : "an unreadable answer");
		pair_witness(v->pair, REPLICA_W_REFUSED, NULL);
	}
}

static void ask_witness(struct viosd *v, const char *method, json_t *params)
{
	if (framed_link_call(v->framed, method, params, on_witness, v) < 0)
		pair_witness(v->pair, REPLICA_W_AWAY, NULL);
}

static void on_witness_get(void *user)
{
	ask_witness(user, "witness_get", NULL);
}

static void on_witness_raise(const struct replica_action *raise, void *user)
{
	struct viosd *v = user;

	ask_witness(v, "witness_raise", witness_raise_params(v->frame->vios[v->self].name, raise));
}

static const struct pair_events events = {
	.adopt = on_adopt,
	.standing = on_standing,
	.multicast = on_multicast,
	.witness_get = on_witness_get,
	.witness_raise = on_witness_raise,
};

int viosd_pair_new(struct viosd *v)
{
	const struct pair_config config = {
		.directory = v->options->state,
		.frame = v->frame,
		.self = v->self,
		.errlog = v->errlog,
		.events = &events,
		.user = v,
	};

	return pair_new(v->ev, &config, &v->pair);
}

void viosd_pair_view(struct viosd *v)
{
	const struct members *members = cluster_members(v->cluster);

	pair_view(v->pair,
		members->joined && v->frame->n_vios == MODEL_VIOS_MAX &&
			members_state(members, v->frame->vios[!v->self].node_id) == MEMBER_ONLINE);
}

void viosd_pair_framed(struct viosd *v, bool connected)
{
	if (v->pair)
		pair_witness(v->pair, connected ? REPLICA_W_BACK : REPLICA_W_AWAY, NULL);
}

void viosd_pair_deliver(uint32_t node_id, const uint8_t *bytes, size_t n_bytes, void *user)
{
	struct viosd *v = user;

	pair_deliver(v->pair, node_id, bytes, n_bytes);
}
