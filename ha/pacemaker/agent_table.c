/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_table.c - reads an agent's parameters by its table. Pure; nothing is kept. The values come
 * from a cluster's configuration: an operator's input, bounded and checked here.
 */
#include "ha/pacemaker/agent_table.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/model/frame_config.h"

#define SOCKET_DIR_MAX 60 /* RUN/clients/CLIENT/ADAPTER.sock fits 107 bytes with usual names */

int agent_bool(const char *text, bool *out)
{
	static const char *const words[2][5] = {
		{"false", "no", "off", "0", "n"}, {"true", "yes", "on", "1", "y"}};

	for (size_t w = 0; w < 2; w++)
		for (size_t i = 0; i < 5; i++)
			if (strcasecmp(text, words[w][i]) == 0) {
				*out = w == 1;
				return 0;
			}
	return -EINVAL;
}

int agent_number(const char *text, unsigned long max, unsigned long *out)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 9 || text[digits] != '\0')
		return -EINVAL;
	*out = strtoul(text, NULL, 10);
	return *out <= max ? 0 : -EINVAL;
}

static bool printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

/* What the value must be; NULL: it is. */
static const char *fault_of(enum agent_kind kind, const char *text)
{
	unsigned long seconds;
	bool flag;

	if (strlen(text) > AGENT_TEXT_MAX || !printable(text))
		return "at most 1024 bytes of one line";
	switch (kind) {
	case AGENT_NAME:
		return model_name_valid(text) ? NULL
					      : "1 to 31 letters, digits, - and _, a letter first";
	case AGENT_SOCKET:
		if (strlen(text) > SOCKET_DIR_MAX)
			return "an absolute path of at most 60 bytes: sockets lie below it";
		/* fall through */
	case AGENT_PATH:
		return text[0] == '/' ? NULL : "an absolute path";
	case AGENT_BOOL:
		return agent_bool(text, &flag) == 0 ? NULL : "true or false";
	case AGENT_SECONDS:
		return agent_number(text, 86400, &seconds) == 0 ? NULL : "seconds, 0 to 86400";
	case AGENT_WORDS:
		return NULL;
	}
	return "something else";
}

/* Cut, and harmless to a terminal. */
static void shown(const char *text, char out[64])
{
	size_t n = 0;

	for (; *text && n + 1 < 64; text++)
		out[n++] = (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text;
	out[n] = '\0';
}

static int read_one(const struct agent_param *p, const char *given, const char **value, char *why)
{
	const char *text = given && given[0] ? given : p->value, *fault;
	char shorter[64];

	if (!text && p->required) {
		snprintf(why, AGENT_WHY, "parameter %s is missing; it is %s", p->name, p->brief);
		return -EINVAL;
	}
	*value = text;
	if (!text || !text[0])
		return 0;
	fault = fault_of(p->kind, text);
	if (!fault)
		return 0;
	*value = p->value;
	shown(text, shorter);
	snprintf(why, AGENT_WHY, "parameter %s=\"%s\" is wrong; it must be %s", p->name, shorter,
		fault);
	return -EINVAL;
}

int agent_params_read(const struct agent *agent, agent_get_fn *get, void *user,
	const char *value[AGENT_PARAMS_MAX], char why[AGENT_WHY])
{
	char other[AGENT_WHY];
	int r = 0;

	memset(value, 0, AGENT_PARAMS_MAX * sizeof(value[0]));
	for (size_t i = 0; agent->params[i].name && i < AGENT_PARAMS_MAX; i++) {
		const struct agent_param *p = &agent->params[i];

		if (read_one(p, get(user, p->name), &value[i], r == 0 ? why : other) < 0)
			r = -EINVAL;
	}
	return r;
}
