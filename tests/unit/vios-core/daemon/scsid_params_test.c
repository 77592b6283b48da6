/* SPDX-License-Identifier: BSD-3-Clause */
/* scsid_params_test.c - a server adapter of the state as its target is told of it, in each VIOS. */
#include "vios-core/daemon/scsid_groups.h"
#include "vios-core/daemon/scsid_params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vios-core/model/config_fixture.h"

static struct config *config;
static char why[SCSID_WHY_BYTES];

/* lpar1/scsi0 is vhost0; a file on both VIOS is LUN 1. */
static int setup(void **state)
{
	config = change(small_state(),
		"[{'op': 'add', 'kind': 'backing', 'name': 'disk1', 'attrs': {'type': 'file', "
		"'path': "
		"{'vios1': '/a/1', 'vios2': '/b/1'}, 'read_only': true}},"
		"{'op': 'add', 'kind': 'vtd', 'name': 'vt1', 'attrs': {'vhost': 'vhost0', "
		"'backing': 'disk1', 'lun': 1}}]");
	return config ? 0 : -1;
}

static int teardown(void **state)
{
	config_free(config);
	return 0;
}

static json_t *params(const char *vhost, const char *vios)
{
	return scsid_params(config, config_find(config, CONFIG_VHOST, vhost), vios, why);
}

static json_t *lun(const json_t *of, size_t i)
{
	return json_array_get(json_object_get(of, "luns"), i);
}

static const char *text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void what_the_state_says(void **state)
{
	json_t *got = params("vhost0", "vios1");
	const struct config_vhost *vhost = config_find(config, CONFIG_VHOST, "vhost0");

	assert_non_null(got);
	assert_string_equal(text(got, "adapter"), "lpar1/scsi0");
	assert_int_equal(number(got, "id"), vhost->adapter.id);
	assert_int_equal(number(got, "request_queues"), vhost->adapter.profile.queue_pairs);
	assert_int_equal(number(got, "ring_size"), 256);
	assert_true(number(got, "virtio_features") ==
		    (json_int_t)vhost->adapter.profile.virtio_features);
	assert_true(json_is_false(json_object_get(got, "allow_unsealed")));
	assert_int_equal(number(got, "hold_ms"), 60000);
	assert_int_equal(number(got, "path_error_ms"), 2000);
	assert_int_equal(number(json_object_get(got, "port"), "relative"), vhost->adapter.id);
	assert_int_equal(strlen(text(json_object_get(got, "port"), "naa")), 16);
	assert_int_equal(json_array_size(json_object_get(got, "luns")), 1);
	assert_int_equal(number(lun(got, 0), "lun"), 1);
	assert_string_equal(text(lun(got, 0), "name"), "vt1");
	assert_string_equal(text(lun(got, 0), "path"), "/a/1");
	assert_int_equal(number(lun(got, 0), "block_bytes"), 512);
	assert_true(json_is_true(json_object_get(lun(got, 0), "read_only")));
	assert_int_equal(text(lun(got, 0), "naa")[0], '3');
	assert_true(json_is_false(json_object_get(lun(got, 0), "shared")));
	json_decref(got);
}

/* A client that is moved sees the same port and the same disks: only the paths differ. */
static void both_sides_look_alike(void **state)
{
	json_t *a = params("vhost0", "vios1"), *b = params("vhost0", "vios2");

	assert_string_equal(text(lun(b, 0), "path"), "/b/1");
	json_object_set_new(lun(b, 0), "path", json_string("/a/1"));
	assert_true(json_equal(a, b));
	assert_true(scsid_params_fit(a, b));
	json_decref(a);
	json_decref(b);
}

