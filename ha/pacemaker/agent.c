/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent.c - the frame of an OCF resource agent (OCF resource agent API 1.1): environment in,
 * action, exit code out. One thread, one action a process.
 */
#include "ha/pacemaker/agent.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ha/pacemaker/process.h"
#include "vios-core/base/log.h"

#define TIMEOUT_MS 60000u /* of a caller that names none */
#define DAY_MS 86400000u

static const char *reskey(void *user, const char *name)
{
	char key[96];

	snprintf(key, sizeof(key), "OCF_RESKEY_%s", name);
	return getenv(key);
}

static unsigned long meta_number(const char *name, unsigned long otherwise)
{
	const char *text = reskey(NULL, name);
	unsigned long value;

	return text && agent_number(text, DAY_MS, &value) == 0 ? value : otherwise;
}

void agent_reason(const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fprintf(stderr, "ocf-exit-reason:%s\n", text);
}

uint64_t agent_left_ms(const struct agent_call *call, unsigned reserve_ms)
{
	uint64_t now_ms = process_now_ms() + reserve_ms;

	return now_ms < call->deadline_ms ? call->deadline_ms - now_ms : 0;
}

size_t agent_words(char *copy, char *argv[], size_t max)
{
	char *save = NULL;
	size_t n = 0;

	for (char *word = strtok_r(copy, " \t", &save); word && n + 1 < max;
		word = strtok_r(NULL, " \t", &save))
		argv[n++] = word;
	argv[n] = NULL;
	return n;
}

static void print_help(const struct agent *agent, FILE *to)
{
	fprintf(to, "Usage: %s ACTION\n%s. Pacemaker calls it, parameters in the environment:\n",
		agent->name, agent->brief);
	for (const struct agent_param *p = agent->params; p->name; p++)
		fprintf(to, "  OCF_RESKEY_%-12s %s%s%s%s\n", p->name, p->brief,
			p->value && p->value[0] ? " (" : "",
			p->value && p->value[0] ? p->value : "",
			p->value && p->value[0] ? ")" : "");
	fputs("Actions:", to);
	for (const struct agent_action *a = agent->actions; a->name; a++)
		if (a == agent->actions || strcmp(a->name, a[-1].name) != 0)
			fprintf(to, " %s", a->name);
	fputs("\n  --help, --version\n", to);
}

static int print_metadata(const struct agent *agent)
{
	char *text = agent_metadata(agent);
	int r = text && fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? OCF_SUCCESS : OCF_GENERIC;

	free(text);
	return r;
}

static void read_environment(struct agent_call *call)
{
	const char *level = getenv("OCF_CHECK_LEVEL");
	unsigned long depth = 0;

	call->wrong = agent_params_read(call->agent, reskey, NULL, call->value, call->why) < 0;
	call->deadline_ms = process_now_ms() + meta_number("CRM_meta_timeout", TIMEOUT_MS);
	call->probe = meta_number("CRM_meta_interval", 0) == 0;
	call->deep = level && agent_number(level, 1000, &depth) == 0 && depth >= 10;
	call->node = reskey(NULL, "CRM_meta_on_node");
}

static int act(const struct agent *agent, const struct agent_handler *h)
{
	struct agent_call call = {.agent = agent};

	read_environment(&call);
	if (call.wrong && strcmp(h->name, "stop") != 0 && strcmp(h->name, "monitor") != 0) {
		agent_reason("%s", call.why);
		return OCF_CONFIGURED;
	}
	return (int)h->fn(&call);
}

int agent_main(
	const struct agent *agent, const struct agent_handler *handlers, int argc, char **argv)
{
	const char *action = argc == 2 ? argv[1] : "";

	log_init(agent->name, LOGL_INFO);
	if (strcmp(action, "meta-data") == 0)
		return print_metadata(agent);
	if (strcmp(action, "--version") == 0) {
		printf("%s " VIOS_VERSION "\n", agent->name);
		return OCF_SUCCESS;
	}
	if (strcmp(action, "--help") == 0 || strcmp(action, "usage") == 0 ||
		strcmp(action, "help") == 0) {
		print_help(agent, stdout);
		return OCF_SUCCESS;
	}
	for (const struct agent_handler *h = handlers; h->name; h++)
		if (strcmp(action, h->name) == 0)
			return act(agent, h);
	if (argc == 2)
		log_refuse("%s is not an action; see %s --help", action, agent->name);
	else
		print_help(agent, stderr);
	return OCF_UNIMPLEMENTED;
}
