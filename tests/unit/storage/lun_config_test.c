/* SPDX-License-Identifier: BSD-3-Clause */
/* lun_config_test.c - the parameters of `configure`, right ones and each kind of wrong. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "storage/lun_config.h"

static const char good[] =
	"{\"adapter\": \"lpar1/scsi0\", \"id\": 7, \"request_queues\": 2, \"ring_size\": 256,"
	" \"virtio_features\": 4294967302, \"allow_unsealed\": true,"
	" \"port\": {\"relative\": 2, \"group\": 5, \"naa\": \"3000000000000007\"},"
	" \"luns\": [{\"lun\": 9, \"name\": \"vtscsi0\", \"path\": \"/dev/sdx\", \"serial\": "
	"\"S1\","
	" \"naa\": \"60000000000000000000000000000abc\", \"block_bytes\": 4096, \"read_only\": "
	"true},"
	" {\"lun\": 0, \"name\": \"vtscsi1\", \"path\": \"/x\", \"serial\": \"S2\","
	" \"naa\": \"3000000000000001\"}]}";

static struct adapter_config adapter;
static struct lun_config luns[SCSI_LUNS];
static unsigned n_luns;
static char why[256];

static int parse(json_t *params)
{
	why[0] = '\0';
	return lun_config_parse(params, "lpar1/scsi0", &adapter, luns, &n_luns, why, sizeof(why));
}

static void test_good(void **state)
{
	json_t *params = json_loads(good, 0, NULL);

	assert_int_equal(parse(params), 0);
	assert_int_equal(adapter.id, 7);
	assert_int_equal(adapter.request_queues, 2);
	assert_int_equal(adapter.ring_size, 256);
	assert_true(adapter.allow_unsealed);
	assert_int_equal(adapter.port.relative_port, 2);
	assert_int_equal(adapter.port.group, 5);
	assert_int_equal(adapter.port.initiator, 7);
	assert_int_equal(adapter.port.naa[7], 7);
	assert_int_equal(adapter.hold_ms, 60000);
	assert_int_equal(adapter.path_error_ms, 2000);
	assert_int_equal(n_luns, 2);
	assert_int_equal(luns[0].lun, 9);
	assert_int_equal(luns[0].naa_bytes, 16);
	assert_int_equal(luns[0].naa[15], 0xbc);
	assert_true(luns[0].read_only && !luns[0].shared);
	assert_int_equal(luns[1].block_bytes, 0);
	assert_true(lun_config_same(&luns[0], &luns[0]));
	assert_false(lun_config_same(&luns[0], &luns[1]));
	luns[1] = luns[0];
	luns[1].shared = true;
	assert_true(lun_config_same(&luns[0], &luns[1])); /* goes on as it is */
	strcpy(luns[1].reservations, "/run/vios/vios1/kept");
	assert_false(lun_config_same(&luns[0], &luns[1]));
	json_decref(params);
}

/* The good one with one member set (value: JSON; NULL: left out), in the adapter or in a LUN. */
static void bad(int lun, const char *name, const char *value, const char *text)
{
	json_t *params = json_loads(good, 0, NULL);
	json_t *object = lun < 0 ? params : json_array_get(json_object_get(params, "luns"), lun);

	if (value)
		json_object_set_new(object, name, json_loads(value, JSON_DECODE_ANY, NULL));
	else
		json_object_del(object, name);
	assert_int_equal(parse(params), -EINVAL);
	if (!strstr(why, text))
		fail_msg("%s %s: \"%s\" lacks \"%s\"", name, value ? value : "-", why, text);
	json_decref(params);
}

static void test_bad(void **state)
{
	bad(-1, "adapter", "\"lpar2/scsi0\"", "lpar2/scsi0");
	bad(-1, "adapter", NULL, "adapter");
	bad(-1, "id", NULL, "id");
	bad(-1, "id", "0", "id");
	bad(-1, "id", "4294967296", "id");
	bad(-1, "id", "\"7\"", "id");
	bad(-1, "request_queues", "17", "request_queues");
	bad(-1, "request_queues", "-1", "request_queues");
	bad(-1, "ring_size", "100", "power of two");
	bad(-1, "ring_size", "2048", "ring_size");
	bad(-1, "virtio_features", "17179869184", "0x400000000"); /* packed rings */
	bad(-1, "virtio_features", "1", "0x1"); /* INOUT: both directions at once */
	bad(-1, "port", NULL, "naa");
	bad(-1, "port", "{\"naa\": \"300000000000000\"}", "naa");
	bad(-1, "port", "{\"naa\": \"3000000000000001\", \"relative\": 0}", "relative");
	bad(-1, "hold_ms", "3600001", "hold_ms");
	bad(-1, "hold_ms", "1.5", "hold_ms");
	bad(-1, "path_error_ms", "0", "path_error_ms");
	bad(-1, "path_error_ms", "600001", "path_error_ms");
	bad(-1, "luns", "{}", "luns");
	bad(-1, "luns", "[7]", "luns");
	bad(0, "lun", "256", "lun");
	bad(0, "lun", NULL, "lun");
	bad(0, "lun", "0", "LUN 0");
	bad(0, "name", "\"vtscsi1\"", "vtscsi1");
	bad(0, "name", "\"\"", "name");
	bad(0, "path", "\"a\\tb\"", "path");
	bad(0, "path", NULL, "path");
	bad(0, "serial", "\"1234567890123456789012345678901234567\"", "serial");
	bad(0, "naa", "\"6000000000000000000000000000000G\"", "naa");
	bad(0, "naa", "\"60\"", "naa");
	bad(0, "block_bytes", "1024", "1024");
	bad(0, "reservations", "\"\"", "reservations");
	bad(0, "reservations", "7", "reservations");
	bad(0, "other_path", "\"\"", "other_path");
	bad(0, "other_path", "7", "other_path");
	bad(0, "type", "\"tape\"", "type");
	bad(0, "type", "5", "type");
	bad(0, "type", "\"optical\"", "2048"); /* its blocks are of 4096 */
	bad(1, "path", "\"\"", "path");
	bad(0, "groups", "7", "groups");
	bad(0, "groups", "[]", "groups");
	bad(0, "groups", "[7]", "groups");
	bad(0, "groups", "[{\"id\": 1, \"state\": \"standby\"}]", "port");
	bad(0, "groups", "[{\"id\": 1, \"port\": 0, \"state\": \"standby\"}]", "port");
	bad(0, "groups", "[{\"id\": 1, \"port\": 1, \"state\": \"up\"}]", "\"up\"");
	bad(0, "groups", "[{\"id\": 1, \"port\": 1}]", "state");
	bad(0, "groups",
		"[{\"id\": 1, \"port\": 1, \"state\": \"standby\"},"
		" {\"id\": 1, \"port\": 2, \"state\": \"standby\"}]",
		"id 1");
}

