// SPDX-License-Identifier: BSD-3-Clause
/* Tests of path_state.c, devargs.c and last_words.c. */
#include "vios-core/daemon/devargs.h"
#include "vios-core/daemon/last_words.h"
#include "vios-core/daemon/path_state.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct path_facts good = {.serving = true};

static void test_states(void **state)
{
	struct path_facts facts = good;

	assert_int_equal(path_state_of(&facts), MODEL_PATH_OPTIMIZED);
	facts.kernel_link = LINK_DOWN;
	assert_int_equal(path_state_of(&facts), MODEL_PATH_NON_OPTIMIZED);
	facts.kernel_link = LINK_UP;
	assert_int_equal(path_state_of(&facts), MODEL_PATH_OPTIMIZED);
	facts.plane_link = LINK_DOWN;
	assert_int_equal(path_state_of(&facts), MODEL_PATH_NON_OPTIMIZED);
	facts.serving = false;
	assert_int_equal(path_state_of(&facts), MODEL_PATH_UNAVAILABLE);
	facts = good;
	facts.poisonous = true;
	assert_int_equal(path_state_of(&facts), MODEL_PATH_UNAVAILABLE);
	facts = good;
	facts.behind = true;
	assert_int_equal(path_state_of(&facts), MODEL_PATH_UNAVAILABLE);
	facts = good;
	facts.stale = true;
	assert_int_equal(path_state_of(&facts), MODEL_PATH_NON_OPTIMIZED);
	facts.serving = false;
	assert_int_equal(path_state_of(&facts), MODEL_PATH_UNAVAILABLE);
	facts = good;
	facts.yields = true;
	assert_int_equal(path_state_of(&facts), MODEL_PATH_NON_OPTIMIZED);
	facts = good;
	facts.failed = true; /* who else could tell the client? */
	assert_int_equal(path_state_of(&facts), MODEL_PATH_STANDBY);
	facts.stale = true;
	assert_int_equal(path_state_of(&facts), MODEL_PATH_STANDBY);
	facts.peer_is_better = true;
	assert_int_equal(path_state_of(&facts), MODEL_PATH_UNAVAILABLE);
	facts = good;
	facts.peer_is_better = true;
	assert_int_equal(path_state_of(&facts), MODEL_PATH_OPTIMIZED);
}

static void test_links_combine(void **state)
{
	assert_int_equal(link_state_of(LINK_UNKNOWN, LINK_UNKNOWN), LINK_UNKNOWN);
	assert_int_equal(link_state_of(LINK_UP, LINK_UNKNOWN), LINK_UP);
	assert_int_equal(link_state_of(LINK_UNKNOWN, LINK_UP), LINK_UP);
	assert_int_equal(link_state_of(LINK_DOWN, LINK_UP), LINK_DOWN);
	assert_int_equal(link_state_of(LINK_UP, LINK_DOWN), LINK_DOWN);
}

static void test_generations_rise_with_changes_only(void **state)
{
	struct path path = {0};
	struct path_facts facts = good;
	uint64_t clock = 1000;

	assert_true(path_update(&path, &facts, &clock));
	assert_int_equal(path.generation, 1001);
	assert_false(path_update(&path, &facts, &clock));
	assert_int_equal(path.generation, 1001);
	facts.kernel_link = LINK_DOWN;
	assert_true(path_update(&path, &facts, &clock));
	assert_int_equal(path.generation, 1002);
	assert_int_equal(clock, 1002);
}

/* The first facts give a path its generation, also when they leave it as it was made. */
static void test_the_first_update_counts(void **state)
{
	struct path path = {.state = MODEL_PATH_UNAVAILABLE};
	struct path_facts facts = {0};
	uint64_t clock = 5;

	assert_true(path_update(&path, &facts, &clock));
	assert_int_equal(path.generation, 6);
}

static void test_names(void **state)
{
	enum model_path_state path;
	enum link_state link;

	for (int i = 0; i < MODEL_PATH_STATES; i++) {
		assert_int_equal(model_path_state_parse(
					 model_path_state_name((enum model_path_state)i), &path),
			0);
		assert_int_equal(path, i);
	}
	for (int i = 0; i < LINK_N_STATES; i++) {
		assert_int_equal(link_state_parse(link_state_name((enum link_state)i), &link), 0);
		assert_int_equal(link, i);
	}
	assert_int_equal(model_path_state_parse("active", &path), -EINVAL);
	assert_int_equal(model_path_state_parse(NULL, &path), -EINVAL);
	assert_int_equal(link_state_parse("", &link), -EINVAL);
}

static void test_devargs(void **state)
{
	char iface[DEVARGS_IFACE_BYTES];

	assert_int_equal(devargs_iface("net_af_packet0,iface=up0", iface), 0);
	assert_string_equal(iface, "up0");
	assert_int_equal(
		devargs_iface("net_af_xdp0,start_queue=0,iface=up1,queue_count=1", iface), 0);
	assert_string_equal(iface, "up1");
	assert_int_equal(devargs_iface("0000:01:00.0", iface), -ENOENT);
	assert_int_equal(devargs_iface("iface=up0", iface), -ENOENT);
	assert_int_equal(devargs_iface("net_tap0,xiface=up0", iface), -ENOENT);
	assert_int_equal(devargs_iface("net_tap0,iface=", iface), -EINVAL);
	assert_int_equal(devargs_iface("net_tap0,iface=a23456789012345", iface), 0);
	assert_int_equal(devargs_iface("net_tap0,iface=a234567890123456", iface), -EINVAL);
}

static void said(const char *text, const char *want)
{
	size_t n = strlen(text);
	char *copy = calloc(1, n ? n : 1);
	char words[LAST_WORDS_BYTES];

	memcpy(copy, text, n);
	last_words(copy, n, words);
	free(copy);
	assert_string_equal(words, want);
}

static void test_last_words(void **state)
{
	char longer[1000];

	said("", "");
	said("\n\n", "");
	said("one\ntwo\n\n", "two");
	said("one\ntwo", "two");
	said("one", "one");
	said("a\n\033[2J \"x\"\t\377", "?[2J 'x'??");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	char *want = strndup(longer, LAST_WORDS_BYTES - 1);
	said(longer, want);
	free(want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_links_combine),
		cmocka_unit_test(test_generations_rise_with_changes_only),
		cmocka_unit_test(test_the_first_update_counts),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_devargs),
		cmocka_unit_test(test_last_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