/* One backing device through two server adapters is one disk; another one is another. */
static void identity_is_the_disks(void **state)
{
	json_t *a, *b;

	config = change(config,
		"[{'op': 'add', 'kind': 'vhost', 'name': 'vhost9', 'attrs': {'client_adapter': "
		"'lpar2/scsi0'}},"
		"{'op': 'add', 'kind': 'vtd', 'name': 'vt2', 'attrs': {'vhost': 'vhost9', "
		"'backing': "
		"'disk1', 'lun': 7, 'force': true}},"
		"{'op': 'add', 'kind': 'backing', 'name': 'disk2', 'attrs': {'type': 'disk', "
		"'wwid': "
		"'naa.5', 'path': {'vios1': '/dev/a', 'vios2': '/dev/b'}}},"
		"{'op': 'add', 'kind': 'vtd', 'name': 'vt3', 'attrs': {'vhost': 'vhost9', "
		"'backing': "
		"'disk2', 'lun': 8}}]");
	a = params("vhost0", "vios1");
	b = params("vhost9", "vios2");
	assert_string_equal(text(lun(a, 0), "naa"), text(lun(b, 0), "naa"));
	assert_string_equal(text(lun(a, 0), "serial"), text(lun(b, 0), "serial"));
	assert_string_not_equal(text(lun(b, 0), "naa"), text(lun(b, 1), "naa"));
	assert_string_not_equal(
		text(json_object_get(a, "port"), "naa"), text(json_object_get(b, "port"), "naa"));
	assert_false(scsid_params_fit(a, b));
	/* a node each of one LUN: both lock both; two names of a file are one inode */
	assert_string_equal(text(lun(b, 1), "path"), "/dev/b");
	assert_string_equal(text(lun(b, 1), "other_path"), "/dev/a");
	assert_null(json_object_get(lun(a, 0), "other_path"));
	/* and both lock what they write there */
	assert_true(json_is_true(json_object_get(lun(a, 0), "shared")));
	assert_true(json_is_true(json_object_get(lun(b, 0), "shared")));
	assert_true(json_is_false(json_object_get(lun(b, 1), "shared")));
	json_decref(a);
	json_decref(b);
}

/* These are on clients' disks and in their tables: another version must not make others of them. */
static void identities_are_for_ever(void **state)
{
	json_t *got;

	config = change(config, "[{'op': 'add', 'kind': 'backing', 'name': 'disk2', 'attrs': "
				"{'type': 'disk', 'wwid': "
				"'naa.5', 'path': {'vios1': '/dev/a', 'vios2': '/dev/b'}}},"
				"{'op': 'add', 'kind': 'vtd', 'name': 'vt3', 'attrs': {'vhost': "
				"'vhost0', 'backing': "
				"'disk2', 'lun': 8}}]");
	got = params("vhost0", "vios1");
	assert_string_equal(config->frame.name, "frame1");
	assert_string_equal(text(lun(got, 0), "naa"), "385eb9a1f2b8a819");
	assert_string_equal(text(lun(got, 0), "serial"), "85eb9a1f2b8a819c82703cbb1043d007");
	assert_string_equal(text(lun(got, 1), "naa"), "37558b6e2555a9ba");
	assert_string_equal(text(json_object_get(got, "port"), "naa"), "3501ddd43c3e458b");
	json_decref(got);
}

/* All LUNs or none: a client must not lose one because it is moved. */
static void a_disk_that_one_side_lacks(void **state)
{
	json_t *got;

	config = change(config,
		"[{'op': 'add', 'kind': 'backing', 'name': 'disk3', 'attrs': {'type': 'file', "
		"'path': "
		"{'vios1': '/c'}}}, {'op': 'add', 'kind': 'vtd', 'name': 'vt4', 'attrs': {'vhost': "
		"'vhost0', 'backing': 'disk3', 'lun': 2}}]");
	got = params("vhost0", "vios1");
	assert_int_equal(json_array_size(json_object_get(got, "luns")), 2);
	json_decref(got);
	assert_null(params("vhost0", "vios2"));
	assert_string_equal(why,
		"backing device disk3 of vt4 has no path in vios2; give it one, or "
		"unmap it");
}

/* The drive is one and the same with a medium and without. */
static void an_optical_drive(void **state)
{
	json_t *got, *loaded;

	config = change(config, "[{'op': 'add', 'kind': 'vtd', 'name': 'cd', 'attrs': {'vhost': "
				"'vhost0', 'backing': '', 'type': 'optical', 'lun': 3}}]");
	got = params("vhost0", "vios1");
	assert_int_equal(json_array_size(json_object_get(got, "luns")), 2);
	assert_string_equal(text(lun(got, 0), "type"), "optical");
	assert_string_equal(text(lun(got, 0), "path"), "");
	assert_int_equal(number(lun(got, 0), "lun"), 3);
	config = change(config,
		"[{'op': 'add', 'kind': 'backing', 'name': 'iso', 'attrs': {'type': 'optical', "
		"'block_bytes': 2048, 'read_only': true, 'path': {'vios1': '/i'}}}, {'op': 'set', "
		"'kind': 'vtd', 'name': 'cd', 'attrs': {'backing': 'iso'}}]");
	loaded = params("vhost0", "vios1");
	assert_string_equal(text(lun(loaded, 0), "path"), "/i");
	json_object_set_new(lun(loaded, 0), "path", json_string(""));
	assert_true(json_equal(loaded, got));
	json_decref(loaded);
	json_decref(got);
	assert_null(params("vhost0", "vios2"));
	assert_string_equal(
		why, "medium iso of cd has no path in vios2; give it one, or unload it");
}