/* The first LUN as a drive, with a medium or without. */
static void drive(const char *path, struct lun_config *out)
{
	json_t *params = json_loads(good, 0, NULL);
	json_t *object = json_array_get(json_object_get(params, "luns"), 0);

	json_object_set_new(object, "type", json_string("optical"));
	json_object_del(object, "block_bytes");
	json_object_del(object, "read_only");
	json_object_del(object, "path");
	if (path)
		json_object_set_new(object, "path", json_string(path));
	assert_int_equal(parse(params), 0);
	*out = luns[0];
	json_decref(params);
}

static void test_drive(void **state)
{
	struct lun_config none, empty, full, disk;
	struct scsi_lun_config c;

	drive(NULL, &none);
	drive("", &empty);
	drive("/a.iso", &full);
	assert_true(lun_config_same(&none, &empty));
	assert_false(lun_config_same(&none, &full));
	assert_true(lun_config_same_drive(&none, &full) && lun_config_same_drive(&full, &none));
	assert_true(full.optical && full.read_only && full.block_bytes == 2048);
	disk = full;
	disk.optical = false;
	assert_false(lun_config_same_drive(&full, &disk) || lun_config_same_drive(&disk, &full));
	assert_false(lun_config_same_drive(&disk, &disk)); /* a disk is what it is made of */
	strcpy(empty.name, "vtopt9");
	assert_false(lun_config_same_drive(&empty, &full));
	lun_config_scsi(&full, 10 * 2048, 2048, true, &c);
	assert_true(c.type == SCSI_OPTICAL && c.blocks == 10 && !c.unmap && c.read_only);
	lun_config_scsi(&none, 0, 2048, false, &c);
	assert_true(c.blocks == 0);
}

/* Told, or the adapter's own alone; what it is may change under a LUN that goes on. */
static void test_groups(void **state)
{
	json_t *params = json_loads(good, 0, NULL), *two;
	struct lun_config before;
	struct alua alua;

	assert_int_equal(parse(params), 0);
	before = luns[0];
	lun_config_alua(&luns[0], &adapter.port, &alua);
	assert_int_equal(alua.groups, 1);
	assert_int_equal(alua.group[0].id, adapter.port.group);
	assert_int_equal(alua.group[0].port[0], adapter.port.relative_port);
	assert_int_equal(alua.group[0].state, ALUA_OPTIMIZED);
	two = json_pack("[{s:i, s:i, s:s}, {s:i, s:i, s:s, s:b}]", "id", 3, "port", 4, "state",
		"active/non-optimized", "id", 5, "port", 6, "state", "transitioning", "preferred",
		1);
	json_object_set_new(json_array_get(json_object_get(params, "luns"), 0), "groups", two);
	assert_int_equal(parse(params), 0);
	assert_true(lun_config_same(&before, &luns[0]));
	lun_config_alua(&luns[0], &adapter.port, &alua);
	assert_int_equal(alua.groups, 2);
	assert_int_equal(alua.group[0].id, 3);
	assert_int_equal(alua.group[0].port[0], 4);
	assert_int_equal(alua.group[0].state, ALUA_NON_OPTIMIZED);
	assert_false(alua.group[0].preferred);
	assert_int_equal(alua.group[1].state, ALUA_TRANSITIONING);
	assert_true(alua.group[1].preferred);
	json_decref(params);
}

static void test_scsi(void **state)
{
	json_t *params = json_loads(good, 0, NULL);
	struct scsi_lun_config c;

	assert_int_equal(parse(params), 0);
	lun_config_scsi(&luns[0], 1 << 20, 4096, true, &c);
	assert_int_equal(c.blocks, 256);
	assert_int_equal(c.block_len, 4096);
	assert_true(c.read_only && c.unmap && c.unmap_zeroes);
	assert_string_equal(c.serial, "S1");
	assert_memory_equal(c.naa, luns[0].naa, 16);
	json_decref(params);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_drive),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_scsi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
