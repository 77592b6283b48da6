/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * viosd_sea.c - the facts for the roles of the SEA, and what follows from them. viosd's one thread;
 * struct viosd owns the policy. Any news ends in viosd_refresh(), which comes here: carrier and
 * data plane of this VIOS, the membership, the peer's advert in its summary. The own advert goes
 * out with the own summary.
 */
#include "vios-core/daemon/viosd_sea.h"

#include "ha/policy/sea_roles.h"
#include "vios-core/base/log.h"
#include "vios-core/base/loop.h"
#include "vios-core/base/retimer.h"
#include "vios-core/daemon/sea_paths.h"
#include "vios-core/daemon/sea_talk.h"
#include "vios-core/daemon/viosd.h"

#include <string.h>

void viosd_sea_follow(struct viosd *v, const struct config *config)
{
	const struct config_sea *sea = sea_talk_find(config, v->frame->vios[v->self].name);
	struct sea_rules rules;

	if (!sea) {
		v->sea.name[0] = '\0';
		return;
	}
	rules = sea_talk_rules(sea, v->frame->vios[v->self].name, v->self == 0);
	if (strcmp(v->sea.name, sea->name) == 0) {
		sea_policy_rules(&v->sea.policy, &rules);
		return;
	}
	memcpy(v->sea.name, sea->name, sizeof(v->sea.name));
	/* A wall clock: what an earlier viosd has told is older. */
	sea_policy_init(&v->sea.policy, &rules, ++v->path_clock, loop_now_ns());
}

static bool peer_talks(const struct viosd *v)
{
	return v->cluster && v->frame->n_vios == MODEL_VIOS_MAX &&
	       members_state(cluster_members(v->cluster), v->frame->vios[!v->self].node_id) ==
		       MEMBER_ONLINE;
}

void viosd_sea_hear(struct viosd *v, const struct summary *summary)
{
	if (!v->sea.name[0] || strcmp(summary->sea.name, v->sea.name) != 0)
		return;
	sea_policy_peer(&v->sea.policy, peer_talks(v));
	sea_policy_hear(&v->sea.policy, &summary->sea.advert);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
	viosd_refresh(user);
	return 0;
}

static void set_timer(struct viosd *v, uint64_t now_ns)
{
	const uint64_t at_ns = sea_policy_next_ns(&v->sea.policy, now_ns);

	if (at_ns == SEA_NEVER)
		retimer_stop(v->sea.timer);
	else if (retimer_set(v->ev, &v->sea.timer, at_ns > now_ns ? (at_ns - now_ns) / 1000 + 1 : 0,
			 on_timer, v) < 0)
		log_error("sea-timer", "reason=\"no memory\"");
}

static void note(struct viosd *v, const struct sea_out *out)
{
	static const enum errlog_kind kinds[SEA_REPORTS] = {
		[SEA_BECOME_PRIMARY] = ERRLOG_SEA_PRIMARY,
		[SEA_BECOME_BACKUP] = ERRLOG_SEA_BACKUP,
		[SEA_TO_LIMBO] = ERRLOG_SEA_LIMBO,
		[SEA_RECOVERED] = ERRLOG_SEA_RECOVERED,
	};

	log_info("sea", "name=%s state=%s from=%s", v->sea.name,
		sea_state_name(v->sea.policy.state), sea_state_name(out->from));
	if (out->report != SEA_QUIET)
		errlog_note(v->errlog, kinds[out->report], v->sea.name, "state=%s from=%s",
			sea_state_name(v->sea.policy.state), sea_state_name(out->from));
}

static void mark_paths(struct viosd *v, const struct vlan_set *leaves)
{
	sea_paths_mark(&v->inventory, json_object_get(v->rules, "adapters"), leaves);
}

bool viosd_sea_step(struct viosd *v)
{
	static const struct vlan_set none = {{0}};
	const uint64_t now_ns = loop_now_ns();
	struct sea_policy *policy = &v->sea.policy;
	struct vlan_set leaves;
	struct sea_out out;

	if (!v->sea.name[0]) {
		retimer_stop(v->sea.timer);
		mark_paths(v, &none);
		return false;
	}
	sea_policy_serving(policy, plane_serving(v->plane));
	sea_policy_link(policy,
		link_state_of(link_nl_state(v->link), plane_link(v->plane)) != LINK_DOWN, now_ns);
	/* While it is not known, what was believed is. */
	if (plane_netaddr(v->plane) != LINK_UNKNOWN)
		sea_policy_probe(policy, 0, plane_netaddr(v->plane) == LINK_UP);
	sea_policy_peer(policy, peer_talks(v));
	sea_policy_step(policy, now_ns, &out);
	if (out.moved)
		note(v, &out);
	set_timer(v, now_ns);
	leaves = sea_roles_leaves(policy);
	mark_paths(v, &leaves);
	return sea_policy_yields(policy);
}

bool viosd_sea_claims(struct viosd *v)
{
	struct vlan_set claims;

	if (!v->sea.name[0] || !sea_roles_known(&v->sea.policy))
		return false;
	claims = sea_roles_claims(&v->sea.policy);
	if (v->sea.claims_known && vlan_set_equal(&claims, &v->sea.claims))
		return false;
	v->sea.claims_known = true;
	v->sea.claims = claims;
	return true;
}

void viosd_sea_tell(const struct viosd *v, struct summary *summary)
{
	memcpy(summary->sea.name, v->sea.name, sizeof(summary->sea.name));
	if (v->sea.name[0])
		summary->sea.advert = sea_policy_advert(&v->sea.policy);
}

json_t *viosd_sea_json(const struct viosd *v)
{
	json_t *all = json_object();

	if (v->sea.name[0])
		json_object_set_new(all, v->sea.name, sea_talk_shown(&v->sea.policy));
	return all;
}

void viosd_sea_fini(struct viosd *v)
{
	sd_event_source_disable_unref(v->sea.timer);
	v->sea.timer = NULL;
}
