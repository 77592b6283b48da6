/* SPDX-License-Identifier: BSD-3-Clause */
/* fence_params_test.c - what Pacemaker's fencer writes to fence_vios, and what an operator may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ha/pacemaker/fence_params.h"

static struct fence_request request;
static char why[AGENT_WHY];

static int ask(const char *input)
{
	char text[FENCE_INPUT_MAX];

	fence_init(&request);
	strcpy(text, input);
	if (fence_input(&request, text, why) < 0)
		return -EINVAL;
	return fence_finish(&request, why);
}

static void the_fencer_is_understood(void **state)
{
	assert_int_equal(
		ask("#plug=vios1=\n#action=boil\nnodename=other\naction=off\nplug=vios2\r\n"
		    "pcmk_host_list=vios1 vios2\n run =/run/x\npower_timeout=7\ndelay=2\n"),
		0);
	assert_int_equal(request.action, FENCE_OFF);
	assert_string_equal(request.value[F_PLUG], "vios2");
	assert_string_equal(request.value[F_RUN], "/run/x");
	assert_int_equal(request.timeout_ms, 7000);
	assert_int_equal(request.delay_ms, 2000);
}

static void former_names_are_taken(void **state)
{
	assert_int_equal(ask("option=on\nport=vios1\nnodename=vios2"), 0);
	assert_int_equal(request.action, FENCE_ON);
	assert_string_equal(request.value[F_PLUG], "vios1");
	assert_int_equal(ask("action=status\nnodename=vios2"), 0);
	assert_string_equal(request.value[F_PLUG], "vios2");
	assert_int_equal(ask("action=meta-data"), 0);
	assert_int_equal(request.action, FENCE_METADATA);
}

static void defaults(void **state)
{
	assert_int_equal(ask("plug=vios1"), 0);
	assert_int_equal(request.action, FENCE_REBOOT);
	assert_string_equal(request.value[F_RUN], "/run/vios");
	assert_int_equal(request.timeout_ms, 40000);
	assert_int_equal(request.delay_ms, 0);
}

static void faults_are_named(void **state)
{
	assert_int_equal(ask("action=off"), -EINVAL);
	assert_non_null(strstr(why, "off of which VIOS"));
	assert_int_equal(ask("action=boil\nplug=vios1"), -EINVAL);
	assert_non_null(strstr(why, "boil"));
	assert_int_equal(ask("action=off\nplug=vi os"), -EINVAL);
	assert_non_null(strstr(why, "plug"));
	assert_int_equal(ask("action=off\nplug=vios1\ndelay=-1"), -EINVAL);
	assert_non_null(strstr(why, "delay"));
	assert_int_equal(ask("action=off\nplug=vios1\nrun=here"), -EINVAL);
	assert_non_null(strstr(why, "run"));
	assert_int_equal(ask("action=list"), 0); /* of all of them */
}

static void options_are_strict(void **state)
{
	fence_init(&request);
	assert_int_equal(fence_set(&request, "plug", "vios1", true, why), 0);
	assert_int_equal(fence_set(&request, "plu", "vios1", true, why), -EINVAL);
	assert_int_equal(fence_set(&request, "plu", "vios1", false, why), 0);
	assert_string_equal(fence_letter('n'), "plug");
	assert_null(fence_letter('?'));
}

static void the_metadata_has_every_parameter(void **state)
{
	char *xml = fence_metadata(), wanted[64];

	assert_non_null(xml);
	for (const struct agent_param *p = fence_params; p->name; p++) {
		snprintf(wanted, sizeof(wanted), "<parameter name=\"%s\"", p->name);
		assert_non_null(strstr(xml, wanted));
	}
	assert_non_null(strstr(xml, "<action name=\"on\" automatic=\"0\"/>"));
	assert_non_null(strstr(xml, "<action name=\"monitor\"/>"));
	free(xml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fencer_is_understood),
		cmocka_unit_test(former_names_are_taken),
		cmocka_unit_test(defaults),
		cmocka_unit_test(faults_are_named),
		cmocka_unit_test(options_are_strict),
		cmocka_unit_test(the_metadata_has_every_parameter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
