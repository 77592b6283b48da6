/* SPDX-License-Identifier: BSD-3-Clause */
/* mapping_rules_test.c - which devices are looked at before a change, and when two VIOS see one. */
#include "vios-core/daemon/mapping_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vios-core/model/config_fixture.h"

#define DISK1                                                                                      \
	"{'op': 'add', 'kind': 'backing', 'name': 'disk1', 'attrs': {'type': 'file', 'path': "     \
	"{'vios1': '/a/1', 'vios2': '/b/1'}}}"
#define VT1                                                                                        \
	"{'op': 'add', 'kind': 'vtd', 'name': 'vt1', 'attrs': {'vhost': 'vhost0', 'backing': "     \
	"'disk1'}}"

static struct config *config;

static int setup(void **state)
{
	config = small_state();
	return config ? 0 : -1;
}

static int teardown(void **state)
{
	config_free(config);
	return 0;
}

/* What a change wants looked at, as "disk1 disk2 "; it is made. */
static const char *wants(const char *ops)
{
	static char names[256];
	char *text;
	size_t len;
	struct config *before;
	struct config_backing *list;
	size_t n;

	text = config_text(config, &len);
	assert_int_equal(config_parse(text, len, &before, &faults), 0);
	free(text);
	config = change(config, ops);
	assert_int_equal(mapping_needs(before, config, &list, &n), 0);
	names[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		strcat(names, list[i].name);
		strcat(names, " ");
	}
	free(list);
	config_free(before);
	return names;
}

static void what_is_mapped_anew(void **state)
{
	assert_string_equal(wants("[" DISK1 "]"), ""); /* nobody has it yet */
	assert_string_equal(wants("[" VT1 "]"), "disk1 ");
	assert_string_equal(
		wants("[{'op': 'add', 'kind': 'vtd', 'attrs': {'vhost': 'vhost0', 'backing': "
		      "'disk1', 'force': true}}]"),
		""); /* it was looked at when it was mapped first */
	assert_string_equal(wants("[{'op': 'set', 'kind': 'backing', 'name': 'disk1', 'attrs': "
				  "{'size_bytes': 1048576}}]"),
		"disk1 "); /* it has grown: on both? */
	assert_string_equal(wants("[{'op': 'set', 'kind': 'backing', 'name': 'disk1', 'attrs': "
				  "{'size_bytes': 0}}]"),
		"");
	assert_string_equal(wants("[{'op': 'set', 'kind': 'backing', 'name': 'disk1', 'attrs': "
				  "{'path': {'vios2': '/b/2'}}}]"),
		"disk1 ");
	assert_string_equal(wants("[{'op': 'set', 'kind': 'client', 'name': 'lpar1', 'attrs': "
				  "{'allow_unsealed': true}}]"),
		"");
}

static void forced_by_any_operation(void **state)
{
	json_t *ops = json_pack("[{s:s}, {s:{s:b}}]", "op", "add", "attrs", "force", 1);

	assert_true(mapping_forced(ops));
	json_object_set_new(
		json_object_get(json_array_get(ops, 1), "attrs"), "force", json_string("yes"));
	assert_false(mapping_forced(ops));
	assert_false(mapping_forced(NULL));
	json_decref(ops);
}

static struct config_backing disk(void)
{
	return (struct config_backing){.name = "hdisk1",
		.type = CONFIG_DISK,
		.n_paths = 2,
		.paths = {{"vios1", "/dev/sda"}, {"vios2", "/dev/sdb"}},
		.block_bytes = 512};
}

static struct mapping_look seen(const char *node, const char *identity)
{
	struct mapping_look look = {.told = true, .size_bytes = 1 << 20, .block_bytes = 512};

	strcpy(look.node, node);
	strcpy(look.identity, identity);
	strcpy(look.sample, "abc");
	return look;
}

static struct config_backing b;
static struct mapping_look looks[2];
static char why[MAPPING_WHY_BYTES];

static void fresh(void)
{
	b = disk();
	looks[0] = seen("device.1.8:0", "naa.5");
	looks[1] = seen("device.1.8:16", "naa.5");
}

static bool takes(void)
{
	why[0] = '\0';
	return mapping_judge(&b, looks, false, why);
}

