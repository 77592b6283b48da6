/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vios_score.c - promotion score and health as node attributes, set by Pacemaker's own tools. One
 * thread. A tool that fails is logged and asked again at the next monitor: it is no failure of the
 * VIOS.
 */
#include "ha/pacemaker/vios_agent.h"

#include <stdio.h>
#include <string.h>

#include "ha/pacemaker/process.h"
#include "vios-core/base/log.h"

#define TOOL_MS 5000u

static bool tool(char *const argv[])
{
	int r = process_run(argv, TOOL_MS);

	if (r != 0)
		log_warn("attribute-not-set", "tool=%s exit=%d", argv[0], r);
	return r == 0;
}

static bool attribute(const char *name, const char *value)
{
	char *const set[] = {
		"attrd_updater", "--name", (char *)name, "--update", (char *)value, NULL};
	char *const remove[] = {"attrd_updater", "--name", (char *)name, "--delete", NULL};

	return tool(value ? set : remove);
}

static bool score(int value)
{
	char text[16];
	char *const argv[] = {
		"crm_attribute", "--promotion", "--lifetime", "reboot", "--update", text, NULL};

	snprintf(text, sizeof(text), "%d", value);
	return tool(argv);
}

bool vios_publish(struct role *role, const struct facts *facts, bool all)
{
	const unsigned told = verdict_told(facts);
	const struct role before = *role;
	int wanted = verdict_score(facts);
	bool set;

	if (all || role->score != wanted)
		role->score = score(wanted) ? wanted : 0;
	if (all || role->health != told) {
		set = attribute("#health-vios", verdict_health_word(verdict_health(facts)));
		set &= attribute("vios-uplink", verdict_uplink_word(facts));
		set &= attribute("vios-disks", verdict_disks_word(facts));
		role->health = set ? told : 0;
	}
	return role->score != before.score || role->health != before.health;
}

void vios_unpublish(void)
{
	char *const argv[] = {
		"crm_attribute", "--promotion", "--lifetime", "reboot", "--delete", NULL};

	tool(argv);
	attribute("#health-vios", NULL);
	attribute("vios-uplink", NULL);
	attribute("vios-disks", NULL);
}
