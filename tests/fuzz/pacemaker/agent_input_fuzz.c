/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_input_fuzz.c - the first byte picks who reads the rest: fence_vios its stdin, an agent the
 * role's file, an agent one value of each parameter.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "ha/pacemaker/agent_tables.h"
#include "ha/pacemaker/fence_params.h"
#include "ha/pacemaker/role_text.h"
#include "vios-core/model/frame_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fence(char *text)
{
	static struct fence_request r;
	char why[AGENT_WHY] = "";

	fence_init(&r);
	if (fence_input(&r, text, why) < 0 || fence_finish(&r, why) < 0) {
		assert(why[0] && strlen(why) < AGENT_WHY);
		return;
	}
	assert(r.action <= FENCE_METADATA && r.value[F_RUN][0] == '/');
	assert(r.action > FENCE_STATUS || model_name_valid(r.value[F_PLUG]));
	assert(!r.value[F_PLUG][0] || model_name_valid(r.value[F_PLUG]));
	assert(r.timeout_ms <= 86400000 && r.delay_ms <= 86400000);
}

static void role(const char *text, size_t len)
{
	char again[ROLE_TEXT_MAX];
	struct role r, back;

	if (role_parse(text, len, &r) < 0) {
		assert(r.is == ROLE_UNPROMOTED && r.score == 0);
		return;
	}
	assert(role_parse(again, role_format(&r, again), &back) == 0);
	assert(memcmp(&r, &back, sizeof(r)) == 0);
}

static const char *same(void *user, const char *name)
{
	return user;
}

static void params(const struct agent *agent, char *text)
{
	const char *value[AGENT_PARAMS_MAX];
	char why[AGENT_WHY] = "";
	int r = agent_params_read(agent, same, text, value, why);

	assert(r == 0 || (why[0] && strlen(why) < AGENT_WHY && !strpbrk(why, "\n\x7f")));
	for (size_t i = 0; agent->params[i].name; i++) {
		if (value[i] != text || !text[0])
			continue;
		assert(agent->params[i].kind != AGENT_NAME || model_name_valid(text));
		assert(agent->params[i].kind != AGENT_PATH || text[0] == '/');
		assert(strlen(text) <= AGENT_TEXT_MAX && !strpbrk(text, "\n\x7f"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[FENCE_INPUT_MAX];

	if (size < 1 || size >= sizeof(text))
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0] % 4) {
	case 0:
		fence(text);
		break;
	case 1:
		role(text, size - 1);
		break;
	default:
		params(data[0] % 4 == 2 ? &vios_agent : &client_agent, text);
	}
	return 0;
}
