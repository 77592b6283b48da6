/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * viosd_groups.c - SET TARGET PORT GROUPS of a client, made a change of the pair's state: both VIOS
 * then choose the same way (scsid_groups.c), also after a restart. viosd's one thread.
 *
 *   guest --> scsid --set_groups--> here --ops--> pair_change --> both VIOS: configure
 *                                                     '--> the answer, to the guest
 *
 * Each is written to both VIOS' disks, so a client gets some at once, and then only so many.
 */
#include "vios-core/daemon/viosd_groups.h"

#include "vios-core/base/log.h"
#include "vios-core/daemon/scsid_groups.h"
#include "vios-core/daemon/viosd_planes.h"

#define EACH_US 2000000u   /* at leisure, one in this time */
#define AHEAD_US 30000000u /* and so much of it at once: 15 */

static bool too_many(struct viosd *v, struct scsid *s)
{
	uint64_t now_us;

	sd_event_now(v->ev, CLOCK_MONOTONIC, &now_us);
	if (s->set_groups_us > now_us + AHEAD_US)
		return true;
	s->set_groups_us = (s->set_groups_us > now_us ? s->set_groups_us : now_us) + EACH_US;
	return false;
}

static void change(struct viosd *v, struct rpc_call *call, json_t *ops)
{
	json_t *params = json_pack("{s:O}", "ops", ops);

	if (json_array_size(ops) == 0)
		rpc_reply(call, NULL, NULL, 0);
	else
		pair_change(v->pair, call, params, NULL);
	json_decref(params);
}

void viosd_groups_set(struct scsid *s, struct rpc_call *call, json_t *params, void *user)
{
	struct viosd *v = user;
	const struct config *config = v->pair ? pair_config_now(v->pair) : NULL;
	const json_t *lun = json_object_get(params, "lun"),
		     *group = json_object_get(params, "group");
	char why[SCSID_WHY_BYTES];
	json_t *ops;

	if (!json_is_integer(lun) || !json_is_integer(group)) {
		rpc_fail(call, RPC_INVALID_PARAMS, "lun and group: give two numbers");
		return;
	}
	if (!config || s->leaving) {
		rpc_fail(call, RPC_UNAVAILABLE, "adapter %s: there is no state to change", s->name);
		return;
	}
	ops = scsid_groups_set(config, s->name, json_integer_value(lun), json_integer_value(group),
		viosd_planes_away, v, why);
	if (!ops) {
		rpc_fail(call, RPC_FAILED, "%s", why[0] ? why : "no memory");
		return;
	}
	if (json_array_size(ops) > 0 && too_many(v, s)) {
		rpc_fail(call, RPC_UNAVAILABLE,
			"adapter %s: its client asks too often; it may again in some seconds",
			s->name);
	} else {
		log_info("groups-asked", "adapter=%s lun=%lld group=%lld", s->name,
			(long long)json_integer_value(lun), (long long)json_integer_value(group));
		change(v, call, ops);
	}
	json_decref(ops);
}
