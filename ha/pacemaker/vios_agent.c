/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vios_agent.c - ocf:vios:vios: one VIOS of the pair as an instance of a promotable clone. One
 * thread, one action a process.
 *
 * The data path fails over by itself; Pacemaker is the second line. So the promoted role is a
 * preference and nothing else: promote is an orderly switch towards this VIOS, `monitor` reports
 * the role that Pacemaker last set, wherever the pair has taken its clients since, and that shows
 * up as a promotion score only. Neither ever restarts anything.
 */
#include "ha/pacemaker/vios_agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ha/pacemaker/process.h"
#include "vios-core/base/log.h"

#define RETRY_MS 500u
#define PROMOTE_MS 10000u /* paths that were not ready have time to become so */
#define RESERVE_MS 5000u

static const char *own_name(const struct agent_call *call, struct utsname *host)
{
	if (call->value[V_VIOS])
		return call->value[V_VIOS];
	if (call->node && call->node[0])
		return call->node;
	return uname(host) == 0 ? host->nodename : "";
}

int vios_site(const struct agent_call *call, struct talk_site *site)
{
	struct utsname host;
	const char *name = own_name(call, &host);
	int r;

	if (!model_name_valid(name)) {
		agent_reason("this node's name is no name of a VIOS; set the parameter vios");
		return -EINVAL;
	}
	r = talk_site(site, call->value[V_RUN], name);
	if (r == -ENOENT)
		agent_reason("%s/frame.json is missing, or has no VIOS %s; set the parameter vios",
			call->value[V_RUN], name);
	else if (r < 0)
		agent_reason("%s/frame.json cannot be used (%s)", call->value[V_RUN], strerror(-r));
	return r;
}

static enum ocf validate(struct agent_call *call)
{
	struct talk_site site;

	if (access(call->value[V_VIOSD], X_OK) < 0) {
		agent_reason("%s cannot be executed (%s); install it, or set the parameter viosd",
			call->value[V_VIOSD], strerror(errno));
		return OCF_INSTALLED;
	}
	return vios_site(call, &site) < 0 ? OCF_CONFIGURED : OCF_SUCCESS;
}

static enum ocf start(struct agent_call *call)
{
	struct role role = {.is = ROLE_UNPROMOTED};
	struct talk_site site;
	struct facts facts;
	enum verdict_viosd viosd;
	enum ocf rc = validate(call);

	if (rc != OCF_SUCCESS)
		return rc;
	if (vios_site(call, &site) < 0)
		return OCF_CONFIGURED;
	viosd = talk_own(&site, &facts);
	if (viosd == VIOSD_SILENT) {
		agent_reason("viosd of %s runs and does not answer", site.self);
		return OCF_GENERIC;
	}
	if (viosd == VIOSD_GONE && vios_start_viosd(call, &site) < 0)
		return OCF_GENERIC;
	if (talk_own(&site, &facts) == VIOSD_ANSWERS)
		vios_publish(&role, &facts, true);
	return vios_role_store(&site, &role) == 0 ? OCF_SUCCESS : OCF_GENERIC;
}

/* Nothing of a VIOS that the frame does not have was ever started. */
static enum ocf stop(struct agent_call *call)
{
	struct talk_site site = {.run = call->value[V_RUN]};
	struct utsname host;
	const char *name = own_name(call, &host);

	if (call->wrong)
		log_warn("stopped-misconfigured", "reason=\"%s\"", call->why);
	if (!site.run || !model_name_valid(name)) {
		log_warn("stopped-unnamed", "name=\"%.31s\"", name);
		return OCF_SUCCESS;
	}
	memcpy(site.self, name, strlen(name) + 1);
	return vios_stop_all(call, &site);
}

/* viosd has died while its data planes serve on: a stop and a start would take them away. */
static enum ocf revive(struct agent_call *call, const struct talk_site *site, struct role *role)
{
	role->revivals++;
	log_warn("viosd-revived", "vios=%s times=%u of=%d", site->self, role->revivals,
		VERDICT_REVIVALS);
	if (vios_role_store(site, role) < 0 || vios_start_viosd(call, site) < 0)
		return verdict_failed(role);
	return verdict_running(role);
}

static void complain(const struct talk_site *site, const struct verdict_seen *seen, enum ocf rc)
{
	if (rc == OCF_SUCCESS || rc == OCF_PROMOTED || rc == OCF_NOT_RUNNING)
		return;
	if (seen->viosd == VIOSD_SILENT)
		agent_reason("viosd of %s runs and does not answer", site->self);
	else if (seen->viosd == VIOSD_ANSWERS)
		agent_reason("the data plane of %s is not up", site->self);
	else if (seen->role.is == ROLE_NONE)
		agent_reason("data planes of %s run without viosd", site->self);
	else
		agent_reason("viosd of %s died again and again", site->self);
}

static enum ocf monitor(struct agent_call *call)
{
	struct verdict_seen seen = {.probe = call->probe, .deep = call->deep};
	struct talk_site site;
	struct facts facts;
	bool wanted, changed;
	enum ocf rc;

