/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * viosd_sea.c - the facts for the roles of each SEA, and what follows from them. viosd's one
 * thread; struct viosd owns the policies. Any news ends in viosd_refresh(), which comes here:
 * carrier and data plane of this VIOS, the membership, the peer's advert in its summary. The own
 * advert goes out with the own summary.
 */
#include "vios-core/daemon/viosd_sea.h"

#include "ha/policy/sea_roles.h"
#include "vios-core/base/log.h"
#include "vios-core/base/loop.h"
#include "vios-core/base/retimer.h"
#include "vios-core/daemon/devargs.h"
#include "vios-core/daemon/sea_paths.h"
#include "vios-core/daemon/sea_talk.h"
#include "vios-core/daemon/viosd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *self_name(const struct viosd *v)
{
	return v->frame->vios[v->self].name;
}

static void on_link(void *user)
{
	viosd_refresh(user);
}

/* 0 also where there is no kernel interface. */
static int watch(struct viosd *v, struct viosd_sea *sea, const char *name, const char *devargs)
{
	char iface[DEVARGS_IFACE_BYTES];
	int r;

	link_nl_free(sea->link);
	sea->link = NULL;
	snprintf(sea->uplink, sizeof(sea->uplink), "%s", name);
	snprintf(sea->devargs, sizeof(sea->devargs), "%s", devargs);
	r = devargs_iface(devargs, iface);
	if (r == 0)
		r = link_nl_new(v->ev, iface, on_link, v, &sea->link);
	return r == -ENOENT ? 0 : r;
}

int viosd_sea_start(struct viosd *v)
{
	const struct model_vios *self = &v->frame->vios[v->self];
	int r;

	v->seas.n = 1;
	r = watch(v, &v->seas.of[0], self->uplink_name, self->uplink_devargs);
	if (r < 0)
		log_refuse(
			"the carrier of uplink %s (%s) cannot be watched (%s); correct iface= in "
			"its devargs, or allow rtnetlink",
			self->uplink_name, self->uplink_devargs, strerror(-r));
	return r;
}

static void forget(struct viosd_sea *sea)
{
	sd_event_source_disable_unref(sea->timer);
	link_nl_free(sea->link);
	*sea = (struct viosd_sea){0};
}

/* What is known of the SEA goes on; or of the uplink, if it had none. */
static struct viosd_sea take(
	struct viosd_seas *from, const struct config_sea *sea, const struct config_physical *real)
{
	struct viosd_sea *found = NULL, taken;

	for (size_t i = 0; i < from->n && !found; i++)
		if (strcmp(from->of[i].name, sea->name) == 0)
			found = &from->of[i];
	for (size_t i = 0; i < from->n && !found; i++)
		if (!from->of[i].name[0] && strcmp(from->of[i].uplink, real->name) == 0)
			found = &from->of[i];
	if (!found)
		return (struct viosd_sea){0};
	taken = *found;
	*found = (struct viosd_sea){0};
	return taken;
}

static void follow_one(struct viosd *v, struct viosd_sea *to, const struct config_sea *sea,
	const struct config_physical *real)
{
	const struct sea_rules rules = sea_talk_rules(sea, self_name(v), v->self == 0);
	const char *devargs = real->type == CONFIG_PHYSICAL_AGGREGATION ? CONFIG_AGGREGATION_DEVARGS
									: real->devargs;

	if ((strcmp(to->uplink, real->name) != 0 || strcmp(to->devargs, devargs) != 0) &&
		watch(v, to, real->name, devargs) < 0)
		log_warn("uplink-not-watched", "name=%s", real->name);
	if (strcmp(to->name, sea->name) == 0) {
		sea_policy_rules(&to->policy, &rules);
		return;
	}
	memcpy(to->name, sea->name, sizeof(to->name));
	/* A wall clock: what an earlier viosd has told is older. */
	sea_policy_init(&to->policy, &rules, ++v->path_clock, loop_now_ns());
}

