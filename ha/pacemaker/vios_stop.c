/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vios_stop.c - ends a VIOS in order: its clients go to the peer first, then viosd ends with its
 * data planes, and only when nothing of it listens any more is it stopped. One thread, bounded by
 * the action's timeout. What does not end is a failed stop, which Pacemaker answers with fencing.
 */
#include "ha/pacemaker/vios_agent.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ha/pacemaker/process.h"
#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"

#define LOOK_MS 100u
#define RETRY_MS 300u
#define END_RESERVE_MS 10000u /* of the timeout, for what follows the draining */
#define KILL_RESERVE_MS 5000u /* for ending a viosd that does not go */
#define GRACE_MS 1000u

/* Of a short timeout the reserve may be half. */
static uint64_t drain_left_ms(const struct agent_call *call, uint64_t half_ms)
{
	uint64_t left_ms = agent_left_ms(call, END_RESERVE_MS), now_ms = process_now_ms();
	uint64_t in_half_ms = now_ms < half_ms ? half_ms - now_ms : 0;

	return left_ms > in_half_ms ? left_ms : in_half_ms;
}

static void move_away(const struct talk_site *site, const char *peer)
{
	struct talk_switched s;

	if (talk_switch(site, peer, &s) < 0) {
		log_warn("drain-not-asked", "to=%s", peer);
		process_wait_ms(RETRY_MS);
		return;
	}
	log_info("drain", "to=%s switched=%u unchanged=%u failed=%u", peer, s.switched, s.unchanged,
		s.failed);
	if (s.failed)
		log_warn("drain-refused", "reason=\"%s\"", s.reason);
	process_wait_ms(s.failed ? RETRY_MS : LOOK_MS);
}

/* True: it may stop now. */
static bool drain(struct agent_call *call, const struct talk_site *site)
{
	uint64_t half_ms = process_now_ms() + agent_left_ms(call, 0) / 2;
	bool wait = false;
	struct facts facts;
	const char *why;

	agent_bool(call->value[V_WAIT], &wait);
	for (;;) {
		bool known = talk_any(site, &facts);

		switch (verdict_drain(
			known ? &facts : NULL, drain_left_ms(call, half_ms), wait, &why)) {
		case DRAIN_DONE:
			return true;
		case DRAIN_SWITCH:
			move_away(site, facts.peer.name);
			break;
		case DRAIN_WAIT:
			process_wait_ms(RETRY_MS);
			break;
		case DRAIN_GIVE_UP:
			log_warn("stopped-undrained", "served_here=%u reason=\"%s\"",
				known ? facts.live_here : 0, why);
			return true;
		case DRAIN_FAIL:
			agent_reason("%s is not stopped while it serves %u adapters: %s "
				     "(drain_wait)",
				site->self, known ? facts.live_here : 0, why);
			return false;
		}
	}
}

static bool viosd_listens(const struct talk_site *site, struct runpath *path)
{
	return runpath_viosd(path, site->run, site->self) == 0 && process_listens(path->text);
}

/* Whoever still listens on viosd's socket. */
static void end_viosd(const struct talk_site *site)
{
	struct runpath path;
	int pidfd;

	if (!viosd_listens(site, &path))
		return;
	pidfd = process_of_socket(path.text);
	if (pidfd < 0) {
		log_warn("viosd-not-found", "socket=%s error=\"%s\"", path.text, strerror(-pidfd));
		return;
	}
	log_warn("viosd-ended", "reason=\"it does not end when asked to\"");
	process_end(pidfd, GRACE_MS);
	close(pidfd);
}

/* True: it is gone before the reserve is touched. */
static bool wait_gone(struct agent_call *call, const struct talk_site *site, unsigned reserve_ms)
{
	struct runpath path;

	while (viosd_listens(site, &path) || talk_planes(site, false)) {
		if (agent_left_ms(call, reserve_ms) == 0)
			return false;
		process_wait_ms(LOOK_MS);
	}
	return true;
}

static bool end_all(struct agent_call *call, const struct talk_site *site)
{
	struct runpath path;
	bool asked = talk_shutdown(site) == 0;

	if (asked && wait_gone(call, site, KILL_RESERVE_MS))
		return true;
	end_viosd(site);
	talk_planes(site, true); /* as their viosd would have */
	if (wait_gone(call, site, GRACE_MS))
		return true;
	agent_reason("%s does not end: %s, %u of its data planes run", site->self,
		viosd_listens(site, &path) ? "viosd listens" : "viosd is gone",
		talk_planes(site, false));
	return false;
}

enum ocf vios_stop_all(struct agent_call *call, const struct talk_site *site)
{
	struct runpath path;
	struct role role;

	vios_role_load(site, &role);
	if (viosd_listens(site, &path) || talk_planes(site, false)) {
		if (!drain(call, site) || !end_all(call, site))
			return verdict_failed(&role);
	}
	vios_unpublish();
	return vios_role_drop(site) == 0 ? OCF_SUCCESS : OCF_GENERIC;
}
