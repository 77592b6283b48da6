// SPDX-License-Identifier: BSD-3-Clause
/*
 * layout_test.c - what the listing verbs print of frame.json, held against golden/NAME.txt.
 *
 * layout_test DIR [write]: with "write" the golden files are made anew, to be looked at in the
 * diff.
 */
#include "scene.h"
#include "vios-core/cli/attr.h"
#include "vios-core/cli/backup.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *dir;
static bool write_golden;
static const struct lay_format blocks;
static const struct lay_format colons = {.delimiter = ":"};

struct sight {
	const char *name;
	const char *vios;
	char *(*text)(const struct facts *facts, char *fault);
};

static char *done(json_t *records, char *text)
{
	json_decref(records);
	return text;
}

static char *lsmap(const struct facts *facts, char *fault)
{
	struct lsmap_ask ask = {0};
	json_t *records = view_lsmap(facts, &ask, fault);

	return done(records, lay_lsmap(records, false, &blocks));
}

static char *lsmap_fmt(const struct facts *facts, char *fault)
{
	struct lsmap_ask ask = {.vadapter = "vhost0", .type = "disk"};
	json_t *records = view_lsmap(facts, &ask, fault);

	return done(records, lay_lsmap(records, false, &colons));
}

static char *lsmap_fields(const struct facts *facts, char *fault)
{
	static const char *const fields[] = {"svsa", "vtd", "backing"};
	struct lay_format format = {
		.delimiter = ",", .empty_is_nothing = true, .fields = fields, .n_fields = 3};
	struct lsmap_ask ask = {.client_id = 3};
	json_t *records = view_lsmap(facts, &ask, fault);

	return done(records, lay_lsmap(records, false, &format));
}

static char *lsmap_net(const struct facts *facts, char *fault)
{
	struct lsmap_ask ask = {0};
	json_t *records = view_lsmap_net(facts, &ask, fault);

	return done(records, lay_lsmap(records, true, &blocks));
}

static char *lsdev(const struct facts *facts, char *fault)
{
	struct lsdev_ask ask = {0};
	json_t *records = view_lsdev(facts, &ask, fault);

	return done(records, lay_lsdev(records, &blocks));
}

static char *lsdev_virtual(const struct facts *facts, char *fault)
{
	struct lsdev_ask ask = {.virtual_only = true};
	json_t *records = view_lsdev(facts, &ask, fault);

	return done(records, lay_lsdev(records, &colons));
}

static char *lsdev_sea(const struct facts *facts, char *fault)
{
	struct lsdev_ask ask = {.type = "ent4sea"};
	json_t *records = view_lsdev(facts, &ask, fault);

	return done(records, lay_lsdev(records, &blocks));
}

static char *attrs(const struct facts *facts, char *fault)
{
	struct object object;

	assert_int_equal(object_find(facts->state, "ent5", facts->vios, &object, fault), 0);
	json_t *records = attr_records(object.kind, object.json, object.vios, NULL);
	return done(records, lay_attrs(records));
}

static char *attr_value(const struct facts *facts, char *fault)
{
	struct object object;

	assert_int_equal(object_find(facts->state, "vios2/ent5", NULL, &object, fault), 0);
	json_t *records = attr_records(object.kind, object.json, object.vios, "netaddr");
	return done(records, lay_value(records));
}

static char *device_attrs(const struct facts *facts, char *fault)
{
	json_t *records = view_device_attrs(facts, "hdisk0", NULL);

	return done(records, lay_attrs(records));
}

static char *lspath(const struct facts *facts, char *fault)
{
	json_t *records = view_lspath(facts, NULL, fault);

	return done(records, lay_lspath(records, &blocks));
}

static char *lsrep(const struct facts *facts, char *fault)
{
	json_t *record = view_lsrep(facts, fault);

	return done(record, lay_lsrep(record));
}

static char *lsclient(const struct facts *facts, char *fault)
{
	json_t *records = view_lsclient(facts, NULL, fault);

	return done(records, lay_lsclient(records));
}

static char *entstat(const struct facts *facts, char *fault)
{
	json_t *records = view_entstat(facts, "ent5", fault);

	return done(records, lay_entstat(records, true));
}

static char *entstat_client(const struct facts *facts, char *fault)
{
	json_t *records = view_entstat(facts, "lpar1/eth0", fault);

	return done(records, lay_entstat(records, false));
}

static char *entstat_limits(const struct facts *facts, char *fault)
{
	json_t *records = view_entstat(facts, "lpar2/eth0", fault);

	return done(records, lay_entstat(records, false));
}

