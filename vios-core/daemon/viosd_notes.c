// SPDX-License-Identifier: BSD-3-Clause
/*
 * viosd_notes.c - compares what holds with what was noted last, and notes what is new. viosd's one
 * thread; what was noted is viosd's own (struct noted, and two flags of each adapter).
 */
#include "vios-core/daemon/viosd_notes.h"

#include "vios-core/daemon/errlog_file.h"
#include "vios-core/daemon/viosd.h"

#define NAMED_MAX 8 /* adapters that get entries of their own at once */

/* That a link is up is no news before it was down; what is not known is none at all. */
static void note_link(struct viosd *v, struct viosd_sea *sea)
{
	const enum link_state link = viosd_sea_link(v, sea);
	const enum link_state before = sea->noted;

	if (link == LINK_UNKNOWN || link == before)
		return;
	sea->noted = link;
	if (link == LINK_DOWN || before == LINK_DOWN)
		errlog_note(v->errlog, link == LINK_DOWN ? ERRLOG_LINK_DOWN : ERRLOG_LINK_UP,
			sea->uplink, "name=%s link=%s", sea->uplink, link_state_name(link));
}

static void note_one_quarantine(struct viosd *v, const struct inventory_adapter *entry)
{
	enum errlog_kind kind = entry->quarantined ? ERRLOG_QUARANTINED
				: entry->held	   ? ERRLOG_HELD
						   : ERRLOG_RELEASED;

	errlog_note(v->errlog, kind, entry->name, "adapter=%s", entry->name);
}

static void note_quarantines(struct viosd *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->inventory.n; i++) {
		struct inventory_adapter *entry = &v->inventory.list[i];

		if (entry->quarantined == entry->noted_quarantined &&
			entry->held == entry->noted_held)
			continue;
		entry->noted_quarantined = entry->quarantined;
		entry->noted_held = entry->held;
		if (n++ < NAMED_MAX)
			note_one_quarantine(v, entry);
	}
	if (n > NAMED_MAX)
		errlog_note(v->errlog, ERRLOG_QUARANTINED, "adapters",
			"changes_of_more_adapters=%zu see=\"viosctl status\"", n - NAMED_MAX);
}

static void note_peer(struct viosd *v)
{
	static const enum errlog_kind kinds[MEMBER_N_STATES] = {
		[MEMBER_UNKNOWN] = ERRLOG_CLUSTER_LOST,
		[MEMBER_ONLINE] = ERRLOG_PEER_BACK,
		[MEMBER_OFFLINE] = ERRLOG_PEER_LOST,
	};
	const struct model_vios *peer = &v->frame->vios[!v->self];
	enum member_state state;

	if (!v->cluster || v->frame->n_vios != MODEL_VIOS_MAX)
		return;
	state = members_state(cluster_members(v->cluster), peer->node_id);
	if (state == v->noted.peer)
		return;
	v->noted.peer = state;
	errlog_note(v->errlog, kinds[state], peer->name, "vios=%s state=%s", peer->name,
		member_state_name(state));
}

static void note_role(struct viosd *v)
{
	static const enum errlog_kind kinds[] = {
		[REPLICA_PAIR] = ERRLOG_ROLE_PAIR,
		[REPLICA_ALONE] = ERRLOG_ROLE_ALONE,
		[REPLICA_WAITING] = ERRLOG_ROLE_WAITING,
	};
	char reason[REPLICA_SENTENCE];
	enum replica_role role;

	if (!v->pair)
		return;
	role = pair_role(v->pair);
	if (v->noted.has_role && role == v->noted.role)
		return;
	v->noted.has_role = true;
	v->noted.role = role;
	pair_reason(v->pair, reason);
	errlog_note(v->errlog, kinds[role], "configuration", "reason=\"%s\"", reason);
}

void viosd_notes(struct viosd *v)
{
	for (size_t i = 0; i < v->seas.n; i++)
		note_link(v, &v->seas.of[i]);
	note_quarantines(v);
	note_peer(v);
	note_role(v);
}
