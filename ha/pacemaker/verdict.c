/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * verdict.c - the agents' decisions. Pure; owns nothing.
 *
 * The data path fails over by itself and Pacemaker comes second, so nothing here makes a failure of
 * what the pair has dealt with already: a data plane that died and is being started again, a lost
 * carrier, a switch. They lower the score, and Pacemaker follows.
 */
#include "ha/pacemaker/verdict.h"

enum {
	SCORE_OUT_OF_STEP = 5,
	SCORE_RED = 10,
	SCORE_YELLOW = 50,
	SCORE_GREEN = 100,
	SCORE_LIVE = 25
};

enum disks { DISKS_OK, DISKS_DEGRADED, DISKS_FAILED };

/* A path that fails is worse than a target that is being started again. */
static enum disks disks(const struct facts *f)
{
	if (f->own.disks_failing)
		return DISKS_FAILED;
	return f->own.scsids_down ? DISKS_DEGRADED : DISKS_OK;
}

enum verdict_health verdict_health(const struct facts *f)
{
	if (!f->own.netd_up || !f->in_step)
		return HEALTH_RED;
	if (f->own.link_down || disks(f) != DISKS_OK || !f->framed || f->ready_here < f->adapters)
		return HEALTH_YELLOW;
	return HEALTH_GREEN;
}

const char *verdict_health_word(enum verdict_health health)
{
	static const char *const words[] = {
		[HEALTH_RED] = "red", [HEALTH_YELLOW] = "yellow", [HEALTH_GREEN] = "green"};

	return words[health];
}

const char *verdict_uplink_word(const struct facts *f)
{
	return f->own.link_down ? "down" : "up";
}

const char *verdict_disks_word(const struct facts *f)
{
	static const char *const words[] = {
		[DISKS_OK] = "ok", [DISKS_DEGRADED] = "degraded", [DISKS_FAILED] = "failed"};

	return words[disks(f)];
}

unsigned verdict_told(const struct facts *f)
{
	return 1 + (unsigned)verdict_health(f) + 3 * f->own.link_down + 6 * (unsigned)disks(f);
}

int verdict_score(const struct facts *f)
{
	static const int scores[] = {[HEALTH_RED] = SCORE_RED,
		[HEALTH_YELLOW] = SCORE_YELLOW,
		[HEALTH_GREEN] = SCORE_GREEN};
	enum verdict_health health = verdict_health(f);

	if (!f->in_step)
		return SCORE_OUT_OF_STEP;
	if (health != HEALTH_RED && f->live_here > f->live_peer)
		return scores[health] + SCORE_LIVE;
	return scores[health];
}

static bool peer_can(const struct facts *f)
{
	return f->peer.name[0] && f->peer.online && f->peer.netd_up;
}

bool verdict_hand_over(const struct facts *f)
{
	return f->live_here > 0 && peer_can(f) && f->ready_peer == f->adapters &&
	       (!f->peer.link_down || f->own.link_down);
}

enum ocf verdict_running(const struct role *role)
{
	return role->is == ROLE_PROMOTED ? OCF_PROMOTED : OCF_SUCCESS;
}

enum ocf verdict_failed(const struct role *role)
{
	return role->is == ROLE_PROMOTED ? OCF_FAILED_PROMOTED : OCF_GENERIC;
}

enum ocf verdict_monitor(const struct verdict_seen *seen, bool *revive)
{
	*revive = false;
	switch (seen->viosd) {
	case VIOSD_ANSWERS:
		if (seen->deep && !seen->netd_up)
			return verdict_failed(&seen->role);
		return verdict_running(&seen->role);
	case VIOSD_SILENT:
		return verdict_failed(&seen->role);
	case VIOSD_GONE:
		break;
	}
	if (!seen->planes)
		return OCF_NOT_RUNNING;
	if (seen->role.is == ROLE_NONE) /* orphans: to be stopped in order */
		return OCF_GENERIC;
	if (seen->probe) /* the first monitor after it revives viosd */
		return verdict_running(&seen->role);
	if (seen->role.revivals >= VERDICT_REVIVALS)
		return verdict_failed(&seen->role);
	*revive = true;
	return verdict_running(&seen->role);
}

enum verdict_drain verdict_drain(
	const struct facts *f, uint64_t left_ms, bool wait, const char **why)
{
	*why = "";
	if (f && f->live_here == 0)
		return DRAIN_DONE;
	if (f && peer_can(f) && left_ms > 0)
		return DRAIN_SWITCH;
	if (wait && left_ms > 0)
		return DRAIN_WAIT;
	if (!f)
		*why = "no viosd answers, so nobody knows who is served";
	else if (!f->peer.name[0])
		*why = "this frame has no other VIOS";
	else if (!f->peer.online)
		*why = "the other VIOS is not online";
	else if (!f->peer.netd_up)
		*why = "the data plane of the other VIOS does not run";
	else
		*why = "the other VIOS has not taken them in time";
	return wait ? DRAIN_FAIL : DRAIN_GIVE_UP;
}