void viosd_sea_follow(struct viosd *v, const struct config *config)
{
	const struct config_sea *list[CONFIG_VIOS_SEAS_MAX];
	const size_t n = sea_talk_list(config, self_name(v), list);
	struct viosd_seas former = v->seas;

	v->seas.n = n;
	for (size_t i = 0; i < CONFIG_VIOS_SEAS_MAX; i++) {
		const struct config_physical *real =
			i < n ? sea_talk_real(config, list[i], self_name(v)) : NULL;

		v->seas.of[i] = (struct viosd_sea){0};
		if (!real)
			continue;
		v->seas.of[i] = take(&former, list[i], real);
		follow_one(v, &v->seas.of[i], list[i], real);
	}
	for (size_t i = 0; i < former.n; i++)
		forget(&former.of[i]);
}

static bool peer_talks(const struct viosd *v)
{
	return v->cluster && v->frame->n_vios == MODEL_VIOS_MAX &&
	       members_state(cluster_members(v->cluster), v->frame->vios[!v->self].node_id) ==
		       MEMBER_ONLINE;
}

static void hear(struct viosd *v, const struct summary_sea *heard)
{
	for (size_t i = 0; i < v->seas.n; i++) {
		struct viosd_sea *sea = &v->seas.of[i];

		if (!sea->name[0] || strcmp(heard->name, sea->name) != 0)
			continue;
		sea_policy_peer(&sea->policy, peer_talks(v));
		sea_policy_hear(&sea->policy, &heard->advert);
	}
}

void viosd_sea_hear(struct viosd *v, const struct summary *summary)
{
	hear(v, &summary->sea);
	for (size_t i = 0; i < summary->n_more; i++)
		hear(v, &summary->more[i].sea);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
	viosd_refresh(user);
	return 0;
}

static void set_timer(struct viosd *v, struct viosd_sea *sea, uint64_t now_ns)
{
	const uint64_t at_ns = sea_policy_next_ns(&sea->policy, now_ns);

	if (at_ns == SEA_NEVER)
		retimer_stop(sea->timer);
	else if (retimer_set(v->ev, &sea->timer, at_ns > now_ns ? (at_ns - now_ns) / 1000 + 1 : 0,
			 on_timer, v) < 0)
		log_error("sea-timer", "reason=\"no memory\"");
}

static void note(struct viosd *v, const struct viosd_sea *sea, const struct sea_out *out)
{
	static const enum errlog_kind kinds[SEA_REPORTS] = {
		[SEA_BECOME_PRIMARY] = ERRLOG_SEA_PRIMARY,
		[SEA_BECOME_BACKUP] = ERRLOG_SEA_BACKUP,
		[SEA_TO_LIMBO] = ERRLOG_SEA_LIMBO,
		[SEA_RECOVERED] = ERRLOG_SEA_RECOVERED,
	};

	log_info("sea", "name=%s state=%s from=%s", sea->name, sea_state_name(sea->policy.state),
		sea_state_name(out->from));
	if (out->report != SEA_QUIET)
		errlog_note(v->errlog, kinds[out->report], sea->name, "state=%s from=%s",
			sea_state_name(sea->policy.state), sea_state_name(out->from));
}

enum link_state viosd_sea_link(const struct viosd *v, const struct viosd_sea *sea)
{
	return link_state_of(link_nl_state(sea->link), plane_link(v->plane, sea->uplink));
}

/* *leaves: its clients that are better off on the other VIOS, besides all if it yields. */
static bool step(struct viosd *v, struct viosd_sea *sea, struct vlan_set *leaves)
{
	const enum link_state netaddr = plane_netaddr(v->plane, sea->uplink);
	const uint64_t now_ns = loop_now_ns();
	struct sea_policy *policy = &sea->policy;
	struct sea_out out;

	sea_policy_serving(policy, plane_serving(v->plane));
	sea_policy_link(policy, viosd_sea_link(v, sea) != LINK_DOWN, now_ns);
	/* While it is not known, what was believed is. */
	if (netaddr != LINK_UNKNOWN)
		sea_policy_probe(policy, 0, netaddr == LINK_UP);
	sea_policy_peer(policy, peer_talks(v));
	sea_policy_step(policy, now_ns, &out);
	if (out.moved)
		note(v, sea, &out);
	set_timer(v, sea, now_ns);
	*leaves = sea_roles_leaves(policy);
	return sea_policy_yields(policy);
}