static char *seastat(const struct facts *facts, char *fault)
{
	json_t *records = view_seastat(facts, "sea0", fault);

	return done(records, lay_seastat(records));
}

static char *cluster(const struct facts *facts, char *fault)
{
	json_t *record = view_cluster(facts);

	return done(record, lay_cluster(record));
}

static char *viosbr(const struct facts *facts, char *fault)
{
	char *text = backup_write(facts->config, "2012-09-12T13:42:12+0200");
	json_t *file = backup_read(text, strlen(text), fault);

	assert_non_null(file);
	free(text);
	return done(file, backup_view(file, "/backup/frameA", NULL));
}

static const struct sight sights[] = {
	{"lsmap", NULL, lsmap},
	{"lsmap_vios1", "vios1", lsmap},
	{"lsmap_fmt", "vios2", lsmap_fmt},
	{"lsmap_fields", NULL, lsmap_fields},
	{"lsmap_net", NULL, lsmap_net},
	{"lsmap_net_vios1", "vios1", lsmap_net},
	{"lsdev", NULL, lsdev},
	{"lsdev_vios2", "vios2", lsdev},
	{"lsdev_virtual", "vios1", lsdev_virtual},
	{"lsdev_ent4sea", NULL, lsdev_sea},
	{"attrs", NULL, attrs},
	{"attrs_vios1", "vios1", attrs},
	{"attr_value", NULL, attr_value},
	{"device_attrs", "vios1", device_attrs},
	{"lspath", NULL, lspath},
	{"lspath_vios2", "vios2", lspath},
	{"lsrep", NULL, lsrep},
	{"lsclient", NULL, lsclient},
	{"entstat", NULL, entstat},
	{"entstat_client", "vios1", entstat_client},
	{"entstat_limits", "vios1", entstat_limits},
	{"seastat", "vios1", seastat},
	{"cluster", NULL, cluster},
	{"viosbr", NULL, viosbr},
};

static char *slurp(const char *path)
{
	char *text = calloc(1, 1 << 16);
	FILE *file = fopen(path, "r");

	if (file) {
		assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
		fclose(file);
	}
	return text;
}

static void compare(const struct sight *sight, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/golden/%s.txt", dir, sight->name);
	if (write_golden) {
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		fputs(text, file);
		fclose(file);
	}
	char *want = slurp(path);
	if (strcmp(text, want) != 0)
		print_error("%s differs:\n%s", path, text);
	assert_string_equal(text, want);
	free(want);
}

static void test_golden(void **state)
{
	for (size_t i = 0; i < sizeof(sights) / sizeof(sights[0]); i++) {
		char fault[VIEW_FAULT_BYTES] = "";
		struct scene scene;
		scene_load(&scene, dir);
		scene.facts.vios = sights[i].vios;
		char *text = sights[i].text(&scene.facts, fault);
		assert_non_null(text);
		assert_string_equal(fault, "");
		compare(&sights[i], text);
		free(text);
		scene_free(&scene);
	}
}

static void test_errlog(void **state)
{
	json_t *entries = json_pack("[{s:i,s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s},{}]", "seq", 22,
		"incident", 59859930, "vios", "vios1", "label", "VIOS_SEA_ADAP_FAIL", "class", "H",
		"type", "info", "resource", "ent5", "text", "ADAPTER FAILURE", "timestamp",
		"0912134212", "date", "Wed Sep 12 13:42:12 2012");
	char *list = lay_errlog(entries, false), *full = lay_errlog(entries, true);

	/* the newest, which is the last, comes first */
	assert_string_equal(list, "IDENTIFIER TIMESTAMP  T C RESOURCE_NAME  DESCRIPTION\n"
				  "00000000              U U                \n"
				  "8D424E06   0912134212 I H ent5           ADAPTER FAILURE\n");
	assert_non_null(strstr(full, "LABEL:          VIOS_SEA_ADAP_FAIL\n"
				     "IDENTIFIER:     8D424E06\n\n"
				     "Date/Time:       Wed Sep 12 13:42:12 2012\n"
				     "Sequence Number: 22\n"
				     "Incident:        59859930\n"));
	free(list);
	free(full);
	json_decref(entries);
}

