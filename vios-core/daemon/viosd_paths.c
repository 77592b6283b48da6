/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * viosd_paths.c - what path_fault.c says of a failed path to a disk, carried out. viosd's one
 * thread. A target tells of its paths; the peer's are in its summary; which of the two the mux
 * could take is in the mux's report. Any news of these three ends in refresh(), which comes here.
 */
#include "vios-core/daemon/viosd_paths.h"

#include "vios-core/base/log.h"
#include "vios-core/daemon/switch_op.h"

#include <stdlib.h>
#include <string.h>

static const struct adapter_status nothing = {.live = -1};

static const struct path_faults *peer_faults(const struct viosd *v, size_t peer, const char *name)
{
	const struct summary *summary = &v->seen[peer].summary;

	for (size_t i = 0; v->seen[peer].known && i < summary->n_scsids; i++)
		if (strcmp(summary->scsids[i].adapter, name) == 0)
			return &summary->scsids[i].faults;
	return NULL;
}

static struct path_fault_facts facts_of(
	const struct viosd *v, const struct inventory_adapter *entry, const struct scsid *s)
{
	struct path_fault_facts facts = {.report = &nothing,
		.self = v->self,
		.peer = v->frame->n_vios == MODEL_VIOS_MAX ? !v->self : v->self,
		.own = path_faults_state(&s->faults)};
	const struct path_faults *faults = peer_faults(v, facts.peer, entry->name);

	/* What a mux said before it went is history. */
	if (v->server && server_mux(v->server, entry->client))
		facts.report = &entry->report;
	if (facts.peer == facts.self)
		return facts;
	if (faults)
		facts.peers = path_faults_state(faults);
	if (v->cluster)
		facts.peer_offline = members_state(cluster_members(v->cluster),
					     v->frame->vios[facts.peer].node_id) == MEMBER_OFFLINE;
	return facts;
}

void viosd_paths_facts(
	const struct viosd *v, struct inventory_adapter *entry, const struct scsid *s)
{
	const struct path_fault_facts facts = facts_of(v, entry, s);

	entry->target_failed = facts.own != PATH_FAULT_NONE;
	entry->peer_is_better = path_fault_peer_better(&facts);
}

static void on_told(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct scsid *s = user; /* its plane's connection ends before it does */

	if (error_code == 0 || error_code == RPC_CLOSED)
		return;
	log_warn("path-errors-not-told", "adapter=%s reason=\"%s\"", s->name, message);
	s->told_path_errors = false; /* with the next news again */
}

static void tell_target(struct scsid *s, bool answer)
{
	if (!plane_serving(s->plane) || (s->told_path_errors && s->told_answer == answer))
		return;
	s->told_path_errors = plane_tell(s->plane, "path_errors",
				      json_pack("{s:b}", "answer", answer), on_told, s) == 0;
	s->told_answer = answer;
}

struct returning {
	struct viosd *v;
	char adapter[INVENTORY_NAME_BYTES];
};

static void on_returned(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct returning *r = user;
	struct scsid *s = error_code == RPC_CLOSED ? NULL : scsids_find(r->v->scsids, r->adapter);

	if (error_code == 0)
		log_info("failback", "adapter=%s", r->adapter);
	else
		log_warn("failback-failed", "adapter=%s reason=\"%s\"", r->adapter, message);
	if (error_code != 0 && s && s->faults.n == 0)
		s->returns = true; /* with the next news again */
	free(r);
}

static void bring_back(struct viosd *v, const struct inventory_adapter *entry, struct scsid *s)
{
	struct rpc_conn *mux = server_mux(v->server, entry->client);
	struct returning *r = mux ? calloc(1, sizeof(*r)) : NULL;

	if (!r)
		return;
	r->v = v;
	memcpy(r->adapter, entry->name, sizeof(r->adapter));
	s->returns = false;
	if (rpc_call_send(mux, "switch",
		    json_pack("{s:s, s:s}", "adapter", entry->name, "to",
			    v->frame->vios[v->self].name),
		    NULL, 0, SWITCH_MS, on_returned, r) < 0)
		free(r);
}

void viosd_paths_act(struct viosd *v)
{
	for (size_t i = 0; i < v->inventory.n; i++) {
		const struct inventory_adapter *entry = &v->inventory.list[i];
		struct scsid *s = entry->model->type == MODEL_SCSI
					  ? scsids_find(v->scsids, entry->name)
					  : NULL;
		struct path_fault_facts facts;

		if (!s || s->leaving || s->id != entry->model->id)
			continue;
		facts = facts_of(v, entry, s);
		tell_target(s, path_fault_answer(&facts));
		if (facts.report->live == (int)v->self)
			s->returns = false; /* whoever brought it */
		if (s->returns && path_fault_may_return(&facts))
			bring_back(v, entry, s);
	}
}

void viosd_paths_reported(struct viosd *v, const struct inventory_adapter *entry)
{
	const struct scsid *s =
		entry->model->type == MODEL_SCSI ? scsids_find(v->scsids, entry->name) : NULL;

	if (s && (s->faults.n > 0 || s->returns))
		viosd_refresh(v);
}

void viosd_paths_changed(struct scsid *s, enum path_fault_state before, void *user)
{
	struct viosd *v = user;
	const enum path_fault_state now = path_faults_state(&s->faults);
	const struct inventory_adapter *entry = inventory_find(&v->inventory, s->name);

	if (before == PATH_FAULT_NONE && now != PATH_FAULT_NONE)
		errlog_note(v->errlog, ERRLOG_PATH_FAILED, s->name, "adapter=%s error=%s", s->name,
			s->faults.error);
	else if (before != PATH_FAULT_NONE && now == PATH_FAULT_NONE)
		errlog_note(v->errlog, ERRLOG_PATH_RECOVERED, s->name, "adapter=%s", s->name);
	s->returns = now == PATH_FAULT_NONE && s->failback && entry &&
		     strcmp(entry->model->preferred, v->frame->vios[v->self].name) == 0;
	viosd_refresh(v);
}