/* Which adapter goes by which SEA, and which of them leave by their VLAN. */
static void mark_paths(struct viosd *v, const struct vlan_set *leaves)
{
	const struct vlan_set *vlans[CONFIG_VIOS_SEAS_MAX];
	const json_t *rules = json_object_get(v->rules, "adapters");

	for (size_t i = 0; i < v->seas.n; i++)
		vlans[i] = &v->seas.of[i].policy.rules.vlans;
	sea_paths_assign(&v->inventory, rules, vlans, v->seas.n);
	sea_paths_mark(&v->inventory, rules, leaves);
}

void viosd_sea_step(struct viosd *v, struct path_facts facts[CONFIG_VIOS_SEAS_MAX])
{
	struct vlan_set leaves = {{0}}, one;

	for (size_t i = 0; i < CONFIG_VIOS_SEAS_MAX; i++) {
		struct viosd_sea *sea = &v->seas.of[i];

		facts[i] = (struct path_facts){
			.serving = plane_serving(v->plane),
			.kernel_link = link_nl_state(sea->link),
			.plane_link = plane_link(v->plane, sea->uplink),
		};
		if (i >= v->seas.n || !sea->name[0])
			continue;
		facts[i].yields = step(v, sea, &one);
		leaves = vlan_set_or(&leaves, &one);
	}
	mark_paths(v, &leaves);
}

/* Of one that has decided nothing yet: what was claimed before. */
static bool claims_of(
	const struct viosd_seas *seas, const struct viosd_sea *sea, struct vlan_set *out)
{
	if (!sea->name[0])
		return false;
	if (sea_roles_known(&sea->policy))
		*out = sea_roles_claims(&sea->policy);
	else
		*out = vlan_set_and(&seas->claims, &sea->policy.rules.vlans);
	return sea_roles_known(&sea->policy) || seas->claims_known;
}

bool viosd_sea_claims(struct viosd *v)
{
	struct viosd_seas *seas = &v->seas;
	struct vlan_set claims = {{0}}, one;

	for (size_t i = 0; i < seas->n; i++) {
		if (!claims_of(seas, &seas->of[i], &one))
			return false;
		claims = vlan_set_or(&claims, &one);
	}
	if (seas->n == 0 || (seas->claims_known && vlan_set_equal(&claims, &seas->claims)))
		return false;
	seas->claims_known = true;
	seas->claims = claims;
	return true;
}

static void tell_one(const struct viosd *v, const struct viosd_sea *sea,
	struct summary_uplink *uplink, struct summary_sea *told)
{
	memcpy(uplink->name, sea->uplink, sizeof(uplink->name));
	memcpy(uplink->devargs, sea->devargs, sizeof(uplink->devargs));
	uplink->link = viosd_sea_link(v, sea);
	uplink->netaddr = plane_netaddr(v->plane, sea->uplink);
	memcpy(told->name, sea->name, sizeof(told->name));
	if (sea->name[0])
		told->advert = sea_policy_advert(&sea->policy);
}

void viosd_sea_tell(const struct viosd *v, struct summary *summary)
{
	tell_one(v, &v->seas.of[0], &summary->uplink, &summary->sea);
	for (size_t i = 1; i < v->seas.n; i++) {
		struct summary_more *more = &summary->more[summary->n_more++];

		tell_one(v, &v->seas.of[i], &more->uplink, &more->sea);
	}
}

json_t *viosd_sea_json(const struct viosd *v)
{
	json_t *all = json_object();

	for (size_t i = 0; i < v->seas.n; i++)
		if (v->seas.of[i].name[0])
			json_object_set_new(
				all, v->seas.of[i].name, sea_talk_shown(&v->seas.of[i].policy));
	return all;
}

void viosd_sea_fini(struct viosd *v)
{
	for (size_t i = 0; i < v->seas.n; i++)
		forget(&v->seas.of[i]);
}
