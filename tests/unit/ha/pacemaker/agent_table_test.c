/* SPDX-License-Identifier: BSD-3-Clause */
/* agent_table_test.c - parameters of the agents, and the meta-data that Pacemaker reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ha/pacemaker/agent_tables.h"

struct given {
	const char *name, *value;
};

static const char *get(void *user, const char *name)
{
	for (const struct given *g = user; g->name; g++)
		if (strcmp(g->name, name) == 0)
			return g->value;
	return NULL;
}

static void defaults_are_the_tables(void **state)
{
	const char *value[AGENT_PARAMS_MAX];
	struct given none[] = {{0}}, empty[] = {{"run", ""}, {"vios", ""}, {0}};
	char why[AGENT_WHY];

	assert_int_equal(agent_params_read(&vios_agent, get, none, value, why), 0);
	assert_null(value[V_VIOS]);
	assert_string_equal(value[V_RUN], "/run/vios");
	assert_string_equal(value[V_WAIT], "false");
	assert_string_equal(value[V_OPTIONS], "");
	assert_int_equal(agent_params_read(&vios_agent, get, empty, value, why), 0);
	assert_string_equal(value[V_RUN], "/run/vios");
	assert_null(value[V_VIOS]);
}

static void given_values_count(void **state)
{
	struct given g[] = {{"vios", "vios2"}, {"drain_wait", "yes"}, {"options", "--a b"}, {0}};
	const char *value[AGENT_PARAMS_MAX];
	char why[AGENT_WHY];

	assert_int_equal(agent_params_read(&vios_agent, get, g, value, why), 0);
	assert_string_equal(value[V_VIOS], "vios2");
	assert_string_equal(value[V_WAIT], "yes");
	assert_string_equal(value[V_OPTIONS], "--a b");
}

/* The fault that is named, and that the default stands in for it. */
static void faulty(const struct agent *agent, const char *name, const char *text, const char *words)
{
	struct given g[] = {{name, text}, {agent == &client_agent ? "client" : "", "lpar1"}, {0}};
	const char *value[AGENT_PARAMS_MAX];
	char why[AGENT_WHY] = "";

	assert_int_equal(agent_params_read(agent, get, g, value, why), -EINVAL);
	assert_non_null(strstr(why, words));
	assert_non_null(strstr(why, name));
	for (size_t i = 0; agent->params[i].name; i++)
		if (strcmp(agent->params[i].name, name) == 0)
			assert_ptr_equal(value[i], agent->params[i].value);
}

static void faults_are_named(void **state)
{
	char longest[AGENT_TEXT_MAX + 2];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	faulty(&vios_agent, "vios", "a b", "letters");
	faulty(&vios_agent, "run", "run/vios", "absolute");
	faulty(&vios_agent, "run", "/0123456789012345678901234567890123456789012345678901234567890",
		"60 bytes");
	faulty(&vios_agent, "viosd", "viosd", "absolute");
	faulty(&vios_agent, "state", "/a\nb", "one line");
	faulty(&vios_agent, "options", longest, "1024");
	faulty(&vios_agent, "drain_wait", "perhaps", "true or false");
	faulty(&client_agent, "client", "1st", "letters");
}

static void what_is_required_is_missed(void **state)
{
	const char *value[AGENT_PARAMS_MAX];
	struct given none[] = {{0}};
	char why[AGENT_WHY] = "";

	assert_int_equal(agent_params_read(&client_agent, get, none, value, why), -EINVAL);
	assert_non_null(strstr(why, "parameter client is missing"));
	assert_string_equal(value[C_RUN], "/run/vios");
}

static void numbers_are_bounded(void **state)
{
	unsigned long n;

	assert_int_equal(agent_number("0", 10, &n), 0);
	assert_int_equal(agent_number("10", 10, &n), 0);
	assert_int_equal(n, 10);
	assert_int_equal(agent_number("11", 10, &n), -EINVAL);
	assert_int_equal(agent_number("", 10, &n), -EINVAL);
	assert_int_equal(agent_number("-1", 10, &n), -EINVAL);
	assert_int_equal(agent_number("1s", 10, &n), -EINVAL);
	assert_int_equal(agent_number("99999999999999999999", 10, &n), -EINVAL);
}

static void the_metadata_has_every_parameter_and_action(void **state)
{
	static const struct agent *const all[] = {&vios_agent, &client_agent};
	char wanted[128];

	for (size_t k = 0; k < 2; k++) {
		char *xml = agent_metadata(all[k]);

		assert_non_null(xml);
		for (const struct agent_param *p = all[k]->params; p->name; p++) {
			snprintf(wanted, sizeof(wanted), "<parameter name=\"%s\"", p->name);
			assert_non_null(strstr(xml, wanted));
		}
		for (const struct agent_action *a = all[k]->actions; a->name; a++) {
			snprintf(wanted, sizeof(wanted), "<action name=\"%s\"", a->name);
			assert_non_null(strstr(xml, wanted));
		}
		assert_null(strchr(xml, '&')); /* nothing in the tables needs an escape */
		free(xml);
	}
}

/* Pacemaker tells monitors of one resource apart by their intervals. */
static void monitors_have_different_intervals(void **state)
{
	for (const struct agent_action *a = vios_agent.actions; a->name; a++)
		for (const struct agent_action *b = a + 1; b->name; b++)
			if (a->interval_s)
				assert_int_not_equal(a->interval_s, b->interval_s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_the_tables),
		cmocka_unit_test(given_values_count),
		cmocka_unit_test(faults_are_named),
		cmocka_unit_test(what_is_required_is_missed),
		cmocka_unit_test(numbers_are_bounded),
		cmocka_unit_test(the_metadata_has_every_parameter_and_action),
		cmocka_unit_test(monitors_have_different_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