static void luns_change_and_the_rest_stays(void **state)
{
	json_t *before = params("vhost0", "vios1"), *after, *mixed;

	config = change(config,
		"[{'op': 'remove', 'kind': 'vtd', 'name': 'vt1'}, {'op': 'set', 'kind': 'vhost', "
		"'name': 'vhost0', 'attrs': {'profile': {'ring_size': 512}}}]");
	after = params("vhost0", "vios1");
	assert_false(scsid_params_fit(before, after));
	mixed = scsid_params_luns(before, after);
	assert_true(scsid_params_fit(before, mixed));
	assert_int_equal(json_array_size(json_object_get(mixed, "luns")), 0);
	assert_int_equal(number(mixed, "ring_size"), 256);
	assert_int_equal(json_array_size(json_object_get(before, "luns")), 1);
	json_decref(before);
	json_decref(after);
	json_decref(mixed);
}

/* Adapters named in user are away. */
static bool away(const char *adapter, void *user)
{
	return strstr(user, adapter);
}

static void expect_groups(json_t *of, size_t best)
{
	json_t *groups = json_object_get(lun(of, 0), "groups");

	assert_int_equal(json_array_size(groups), 2);
	for (size_t i = 0; i < 2; i++) {
		json_t *group = json_array_get(groups, i);

		assert_string_equal(text(group, "state"),
			i == best ? "active/optimized" : "active/non-optimized");
		assert_true(json_is_true(json_object_get(group, "preferred")) == (i == best));
	}
}

/* Two HBAs of one client to one disk: both targets tell of both, and that one is best. */
static void a_client_has_two_ways(void **state)
{
	json_t *a, *b;

	a = params("vhost0", "vios1");
	assert_null(json_object_get(lun(a, 0), "groups"));
	assert_false(scsid_groups_choose(a, away, (void *)""));
	json_decref(a);
	config = change(config,
		"[{'op': 'add', 'kind': 'vhost', 'name': 'vhost8', 'attrs': {'client_adapter': "
		"'lpar1/scsi8'}},"
		"{'op': 'add', 'kind': 'vhost', 'name': 'vhost9', 'attrs': {'client_adapter': "
		"'lpar2/scsi0'}},"
		"{'op': 'add', 'kind': 'vtd', 'name': 'vt8', 'attrs': {'vhost': 'vhost8', "
		"'backing': 'disk1', 'lun': 7, 'force': true}},"
		"{'op': 'add', 'kind': 'vtd', 'name': 'vt9', 'attrs': {'vhost': 'vhost9', "
		"'backing': 'disk1', 'lun': 7, 'force': true}}]");
	a = params("vhost0", "vios1");
	b = params("vhost8", "vios2");
	assert_true(scsid_groups_choose(a, away, (void *)""));
	assert_false(scsid_groups_choose(a, away, (void *)""));
	assert_true(scsid_groups_choose(b, away, (void *)""));
	expect_groups(a, 0);
	assert_true(json_equal(
		json_object_get(lun(a, 0), "groups"), json_object_get(lun(b, 0), "groups")));
	assert_int_equal(number(json_array_get(json_object_get(lun(a, 0), "groups"), 0), "id"),
		number(json_object_get(a, "port"), "group"));
	assert_int_equal(number(json_array_get(json_object_get(lun(a, 0), "groups"), 1), "port"),
		number(json_object_get(b, "port"), "relative"));
	assert_true(scsid_groups_choose(a, away, (void *)"lpar1/scsi0"));
	expect_groups(a, 1);
	assert_true(scsid_groups_choose(a, away, (void *)"lpar1/scsi0 lpar1/scsi8"));
	expect_groups(a, 0);
	json_decref(a);
	json_decref(b);
	a = params("vhost9", "vios1"); /* another client's */
	assert_null(json_object_get(lun(a, 0), "groups"));
	json_decref(a);
}

