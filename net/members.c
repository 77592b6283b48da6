/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * members.c - see members.h. A member's carrier is the kernel's word where it is on a kernel
 * interface, else its driver's. What follows from it is aggregate_step()'s decision. While the bond
 * changes, the uplink is out of the workers' hands: its receive queues keep what comes in, what
 * clients send to it meanwhile is lost, for as long as a worker's round takes. The switch outside
 * knows clients by the member that they were last heard on, so all are announced anew.
 */
#include "net/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/bond.h"
#include "net/configure_uplink.h"
#include "net/link.h"
#include "vios-core/base/log.h"

#define HOLDOFF_S 30

struct watched {
	struct members *of;
	struct link_watch *link;
	unsigned ifindex;
	unsigned holdoff_s; /* it could not be taken in; not tried again meanwhile */
};

struct members {
	struct netd_uplink *at;
	struct bond *bond;
	struct watched watched[AGGREGATE_MEMBERS_MAX];
	unsigned first;
	unsigned agreed; /* bits; as they were when last looked at */
	bool settling;
};

/* An interface of the same name that has come anew is not the one that the device is on. */
static bool has_carrier(const struct members *m, unsigned member)
{
	const struct watched *watched = &m->watched[member];
	char iface[IF_NAMESIZE];

	bond_iface(m->bond, member, iface);
	if (!iface[0])
		return bond_link_is_up(m->bond, member);
	return watched->link && link_watch_up(watched->link) &&
	       (!bond_is_in(m->bond, member) || bond_has_ifindex(m->bond, watched->ifindex));
}

static void look(const struct members *m, struct aggregate_view view[AGGREGATE_MEMBERS_MAX])
{
	const unsigned n = bond_config(m->bond)->n;

	memset(view, 0, AGGREGATE_MEMBERS_MAX * sizeof(*view));
	for (unsigned i = 0; i < n; i++) {
		const struct watched *watched = &m->watched[i];

		view[i].in = bond_is_in(m->bond, i);
		view[i].active = bond_is_active(m->bond, i);
		view[i].found = (watched->link && !watched->holdoff_s) || view[i].in;
		view[i].carrier = has_carrier(m, i);
		view[i].agreed = bond_agreed(m->bond, i);
	}
}

/* The others go on. */
static void hold_off(struct members *m, unsigned member, int error)
{
	m->watched[member].holdoff_s = HOLDOFF_S;
	log_warn("member-refused", "member=%s error=\"%s\" again_s=%d",
		bond_config(m->bond)->member[member].name, strerror(error), HOLDOFF_S);
}

/* What can fail comes first, and fails alone. */
static unsigned prepare(struct members *m, unsigned comes)
{
	const struct aggregate_config *config = bond_config(m->bond);
	int rc = comes < config->n ? bond_probe(m->bond, comes) : 0;

	if (!rc)
		return comes;
	hold_off(m, comes, -rc);
	return AGGREGATE_NONE;
}

static void change(struct members *m, const struct aggregate_step *step)
{
	const struct aggregate_config *config = bond_config(m->bond);

	if (step->comes < config->n && bond_join(m->bond, step->comes))
		hold_off(m, step->comes, EIO);
	if (step->first < config->n && bond_is_in(m->bond, step->first))
		bond_set_first(m->bond, step->first);
	if (step->goes < config->n)
		bond_leave(m->bond, step->goes);
	m->first = step->first;
}

static void tell(const struct members *m, const struct aggregate_step *step)
{
	const struct aggregate_config *config = bond_config(m->bond);

	if (step->comes < config->n)
		log_info("member-in", "member=%s", config->member[step->comes].name);
	if (step->goes < config->n)
		log_info("member-out", "member=%s", config->member[step->goes].name);
	if (step->first < config->n)
		log_info("member-first", "member=%s", config->member[step->first].name);
}

