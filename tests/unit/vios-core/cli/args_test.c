// SPDX-License-Identifier: BSD-3-Clause
/* args_test.c - command lines, good and bad, by a table of options. */
#include "vios-core/cli/args.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct arg_option common[] = {
	{"--run", ARG_VALUE, false, "DIR", ""},
	{"--json", ARG_NONE, false, NULL, ""},
	{NULL},
};

static const struct arg_option options[] = {
	{"-vdev", ARG_VALUE, false, "DEVICE", ""},
	{"-vadapter", ARG_LIST, false, "VHOST", ""},
	{"-lun", ARG_NUMBER, false, "N", ""},
	{"-vlan", ARG_NUMBERS, false, "N,N", ""},
	{"-attr", ARG_PAIRS, false, "NAME=VALUE", ""},
	{"-field", ARG_WORDS, false, "FIELD", ""},
	{"-show", ARG_MAYBE, false, "[NAME]", ""},
	{"-fbo", ARG_NONE, false, NULL, ""},
	{"-file", ARG_VALUE, true, "FILE", ""},
	{"--all", ARG_NONE, false, NULL, ""},
	{NULL},
};

static const struct arg_form forms[] = {
	{"vdev", "vadapter", "lun file"},
	{"fbo", "vadapter", "file"},
	{NULL},
};

#define LINE_MAX_WORDS 32

/* words: with blanks between them. */
static int parse(struct args *args, char *line, const char **argv)
{
	size_t n = 0;

	for (char *word = strtok(line, " "); word && n < LINE_MAX_WORDS; word = strtok(NULL, " "))
		argv[n++] = word;
	*args = (struct args){.verb = "mkvdev", .globals = common, .options = options};
	return args_parse(args, argv, n, n);
}

#define PARSE(args, text)                                                                          \
	char line[] = text;                                                                        \
	const char *argv[LINE_MAX_WORDS];                                                          \
	int r = parse(args, line, argv)

static void test_every_kind(void **state)
{
	struct args args;
	size_t at = 0;

	PARSE(&args, "one -vdev hdisk1 -vadapter vhost0,vhost1 --lun 7 -vlan 10,20 -attr a=b c= "
		     "-fbo two --run=/x -field f g --json -show");
	assert_int_equal(r, 0);
	assert_string_equal(args_get(&args, "vdev"), "hdisk1");
	assert_string_equal(args_get(&args, "vadapter"), "vhost0,vhost1");
	assert_int_equal(args_number(&args, "lun"), 7);
	assert_string_equal(args_get(&args, "vlan"), "10,20");
	assert_string_equal(args_next(&args, "attr", &at), "a=b");
	assert_string_equal(args_next(&args, "attr", &at), "c=");
	assert_null(args_next(&args, "attr", &at));
	assert_true(args_has(&args, "fbo") && args_has(&args, "json") && args_has(&args, "show"));
	assert_null(args_get(&args, "show"));
	assert_string_equal(args_get(&args, "run"), "/x");
	assert_false(args_has(&args, "all"));
	assert_null(args_get(&args, "file"));
	assert_int_equal(args.n_words, 2);
	assert_string_equal(args.words[0], "one");
	assert_string_equal(args.words[1], "two");
	args_free(&args);
}

static void test_either_dash_and_the_end(void **state)
{
	struct args args;

	PARSE(&args, "-all --vdev x -show attribute -- -vdev --json");
	assert_int_equal(r, 0);
	assert_true(args_has(&args, "all"));
	assert_string_equal(args_get(&args, "vdev"), "x");
	assert_string_equal(args_get(&args, "show"), "attribute");
	assert_false(args_has(&args, "json"));
	assert_int_equal(args.n_words, 2);
	args_free(&args);
}

