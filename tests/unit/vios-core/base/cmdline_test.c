/* SPDX-License-Identifier: BSD-3-Clause */
/* cmdline_test.c - a daemon's command line: what is taken, what is refused, and with which code. */
#include "vios-core/base/cmdline.h"

#include "vios-core/base/runpath.h"

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ARGS_MAX 10

struct got {
	const char *vios, *frame;
	bool alone;
	struct cmdline_common common;
	int rc, exit_code;
};

/* argv ends with NULL; argv[0] is the program. */
static struct got parse_with(const char *rest, char *const *argv)
{
	struct got got = {.exit_code = -1};
	const struct cmdline_option options[] = {
		{"vios", "NAME", "which VIOS this is", &got.vios, .name_required = true},
		{"frame", "FILE", "its configuration\nin two lines", &got.frame},
		{"alone", .help = "no cluster", .flag = &got.alone},
		{0},
	};
	const struct cmdline cl = {.program = "testd",
		.usage = "--vios NAME",
		.does = "",
		.options = options,
		.rest = rest};
	char *copy[ARGS_MAX + 1] = {NULL};
	int argc = 0;

	for (; argv[argc]; argc++)
		copy[argc] = argv[argc]; /* getopt_long(3) changes their order */
	optind = 0;
	got.rc = cmdline_parse(&cl, argc, copy, &got.common, &got.exit_code);
	return got;
}

#define PARSE(...) parse_with(NULL, (char *[]){"testd", __VA_ARGS__, NULL})
#define PARSE_REST(...) parse_with("for others", (char *[]){"testd", __VA_ARGS__, NULL})

static void takes_values_flags_and_defaults(void **state)
{
	struct got got = PARSE("--vios", "vios1");

	assert_int_equal(got.rc, 0);
	assert_string_equal(got.vios, "vios1");
	assert_string_equal(got.common.run, RUNPATH_DEFAULT);
	assert_string_equal(got.common.log_level, "info");
	assert_null(got.frame);
	assert_false(got.alone);

	got = PARSE("--alone", "--frame=/f", "--vios", "v", "--run", "/r", "--log-level", "debug");
	assert_int_equal(got.rc, 0);
	assert_true(got.alone);
	assert_string_equal(got.frame, "/f");
	assert_string_equal(got.common.run, "/r");
	assert_string_equal(got.common.log_level, "debug");
	assert_int_equal(got.common.rest, 9);
}

static void refuses_with_two(void **state)
{
	const struct got refused[] = {
		PARSE("--alone"),				 /* a required one is missing */
		PARSE("--vios", "../x"),			 /* no name */
		PARSE("--vios", ""),				 /* no name */
		PARSE("--vios", "v", "--nonsense"),		 /* not known */
		PARSE("--vios"),				 /* lacks its value */
		PARSE("--vios", "v", "--log-level", "loud"),	 /* no level */
		PARSE("--vios", "v", "more"),			 /* an argument */
		PARSE("--vios", "v", "--", "-l"),		 /* and nothing may follow */
		PARSE("--vios", "v", "--alone=yes"),		 /* a flag has no value */
		PARSE_REST("--vios", "v", "before", "--", "-l"), /* before the dashes */
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		print_message("%zu\n", i);
		assert_int_equal(refused[i].rc, -1);
		assert_int_equal(refused[i].exit_code, 2);
	}
}

static void helps_with_zero(void **state)
{
	assert_int_equal(PARSE("--help").exit_code, 0);
	assert_int_equal(PARSE("--version").exit_code, 0);
	assert_int_equal(PARSE("--vios", "../x", "--help").exit_code, 0);
}

static void leaves_the_rest_alone(void **state)
{
	struct got got = PARSE_REST("--vios", "v", "--", "-l", "1");

	assert_int_equal(got.rc, 0);
	assert_int_equal(got.common.rest, 4);
	got = PARSE_REST("--vios", "v");
	assert_int_equal(got.rc, 0);
	assert_int_equal(got.common.rest, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_values_flags_and_defaults),
		cmocka_unit_test(refuses_with_two),
		cmocka_unit_test(helps_with_zero),
		cmocka_unit_test(leaves_the_rest_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