/* Whether anything has changed. */
static bool step_once(struct members *m)
{
	const struct aggregate_config *config = bond_config(m->bond);
	struct aggregate_view view[AGGREGATE_MEMBERS_MAX];
	struct aggregate_step step;

	look(m, view);
	step = aggregate_step(config, view);
	step.comes = prepare(m, step.comes);
	if (step.first < config->n && !view[step.first].in && step.first != step.comes)
		step.first = m->first; /* it could not be taken in */
	if (step.comes == AGGREGATE_NONE && step.goes == AGGREGATE_NONE && step.first == m->first)
		return false;
	if (!configure_uplink_aside(m->at))
		return false;
	change(m, &step);
	uplink_members_changed(m->at->uplink);
	configure_uplink_back(m->at);
	bond_await_active(m->bond);
	if (step.goes < config->n)
		bond_forget(m->bond, step.goes);
	if (step.comes < config->n && !bond_is_in(m->bond, step.comes))
		bond_forget(m->bond, step.comes);
	tell(m, &step);
	return step.comes == AGGREGATE_NONE || bond_is_in(m->bond, step.comes);
}

/* 802.3ad: whether the switch takes frames by other members than before. */
static bool agrees_otherwise(struct members *m)
{
	unsigned agreed = 0, before = m->agreed;

	for (unsigned i = 0; i < bond_config(m->bond)->n; i++)
		agreed |= (unsigned)bond_agreed(m->bond, i) << i;
	m->agreed = agreed;
	return agreed != before;
}

static void settle(struct members *m)
{
	bool changed = agrees_otherwise(m);

	if (m->settling)
		return;
	m->settling = true;
	for (unsigned i = 0; i < 2 * AGGREGATE_MEMBERS_MAX && step_once(m); i++)
		changed = true;
	m->settling = false;
	if (changed)
		status_announce_all(m->at->netd);
	status_link_changed(m->at);
}

static void on_carrier(bool up, void *user)
{
	struct watched *watched = user;
	const struct members *m = watched->of;

	log_info("member", "member=%s link=%s",
		bond_config(m->bond)->member[watched - m->watched].name, up ? "up" : "down");
	watched->holdoff_s = 0;
	settle(watched->of);
}

/* An interface may come, go, and come back as another one of the same name. */
static void watch(struct members *m, unsigned member)
{
	struct watched *watched = &m->watched[member];
	char iface[IF_NAMESIZE];
	unsigned ifindex;

	bond_iface(m->bond, member, iface);
	ifindex = iface[0] ? if_nametoindex(iface) : 0;
	if (ifindex == watched->ifindex)
		return;
	link_watch_free(watched->link);
	watched->link = NULL;
	watched->of = m;
	watched->ifindex = 0;
	if (!ifindex)
		return;
	if (link_watch_new(m->at->netd->ev, ifindex, on_carrier, watched, &watched->link))
		log_warn("link-unwatched", "member=%s", bond_config(m->bond)->member[member].name);
	else
		watched->ifindex = ifindex;
}

void members_tend(struct members *m)
{
	for (unsigned i = 0; i < bond_config(m->bond)->n; i++) {
		m->watched[i].holdoff_s -= m->watched[i].holdoff_s > 0;
		watch(m, i);
	}
	settle(m);
}

struct members *members_new(struct netd_uplink *at)
{
	struct members *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->at = at;
	m->bond = uplink_bond(at->uplink);
	bond_await_active(m->bond);
	m->first = AGGREGATE_NONE;
	return m;
}

void members_free(struct members *m)
{
	if (!m)
		return;
	for (unsigned i = 0; i < AGGREGATE_MEMBERS_MAX; i++)
		link_watch_free(m->watched[i].link);
	free(m);
}

bool members_up(const struct members *m)
{
	struct aggregate_view view[AGGREGATE_MEMBERS_MAX];

	look(m, view);
	return aggregate_up(bond_config(m->bond), view);
}

json_t *members_json(const struct members *m)
{
	const struct aggregate_config *config = bond_config(m->bond);
	struct aggregate_view view[AGGREGATE_MEMBERS_MAX];
	json_t *list = json_array();

	look(m, view);
	for (unsigned i = 0; i < config->n; i++) {
		const struct bond_counts counts = bond_counts(m->bond, i);

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "name", config->member[i].name,
				"devargs", config->member[i].devargs, "link",
				!view[i].found	  ? "unknown"
				: view[i].carrier ? "up"
						  : "down",
				"state", aggregate_state(config, view, i), "rx_packets",
				(json_int_t)counts.rx_packets, "tx_packets",
				(json_int_t)counts.tx_packets));
	}
	return json_pack("{s:s, s:o}", "mode", aggregate_mode_name(config->mode), "members", list);
}