/* Each is refused, with the words that tell why. */
static const struct {
	const char *line, *says;
} refused[] = {
	{"-vdev", "-vdev lacks its value: -vdev DEVICE; see viosctl mkvdev --help"},
	{"-vdev -fbo", "-vdev lacks its value"},
	{"-vdev --", "-vdev lacks its value"},
	{"-vdev=", "-vdev has an empty value"},
	{"-vdev a -vdev b", "-vdev is given twice"},
	{"-vdve x", "mkvdev does not take -vdve; did you mean -vdev?"},
	{"--al", "did you mean --all?"},
	{"--jsn", "did you mean --json?"},
	{"-nonsense", "mkvdev does not take -nonsense; see viosctl mkvdev --help"},
	{"-lun x", "-lun takes a number (0 to 4294967295), not \"x\""},
	{"-lun -1", "not \"-1\""},
	{"-lun 4294967296", "not \"4294967296\""},
	{"-lun 99999999999999999999", "-lun takes a number"},
	{"-lun 0x10", "-lun takes a number"},
	{"-vlan 10,", "-vlan takes numbers with commas"},
	{"-vlan 10,b", "not \"10,b\""},
	{"-vadapter a,,b", "-vadapter takes words with commas"},
	{"-attr mode", "-attr takes NAME=VALUE, not \"mode\""},
	{"-attr =1", "-attr takes NAME=VALUE"},
	{"-attr", "-attr lacks its value"},
	{"-fbo=1", "-fbo takes no value"},
};

static void test_refusals(void **state)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *argv[LINE_MAX_WORDS];
		struct args args;
		char line[128];
		strcpy(line, refused[i].line);
		assert_int_equal(parse(&args, line, argv), -EINVAL);
		if (!strstr(args.fault, refused[i].says))
			print_error("%s: %s\n", refused[i].line, args.fault);
		assert_non_null(strstr(args.fault, refused[i].says));
		args_free(&args);
	}
}

static void test_required(void **state)
{
	struct args args;

	PARSE(&args, "-fbo");
	assert_int_equal(r, 0);
	assert_int_equal(args_check(&args), -EINVAL);
	assert_non_null(strstr(args.fault, "mkvdev needs -file FILE"));
	args_free(&args);
}

static void form(const char *text, int want, const char *says)
{
	const char *argv[LINE_MAX_WORDS];
	struct args args;
	char line[128];

	strcpy(line, text);
	assert_int_equal(parse(&args, line, argv), 0);
	assert_int_equal(args_form(&args, forms), want);
	if (want < 0)
		assert_non_null(strstr(args.fault, says));
	args_free(&args);
}

static void test_forms(void **state)
{
	form("-vdev a -vadapter b -lun 1 --json", 0, "");
	form("-fbo -vadapter b", 1, "");
	form("-vadapter b", -EINVAL, "mkvdev needs one of -vdev, -fbo");
	form("-fbo -vdev x", -EINVAL, "-vdev and -fbo do not go together");
	form("-fbo -vadapter b -lun 1", -EINVAL, "-lun does not go with -fbo");
	form("-vdev x", -EINVAL, "mkvdev -vdev needs -vadapter VHOST");
}

static void test_where_the_verb_is(void **state)
{
	const struct arg_option *tables[] = {common, options};
	const char *const first[] = {"mkvdev", "-vdev", "x"};
	const char *const after[] = {"--run", "/x", "--json", "--all", "-file", "f", "mkvdev"};
	const char *const equals[] = {"--run=/x", "mkvdev"};
	const char *const none[] = {"--run", "mkvdev"};
	const char *const dashes[] = {"--json", "--", "mkvdev"};

	assert_int_equal(args_first_word(tables, 2, first, 3), 0);
	assert_int_equal(args_first_word(tables, 2, after, 7), 6);
	assert_int_equal(args_first_word(tables, 2, equals, 2), 1);
	assert_int_equal(args_first_word(tables, 2, none, 2), 2);
	assert_int_equal(args_first_word(tables, 2, dashes, 3), 2);
}

static void test_the_verb_is_stepped_over(void **state)
{
	const char *const argv[] = {"--run", "/x", "mkvdev", "-attr", "a=b", "word"};
	struct args args = {.verb = "mkvdev", .globals = common, .options = options};

	/* a list of values ends at the verb, not behind it */
	assert_int_equal(args_parse(&args, argv, 5, 2), 0);
	assert_int_equal(args.n_words, 0);
	assert_string_equal(args_get(&args, "attr"), "a=b");
	args_free(&args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_either_dash_and_the_end),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_where_the_verb_is),
		cmocka_unit_test(test_the_verb_is_stepped_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
