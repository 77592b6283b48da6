// SPDX-License-Identifier: BSD-3-Clause
/* recipe_test.c DIRECTORY - the shipped recipes are what recipe.c makes; what it refuses. */
#include "vios-core/cli/recipe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *shipped;

static struct recipe example(void)
{
	return (struct recipe){.frame = "frame1",
		.run = "/run/vios",
		.vios = {"vios1", "vios2"},
		.node_id = {1, 2},
		.token_ms = 1000,
		.consensus_ms = 1200};
}

static int linked(struct recipe *recipe, int link, const char *a, const char *b, char *fault)
{
	int r = a ? recipe_link(recipe, link, a, fault) : 0;

	return r == 0 && b ? recipe_link(recipe, link, b, fault) : r;
}

static struct recipe whole(void)
{
	struct recipe recipe = example();
	char fault[RECIPE_FAULT_BYTES];

	assert_int_equal(linked(&recipe, 0, "vios1=10.77.0.1", "vios2=10.77.0.2", fault), 0);
	assert_int_equal(linked(&recipe, 1, "vios2=10.77.1.2", "vios1=10.77.1.1", fault), 0);
	assert_int_equal(recipe_check(&recipe, fault), 0);
	return recipe;
}

static void is_file(char *text, const char *name)
{
	char path[512], file[8192] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", shipped, name);
	f = fopen(path, "r");
	assert_non_null(f);
	file[fread(file, 1, sizeof(file) - 1, f)] = '\0';
	fclose(f);
	assert_non_null(text);
	assert_string_equal(text, file);
	free(text);
}

static void test_shipped(void **state)
{
	struct recipe recipe = whole();

	is_file(recipe_corosync(&recipe), "corosync.conf");
	is_file(recipe_crmsh(&recipe), "pair.crmsh");
	is_file(recipe_pcs(&recipe), "pair.pcs");
}

static void has(char *text, const char *part, bool wanted)
{
	assert_non_null(text);
	if ((strstr(text, part) != NULL) != wanted)
		fail_msg("%s\"%s\" in:\n%s", wanted ? "no " : "", part, text);
	free(text);
}

static void test_variants(void **state)
{
	struct recipe recipe = whole();
	char fault[RECIPE_FAULT_BYTES];

	has(recipe_corosync(&recipe), "two_node: 1\n", true);
	has(recipe_corosync(&recipe), "wait_for_all: 1\n", true);
	has(recipe_crmsh(&recipe), "no-quorum-policy=freeze\n", true);
	recipe.link[1][0] = recipe.link[1][1] = NULL;
	assert_int_equal(recipe_check(&recipe, fault), 0);
	has(recipe_corosync(&recipe), "ring0_addr: 10.77.0.2", true);
	has(recipe_corosync(&recipe), "ring1_addr", false);
	recipe.qdevice = "witness.example.org";
	assert_int_equal(recipe_check(&recipe, fault), 0);
	has(recipe_corosync(&recipe), "host: witness.example.org\n", true);
	has(recipe_corosync(&recipe), "two_node", false);
	has(recipe_crmsh(&recipe), "no-quorum-policy=freeze\n", true);
	has(recipe_pcs(&recipe), "no-quorum-policy=freeze\n", true);
	recipe.run = "/tmp/x/run";
	recipe.vios[1] = "right";
	has(recipe_crmsh(&recipe), "params plug=right run=\"/tmp/x/run\" pcmk_host_list=right \\",
		true);
	has(recipe_pcs(&recipe), "constraint location fence-right avoids right", true);
}