static void refuses(const char *with)
{
	assert_false(takes());
	if (!strstr(why, with))
		fail_msg("\"%s\" lacks \"%s\"", why, with);
}

static void one_disk(void **state)
{
	fresh();
	assert_true(takes());
	strcpy(looks[1].identity, "naa.6");
	refuses("vios1 has naa.5 at /dev/sda, vios2 has naa.6 at /dev/sdb: they are two disks");
	strcpy(looks[1].node, looks[0].node); /* the kernel knows better */
	assert_true(takes());
}

static void sizes(void **state)
{
	fresh();
	looks[1].size_bytes++;
	refuses("vios1 has 1048576 bytes at /dev/sda, vios2 has 1048577 at /dev/sdb");
	fresh();
	b.size_bytes = 1 << 20;
	assert_true(takes());
	b.size_bytes = 1 << 21;
	refuses("vios1: /dev/sda has 1048576 bytes, not 2097152");
	fresh();
	b.block_bytes = 0;
	looks[1].block_bytes = 4096;
	refuses("vios1 has blocks of 512 bytes at /dev/sda, vios2 of 4096 at /dev/sdb");
	b.block_bytes = 512;
	refuses("vios2: /dev/sdb has blocks of 4096 bytes, not of 512; set block_bytes");
}

static void not_the_one_that_is_meant(void **state)
{
	fresh();
	strcpy(b.wwid, "naa.1");
	assert_true(takes()); /* the devices do not tell theirs */
	strcpy(looks[0].wwid, "naa.1");
	strcpy(looks[1].wwid, "naa.2");
	refuses("vios2: /dev/sdb is naa.2, and hdisk1 is naa.1");
}

static void nothing_identifies_it(void **state)
{
	fresh();
	looks[0].identity[0] = '\0';
	refuses("give hdisk1 a unique_id");
	strcpy(b.unique_id, "array 7 volume 3");
	assert_true(takes());
	strcpy(looks[1].sample, "def");
	refuses("different data");
	b.unique_id[0] = '\0';
	b.read_only = true;
	refuses("different data");
	strcpy(looks[1].sample, "abc");
	assert_true(takes());
	looks[0].sample[0] = looks[1].sample[0] = '\0'; /* nothing is not equal to nothing */
	refuses("different data");
}

static void one_that_cannot_say(void **state)
{
	fresh();
	looks[1] = (struct mapping_look){.told = true, .fault = "cannot be opened: No such file"};
	refuses("vios2: /dev/sdb cannot be opened: No such file");
	assert_true(mapping_judge(&b, looks, true, why));
	looks[1] = (struct mapping_look){.told = false};
	refuses("vios2 does not say what /dev/sdb is");
	assert_true(mapping_judge(&b, looks, true, why));
	looks[0].block_bytes = 4096; /* what was seen must fit all the same */
	assert_false(mapping_judge(&b, looks, true, why));
	fresh();
	strcpy(looks[1].identity, "naa.6"); /* as must what was compared */
	assert_false(mapping_judge(&b, looks, true, why));
}

static void of_one_side_only(void **state)
{
	fresh();
	b.n_paths = 1;
	looks[1] = (struct mapping_look){.told = false};
	assert_true(takes());
}

/* Its content was compared when it came; it is loaded also while a VIOS is away. */
static void media(void **state)
{
	fresh();
	strcpy(b.repository, "VMLibrary");
	b.block_bytes = 2048;
	looks[0].block_bytes = looks[1].block_bytes = 2048;
	strcpy(looks[1].sample, "def");
	looks[0].identity[0] = looks[1].identity[0] = '\0';
	assert_true(takes());
	looks[1] = (struct mapping_look){.told = false};
	assert_true(takes());
	looks[1] = (struct mapping_look){.told = true, .fault = "is empty"};
	refuses("vios2: /dev/sdb is empty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_mapped_anew, setup, teardown),
		cmocka_unit_test(forced_by_any_operation),
		cmocka_unit_test(one_disk),
		cmocka_unit_test(sizes),
		cmocka_unit_test(not_the_one_that_is_meant),
		cmocka_unit_test(nothing_identifies_it),
		cmocka_unit_test(one_that_cannot_say),
		cmocka_unit_test(of_one_side_only),
		cmocka_unit_test(media),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
