/* SPDX-License-Identifier: BSD-3-Clause */
/* facts_test.c - a viosd's answer to `status`, and answers that no viosd gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "ha/pacemaker/facts.h"

static const char pair[] =
	"{\"framed\":\"connected\",\"config\":{\"role\":\"pair\"},\"vios\":["
	"{\"name\":\"vios1\",\"state\":\"online\",\"netd\":{\"state\":\"up\"},"
	"\"scsids\":[{\"state\":\"up\",\"path\":{\"state\":\"failed\"}},{\"state\":\"starting\"},{"
	"\"state\":7,\"path\":null}],\"uplink\":{"
	"\"link\":\"down\"}},"
	"{\"name\":\"vios2\",\"state\":\"offline\",\"netd\":{\"state\":\"unknown\"},"
	"\"uplink\":{\"link\":\"up\"}}],\"adapters\":["
	"{\"adapter\":\"a/eth0\",\"client_connected\":true,\"live\":\"vios1\",\"paths\":{"
	"\"vios1\":{\"phase\":\"live\",\"state\":\"active/non-optimized\"},"
	"\"vios2\":{\"phase\":\"ready\",\"state\":\"unavailable\"}}},"
	"{\"adapter\":\"b/eth0\",\"client_connected\":true,\"live\":\"vios2\",\"paths\":{"
	"\"vios1\":{\"phase\":\"priming\",\"state\":\"active/optimized\"},"
	"\"vios2\":{\"phase\":\"ready\",\"state\":\"standby\"}}},"
	"{\"adapter\":\"c/eth0\",\"client_connected\":false,\"live\":\"vios1\",\"paths\":{}}]}";

static int read_text(const char *text, const char *self, struct facts *out)
{
	json_t *status = json_loads(text, JSON_DECODE_ANY, NULL);
	int r;

	assert_non_null(status);
	r = facts_read(status, self, out);
	json_decref(status);
	return r;
}

static void a_pair_is_read_from_either_side(void **state)
{
	struct facts f;

	assert_int_equal(read_text(pair, "vios1", &f), 0);
	assert_string_equal(f.peer.name, "vios2");
	assert_true(f.own.online && f.own.netd_up && f.own.link_down);
	assert_int_equal(f.own.scsids_down, 2);
	assert_int_equal(f.own.disks_failing, 1);
	assert_false(f.peer.online || f.peer.netd_up || f.peer.link_down);
	assert_true(f.framed && f.in_step);
	assert_int_equal(f.adapters, 2); /* nobody waits for one without a client */
	assert_int_equal(f.live_here, 1);
	assert_int_equal(f.live_peer, 1);
	assert_int_equal(f.ready_here, 1);
	assert_int_equal(f.ready_peer, 1);
	assert_int_equal(read_text(pair, "vios2", &f), 0);
	assert_string_equal(f.peer.name, "vios1");
	assert_int_equal(f.peer.scsids_down, 2);
}

/* The second SEA's uplink counts as the first one's. */
static void any_uplink_that_is_down(void **state)
{
	static const char *const more[] = {"{\"uplink\":{\"link\":\"up\"}}",
		"{\"uplink\":{\"link\":\"up\"}},{\"uplink\":{\"link\":\"down\"}}", "7"};
	char text[256];
	struct facts f;

	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
			"{\"vios\":[{\"name\":\"vios1\",\"uplink\":{\"link\":\"up\"},\"more\":[%s]}"
			"]}",
			more[i]);
		assert_int_equal(read_text(text, "vios1", &f), 0);
		assert_int_equal(f.own.link_down, i == 1);
	}
}

static void what_is_not_said_is_not_so(void **state)
{
	struct facts f;

	assert_int_equal(read_text("{\"vios\":[{\"name\":\"vios1\"}]}", "vios1", &f), 0);
	assert_false(f.own.online || f.own.netd_up || f.framed);
	assert_true(f.in_step); /* a viosd that keeps no state has none to be behind of */
	assert_string_equal(f.peer.name, "");
	assert_int_equal(read_text("{\"config\":{\"role\":\"waiting\"},\"vios\":"
				   "[{\"name\":\"vios1\"}]}",
				 "vios1", &f),
		0);
	assert_false(f.in_step);
}

static void other_answers_are_refused(void **state)
{
	static const char *const texts[] = {"{}", "[]", "7", "{\"vios\":{}}",
		"{\"vios\":[7,{\"name\":9},{\"name\":\"vi os\"}]}",
		"{\"vios\":[{\"name\":\"vios2\"}]}"};
	struct facts f;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(read_text(texts[i], "vios1", &f), -EINVAL);
	assert_int_equal(facts_read(NULL, "vios1", &f), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_is_read_from_either_side),
		cmocka_unit_test(any_uplink_that_is_down),
		cmocka_unit_test(what_is_not_said_is_not_so),
		cmocka_unit_test(other_answers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