static void test_addresses(void **state)
{
	static const char *const good[] = {"10.0.0.1", "255.255.255.255", "0.0.0.0", "::1",
		"::", "fe80::1:2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "2001:db8::", "host",
		"a-b.c1", "vios1.frame.example.org"};
	static const char *const bad[] = {"", "10.0.0", "10.0.0.256", "10.0.0.01", "10.0.0.1.",
		"10.0.0.1 ", "1.2.3.4.5", ":1", "1:", ":::", "1::2::3", "1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::", "-a", "a-", "a..b",
		".a", "a.", "a b", "a\nb", "a}b", "a\"b", "a_b", "a;b", "300", "host.300"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!recipe_address_valid(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (recipe_address_valid(bad[i]))
			fail_msg("taken: %s", bad[i]);

	char long_one[300];
	memset(long_one, 'a', sizeof(long_one));
	long_one[64] = '\0';
	assert_false(recipe_address_valid(long_one));
	for (int i = 1; i < 5; i++)
		long_one[i * 60] = '.';
	long_one[64] = 'a';
	long_one[254] = '\0';
	assert_false(recipe_address_valid(long_one));
	long_one[253] = '\0';
	assert_true(recipe_address_valid(long_one));
}

static void refused(struct recipe *recipe, int r, const char *says, char *fault)
{
	if (r == 0)
		r = recipe_check(recipe, fault);
	assert_int_equal(r, -EINVAL);
	if (!strstr(fault, says))
		fail_msg("\"%s\" says nothing of \"%s\"", fault, says);
}

static void test_links_refused(void **state)
{
	static const struct {
		int link;
		const char *a, *b, *says;
	} cases[] = {
		{0, NULL, NULL, "-link0 is missing; give vios1=ADDRESS"},
		{0, "vios1=10.0.0.1", NULL, "-link0: the address of vios2 is missing"},
		{0, "vios2=10.0.0.1", NULL, "-link0: the address of vios1 is missing"},
		{0, "vios3=10.0.0.1", NULL, "vios3 is no VIOS of this frame"},
		{0, "vios=10.0.0.1", NULL, "vios is no VIOS of this frame"},
		{0, "vios1", NULL, "\"\" is no address"},
		{0, "vios1=10.0.0.1", "vios1=10.0.0.2", "vios1 is given twice"},
		{0, "vios1=10.0.0.1", "vios2=10.0.0.300", "\"10.0.0.300\" is no address"},
		{0, "vios1=10.0.0.1", "vios2=10.0.0.1", "address of both VIOS"},
		{0, "vios1=10.0.0.1", "vios2=fe80::1", "different families"},
		{0, "vios1=::1", "vios2=10.0.0.1", "different families"},
	};
	char fault[RECIPE_FAULT_BYTES] = "";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct recipe recipe = example();
		int r = linked(&recipe, cases[i].link, cases[i].a, cases[i].b, fault);
		refused(&recipe, r, cases[i].says, fault);
	}
	struct recipe recipe = whole();
	recipe.link[1][0] = NULL;
	refused(&recipe, 0, "-link1: the address of vios1 is missing", fault);
	recipe.link[1][0] = "10.77.0.2";
	refused(&recipe, 0, "10.77.0.2 is an address of both links", fault);
	recipe.link[1][0] = "10.77.1.2";
	refused(&recipe, 0, "-link1: 10.77.1.2 is the address of both VIOS", fault);
}

static void test_rest_refused(void **state)
{
	static const uint32_t tokens[] = {0, 499, 30001}, consensus[] = {0, 99, 60001};
	static const char *const runs[] = {"run", "", "/a b", "/a\"b", "/a\nb", "/a;b"};
	char fault[RECIPE_FAULT_BYTES] = "";
	struct recipe recipe;

	for (size_t i = 0; i < 3; i++) {
		recipe = whole();
		recipe.token_ms = tokens[i];
		refused(&recipe, 0, "-token is", fault);
		recipe = whole();
		recipe.consensus_ms = consensus[i];
		refused(&recipe, 0, "-consensus is", fault);
	}
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		recipe = whole();
		recipe.run = runs[i];
		refused(&recipe, 0, "cannot stand in a recipe", fault);
	}
	recipe = whole();
	recipe.qdevice = "a b";
	refused(&recipe, 0, "-qdevice: \"a b\"", fault);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_links_refused),
		cmocka_unit_test(test_rest_refused),
	};

	if (argc != 2)
		return 2;
	shipped = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