	if (call->wrong || vios_site(call, &site) < 0) {
		if (call->wrong)
			agent_reason("%s", call->why);
		return call->probe ? OCF_NOT_RUNNING : OCF_CONFIGURED;
	}
	vios_role_load(&site, &seen.role);
	seen.viosd = talk_own(&site, &facts);
	seen.netd_up = seen.viosd == VIOSD_ANSWERS && facts.own.netd_up;
	seen.planes = seen.viosd == VIOSD_GONE && talk_planes(&site, false) > 0;
	rc = verdict_monitor(&seen, &wanted);
	if (wanted)
		return revive(call, &site, &seen.role);
	if (seen.viosd == VIOSD_ANSWERS && seen.role.is != ROLE_NONE) {
		changed = vios_publish(&seen.role, &facts, call->probe);
		changed |= seen.role.revivals != 0;
		seen.role.revivals = 0;
		if (changed && vios_role_store(&site, &seen.role) < 0)
			return verdict_failed(&seen.role);
	}
	complain(&site, &seen, rc);
	return rc;
}

/* Until nobody is served by the peer, or the time is up: what is not ready may become so. */
static void move_here(struct agent_call *call, const struct talk_site *site, struct facts *facts)
{
	uint64_t until_ms = process_now_ms() + PROMOTE_MS;
	struct talk_switched s = {0};

	while (talk_own(site, facts) == VIOSD_ANSWERS && facts->live_peer > 0) {
		if (process_now_ms() > until_ms || agent_left_ms(call, RESERVE_MS) == 0) {
			log_warn("not-all-switched", "to=%s left=%u reason=\"%s\"", site->self,
				facts->live_peer, s.reason);
			return;
		}
		if (talk_switch(site, site->self, &s) == 0)
			log_info("switched", "to=%s switched=%u unchanged=%u failed=%u", site->self,
				s.switched, s.unchanged, s.failed);
		process_wait_ms(s.switched && !s.failed ? 50 : RETRY_MS);
	}
}

/* The call's site and role of a VIOS that runs. OCF_SUCCESS, or what to answer. */
static enum ocf running(
	struct agent_call *call, struct talk_site *site, struct role *role, struct facts *facts)
{
	enum verdict_viosd viosd;

	if (vios_site(call, site) < 0)
		return OCF_CONFIGURED;
	vios_role_load(site, role);
	viosd = talk_own(site, facts);
	if (viosd == VIOSD_ANSWERS)
		return OCF_SUCCESS;
	agent_reason("viosd of %s %s", site->self,
		viosd == VIOSD_GONE ? "does not run" : "does not answer");
	return viosd == VIOSD_GONE && talk_planes(site, false) == 0 ? OCF_NOT_RUNNING : OCF_GENERIC;
}

/* The role is kept before anything moves: whatever happens in between, monitor says what was asked.
 */
static enum ocf set_role(struct agent_call *call, enum role_is is)
{
	struct talk_switched s;
	struct talk_site site;
	struct facts facts;
	struct role role;
	enum ocf rc = running(call, &site, &role, &facts);

	if (rc != OCF_SUCCESS)
		return rc;
	role.is = is;
	if (vios_role_store(&site, &role) < 0)
		return OCF_GENERIC;
	if (is == ROLE_PROMOTED)
		move_here(call, &site, &facts);
	else if (verdict_hand_over(&facts) && talk_switch(&site, facts.peer.name, &s) == 0)
		log_info("handed-over", "to=%s switched=%u failed=%u", facts.peer.name, s.switched,
			s.failed);
	if (talk_own(&site, &facts) == VIOSD_ANSWERS && vios_publish(&role, &facts, false))
		vios_role_store(&site, &role);
	return OCF_SUCCESS;
}

static enum ocf promote(struct agent_call *call)
{
	return set_role(call, ROLE_PROMOTED);
}

static enum ocf demote(struct agent_call *call)
{
	return set_role(call, ROLE_UNPROMOTED);
}

/* After the other instance has changed, the score is brought in line at once. */
static enum ocf notify(struct agent_call *call)
{
	const char *type = getenv("OCF_RESKEY_CRM_meta_notify_type");
	struct talk_site site;
	struct facts facts;
	struct role role;

	if (!type || strcmp(type, "post") != 0 || vios_site(call, &site) < 0)
		return OCF_SUCCESS;
	vios_role_load(&site, &role);
	if (role.is != ROLE_NONE && talk_own(&site, &facts) == VIOSD_ANSWERS &&
		vios_publish(&role, &facts, false))
		vios_role_store(&site, &role);
	return OCF_SUCCESS;
}

/* Every parameter counts at its next use; there is nothing to tell to a running VIOS. */
static enum ocf reload(struct agent_call *call)
{
	return validate(call);
}

int main(int argc, char **argv)
{
	static const struct agent_handler handlers[] = {
		{"start", start},
		{"stop", stop},
		{"monitor", monitor},
		{"promote", promote},
		{"demote", demote},
		{"notify", notify},
		{"reload-agent", reload},
		{"reload", reload},
		{"validate-all", validate},
		{NULL, NULL},
	};

	return agent_main(&vios_agent, handlers, argc, argv);
}