static json_t *set_groups(const char *adapter, int of_lun, const char *group_of, const char *gone)
{
	const struct config_vhost *vhost = config_find(config, CONFIG_VHOST, group_of);

	return scsid_groups_set(config, adapter, of_lun, vhost ? scsid_port_number(vhost) : 9999,
		away, (void *)gone, why);
}

static void expect_no_set(
	const char *adapter, int of_lun, const char *group_of, const char *gone, const char *word)
{
	assert_null(set_groups(adapter, of_lun, group_of, gone));
	assert_non_null(strstr(why, word));
}

static void follow(json_t *ops)
{
	char *text_of = json_dumps(ops, 0);

	config = change(config, text_of);
	free(text_of);
	json_decref(ops);
}

/* A client says which of its ways is best: a change of the state, which both VIOS then see. */
static void a_client_chooses_its_way(void **state)
{
	json_t *ops, *a;

	config = change(config,
		"[{'op': 'add', 'kind': 'vhost', 'name': 'vhost8', 'attrs': {'client_adapter': "
		"'lpar1/scsi8'}},"
		"{'op': 'add', 'kind': 'vhost', 'name': 'vhost9', 'attrs': {'client_adapter': "
		"'lpar1/scsi9', 'path_priority': 7, 'explicit_alua': true}},"
		"{'op': 'add', 'kind': 'vtd', 'name': 'vt8', 'attrs': {'vhost': 'vhost8', "
		"'backing': 'disk1', 'lun': 7, 'force': true}}]");
	expect_no_set("lpar1/scsi0", 1, "vhost8", "", "explicit_alua");
	config = change(config,
		"[{'op': 'set', 'kind': 'vhost', 'name': 'vhost0', 'attrs': {'explicit_alua': "
		"true}}]");
	expect_no_set("lpar1/scsi0", 2, "vhost8", "", "no disk as LUN 2");
	expect_no_set("lpar1/scsi", 1, "vhost8", "", "no disk");
	expect_no_set("lpar1/scsi0", 1, "vhost9", "", "no target port group");
	expect_no_set("lpar1/scsi0", 1, "", "", "no target port group");
	expect_no_set("lpar1/scsi0", 1, "vhost8", "lpar1/scsi8", "away");
	a = params("vhost0", "vios1");
	assert_true(json_is_true(json_object_get(lun(a, 0), "explicit_alua")));
	scsid_groups_choose(a, away, (void *)"");
	expect_groups(a, 0);
	assert_true(json_is_false(json_object_get(
		json_array_get(json_object_get(lun(a, 0), "groups"), 0), "by_command")));
	json_decref(a);

	ops = set_groups("lpar1/scsi0", 1, "vhost8", "");
	assert_int_equal(json_array_size(ops), 1); /* vhost0 becomes 2 */
	follow(ops);
	a = params("vhost0", "vios1");
	scsid_groups_choose(a, away, (void *)"");
	expect_groups(a, 1);
	assert_true(json_is_true(json_object_get(
		json_array_get(json_object_get(lun(a, 0), "groups"), 0), "by_command")));
	assert_true(scsid_groups_choose(a, away, (void *)"lpar1/scsi8"));
	expect_groups(a, 0); /* lost: by itself */
	assert_true(json_is_false(json_object_get(
		json_array_get(json_object_get(lun(a, 0), "groups"), 0), "by_command")));
	json_decref(a);
	ops = set_groups("lpar1/scsi0", 1, "vhost8", "lpar1/scsi8 lpar1/scsi0");
	assert_int_equal(json_array_size(ops), 0); /* it is so */
	json_decref(ops);

	ops = set_groups("lpar1/scsi0", 1, "vhost0", "");
	assert_int_equal(json_array_size(ops), 2);
	follow(ops);
	a = params("vhost8", "vios2");
	scsid_groups_choose(a, away, (void *)"");
	expect_groups(a, 0);
	assert_null(json_object_get(lun(a, 0), "explicit_alua"));
	json_decref(a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_state_says),
		TEST(both_sides_look_alike),
		TEST(identity_is_the_disks),
		TEST(identities_are_for_ever),
		TEST(a_disk_that_one_side_lacks),
		TEST(an_optical_drive),
		TEST(luns_change_and_the_rest_stays),
		TEST(a_client_has_two_ways),
		TEST(a_client_chooses_its_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