/* "STATUS CONNECTION" of one path. */
static const char *path_is(const json_t *records, const char *name, const char *parent)
{
	static char text[160];
	const json_t *record;
	size_t i;

	json_array_foreach(records, i, record)
	{
		if (!jx_is(record, "name", name) || !jx_is(record, "parent", parent))
			continue;
		snprintf(text, sizeof(text), "%s %s", jx_text(record, "status"),
			jx_text(record, "connection"));
		return text;
	}
	return "none";
}

/* An error on the way to a disk is one of the adapter, and of the disk on that side. */
static void test_paths_to_disks(void **state)
{
	char fault[VIEW_FAULT_BYTES];
	struct scene scene;
	json_t *records, *vios, *path;

	scene_load(&scene, dir);
	vios = json_array_get(json_object_get((json_t *)scene.facts.status, "vios"), 0);
	path = json_pack("{s:s, s:s, s:[i]}", "state", "failed", "error", "EIO", "luns", 1);
	json_object_set_new(vios, "scsids",
		json_pack("[{s:s, s:n}, {s:s, s:o}]", "adapter", "lpar2/scsi0", "path", "adapter",
			"lpar1/scsi0", "path", path));
	json_array_append_new(json_object_get((json_t *)scene.facts.status, "adapters"),
		json_pack("{s:s, s:{s:{s:s, s:s}, s:{s:s, s:s}}}", "adapter", "lpar1/scsi0",
			"paths", "vios1", "phase", "ready", "state", "unavailable", "vios2",
			"phase", "live", "state", "active/optimized"));
	records = view_lspath(&scene.facts, NULL, fault);
	assert_string_equal(
		path_is(records, "lpar1/scsi0", "vios1"), "Failed ready,unavailable,EIO");
	assert_string_equal(
		path_is(records, "lpar1/scsi0", "vios2"), "Enabled live,active/optimized");
	assert_string_equal(path_is(records, "hdisk1", "vios1"), "Failed /dev/sdb");
	assert_string_equal(path_is(records, "hdisk1", "vios2"), "Enabled /dev/sdc");
	assert_string_equal(path_is(records, "disk1", "vios1"), "Enabled /srv/disk1.img");
	json_decref(records);
	json_object_set_new(path, "state", json_string("recovering"));
	records = view_lspath(&scene.facts, NULL, fault);
	assert_string_equal(
		path_is(records, "lpar1/scsi0", "vios1"), "Failed ready,unavailable,recovering");
	json_decref(records);
	scene_free(&scene);
}

static void test_what_is_not_there(void **state)
{
	char fault[VIEW_FAULT_BYTES];
	struct scene scene;

	scene_load(&scene, dir);
	assert_null(view_lsmap(&scene.facts, &(struct lsmap_ask){.vadapter = "vhost7"}, fault));
	assert_non_null(strstr(fault, "vhost7"));
	assert_null(view_lsmap_net(&scene.facts, &(struct lsmap_ask){.vadapter = "x"}, fault));
	assert_null(view_lsdev(&scene.facts, &(struct lsdev_ask){.name = "hdisk77"}, fault));
	assert_non_null(strstr(fault, "hdisk77"));
	assert_null(view_lspath(&scene.facts, "x", fault));
	assert_null(view_lsclient(&scene.facts, "x", fault));
	assert_null(view_entstat(&scene.facts, "vhost0", fault));
	assert_null(view_entstat(&scene.facts, "ent0", fault)); /* of both VIOS */
	assert_non_null(strstr(fault, "more than one"));
	assert_null(view_seastat(&scene.facts, "vhost0", fault));
	json_object_set_new(
		json_array_get(scene_list(&scene, "sea"), 0), "accounting", json_false());
	assert_null(view_seastat(&scene.facts, "ent5", fault));
	assert_non_null(strstr(fault, "accounting=enabled"));
	assert_null(view_device_attrs(&scene.facts, "hdisk0", "colour"));
	/* by the name in the configuration, and by the kernel's */
	json_t *named = view_device_attrs(&scene.facts, "vios2/hdisk1", "path");
	json_t *called = view_device_attrs(&scene.facts, "sdc", "path");
	assert_true(json_equal(named, called));
	assert_int_equal(json_array_size(named), 1);
	json_decref(named);
	json_decref(called);
	assert_string_equal(lay_lsmap_field("backin", false), "backing");
	assert_null(lay_lsmap_field("svea", true));
	scene_free(&scene);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_errlog),
		cmocka_unit_test(test_paths_to_disks),
		cmocka_unit_test(test_what_is_not_there),
	};

	dir = argc > 1 ? argv[1] : ".";
	write_golden = argc > 2 && strcmp(argv[2], "write") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
