/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fence_params.c - reads what Pacemaker's fencer asks of fence_vios, and tells it what may be asked
 * (the fence agents' API). Pure. Input comes from the cluster's configuration and is bounded.
 */
#include "ha/pacemaker/fence_params.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ha/pacemaker/agent_xml.h"
#include "vios-core/model/frame_config.h"

const struct agent_param fence_params[] = {
	{"action", AGENT_WORDS, "reboot", true, false, "Fencing action",
		"off, on, reboot, status, list, monitor, validate-all or metadata"},
	{"plug", AGENT_NAME, NULL, false, true, "VIOS that is fenced",
		"The VIOS, as frame.json names it"},
	{"run", AGENT_SOCKET, "/run/vios", false, false, "run directory of the frame",
		"The frame's run directory, where vios-framed is found"},
	{"power_timeout", AGENT_SECONDS, "40", false, false,
		"seconds that vios-framed may take for it", "Seconds to wait for the answer"},
	{"delay", AGENT_SECONDS, "0", false, false, "seconds to wait before off and reboot",
		"A delay that only one VIOS has decides who wins when both fence each other"},
	{0},
};

static const char letters[FENCE_PARAMS] = {'o', 'n', 'r', 't', 'd'};

/* Former and general names of the same things. */
static const char *const aliases[][2] = {
	{"option", "action"}, {"port", "plug"}, {"nodename", "plug"}};

static const char *const actions[] = {
	[FENCE_OFF] = "off",
	[FENCE_ON] = "on",
	[FENCE_REBOOT] = "reboot",
	[FENCE_STATUS] = "status",
	[FENCE_LIST] = "list",
	[FENCE_MONITOR] = "monitor",
	[FENCE_VALIDATE] = "validate-all",
	[FENCE_METADATA] = "metadata",
};

static const struct agent fence_agent = {.name = "fence_vios", .params = fence_params};

const char *fence_action_name(enum fence_action action)
{
	return actions[action];
}

const char *fence_letter(int letter)
{
	for (size_t i = 0; i < FENCE_PARAMS; i++)
		if (letters[i] == letter)
			return fence_params[i].name;
	return NULL;
}

void fence_init(struct fence_request *r)
{
	memset(r, 0, sizeof(*r));
}

static int find(const char *name)
{
	for (int i = 0; i < FENCE_PARAMS; i++)
		if (strcmp(fence_params[i].name, name) == 0)
			return i;
	return -1;
}

int fence_set(struct fence_request *r, const char *name, const char *value, bool strict,
	char why[AGENT_WHY])
{
	int i = find(name);

	for (size_t a = 0; i < 0 && a < sizeof(aliases) / sizeof(aliases[0]); a++) {
		i = strcmp(aliases[a][0], name) == 0 ? find(aliases[a][1]) : -1;
		/* Pacemaker adds nodename to everything: what plug says counts. */
		if (i >= 0 && strcmp(name, "nodename") == 0 && r->value[i][0])
			return 0;
	}
	if (i < 0 && !strict)
		return 0;
	if (i < 0) {
		snprintf(
			why, AGENT_WHY, "option --%.40s is not known; see fence_vios --help", name);
		return -EINVAL;
	}
	if (strlen(value) > AGENT_TEXT_MAX) {
		snprintf(why, AGENT_WHY, "%s is longer than %d bytes", name, AGENT_TEXT_MAX);
		return -EINVAL;
	}
	memcpy(r->value[i], value, strlen(value) + 1);
	return 0;
}

int fence_input(struct fence_request *r, char *text, char why[AGENT_WHY])
{
	while (*text) {
		size_t n = strcspn(text, "\r\n");
		char *line = text, *equal;

		text += n + (text[n] != '\0');
		line[n] = '\0';
		line += strspn(line, " \t");
		equal = strchr(line, '=');
		if (!equal || line[0] == '#')
			continue;
		*equal = '\0';
		line[strcspn(line, " \t")] = '\0';
		if (fence_set(r, line, equal + 1, false, why) < 0)
			return -EINVAL;
	}
	return 0;
}

static const char *value_of(void *user, const char *name)
{
	struct fence_request *r = user;

	return r->value[find(name)];
}

static int read_action(struct fence_request *r, const char *text, char *why)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i], text) == 0) {
			r->action = (enum fence_action)i;
			return 0;
		}
	if (strcmp(text, "meta-data") == 0 || strcmp(text, "list-status") == 0) {
		r->action = text[0] == 'm' ? FENCE_METADATA : FENCE_LIST;
		return 0;
	}
	snprintf(why, AGENT_WHY, "action \"%.24s\" is not known; use %s", text,
		fence_params[F_ACTION].text);
	return -EINVAL;
}

int fence_finish(struct fence_request *r, char why[AGENT_WHY])
{
	const char *value[AGENT_PARAMS_MAX];
	unsigned long timeout_s, delay_s;

	if (agent_params_read(&fence_agent, value_of, r, value, why) < 0)
		return -EINVAL;
	if (read_action(r, value[F_ACTION], why) < 0)
		return -EINVAL;
	agent_number(value[F_TIMEOUT], 86400, &timeout_s);
	agent_number(value[F_DELAY], 86400, &delay_s);
	r->timeout_ms = (unsigned)timeout_s * 1000u;
	r->delay_ms = (unsigned)delay_s * 1000u;
	if (!r->value[F_RUN][0])
		snprintf(r->value[F_RUN], sizeof(r->value[F_RUN]), "%s", value[F_RUN]);
	if (r->action <= FENCE_STATUS && !r->value[F_PLUG][0]) {
		snprintf(why, AGENT_WHY, "%s of which VIOS? give plug", actions[r->action]);
		return -EINVAL;
	}
	return 0;
}

static void param(struct xml *x, size_t i)
{
	const struct agent_param *p = &fence_params[i];
	char option[64];

	xml_raw(x, "<parameter");
	xml_attr(x, "name", p->name);
	xml_attr(x, "unique", p->unique ? "1" : "0");
	xml_attr(x, "required", p->required ? "1" : "0");
	snprintf(option, sizeof(option), "-%c, --%s=[%s]", letters[i], p->name, p->name);
	xml_raw(x, ">\n<getopt");
	xml_attr(x, "mixed", option);
	xml_raw(x, "/>\n");
	xml_content(x, p);
	xml_said(x, "shortdesc", p->text);
	xml_raw(x, "</parameter>\n");
}

char *fence_metadata(void)
{
	struct xml x = {0};

	xml_raw(&x, "<?xml version=\"1.0\"?>\n<resource-agent name=\"fence_vios\" "
		    "shortdesc=\"Fence agent for the VIOS of a frame\">\n<longdesc>"
		    "Powers a Virtual I/O Server of this frame off and on. It is carried out by "
		    "vios-framed, one at a time, and never for the last VIOS that serves a client."
		    "</longdesc>\n<vendor-url></vendor-url>\n<parameters>\n");
	for (size_t i = 0; i < FENCE_PARAMS; i++)
		param(&x, i);
	xml_raw(&x, "</parameters>\n<actions>\n<action name=\"on\" automatic=\"0\"/>\n");
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (i == FENCE_ON)
			continue;
		xml_raw(&x, "<action");
		xml_attr(&x, "name", actions[i]);
		xml_raw(&x, "/>\n");
	}
	xml_raw(&x, "</actions>\n</resource-agent>\n");
	return x.text;
}
