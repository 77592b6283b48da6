// SPDX-License-Identifier: BSD-3-Clause
/*
 * diff_test.c - the configuration against what runs; backups; JSON from elsewhere.
 *
 * diff_test DIR
 */
#include "scene.h"
#include "vios-core/cli/backup.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *dir;

static void expect(struct scene *scene, const char *want)
{
	json_t *records = view_diff(&scene->facts);
	char *text = lay_diff(records);

	assert_string_equal(text, want);
	free(text);
	json_decref(records);
	scene_free(scene);
	scene_load(scene, dir);
}

static json_t *running(struct scene *scene, const char *vios)
{
	return json_object_get(json_object_get(scene->facts.running, "vios"), vios);
}

static json_t *netd(struct scene *scene, const char *vios)
{
	return json_object_get(running(scene, vios), "netd");
}

static json_t *netd_adapter(struct scene *scene, const char *vios, size_t i)
{
	return json_array_get(json_object_get(netd(scene, vios), "adapters"), i);
}

static void test_data_planes(void **state)
{
	struct scene scene;

	scene_load(&scene, dir);
	expect(&scene, "");
	jx_put(netd_adapter(&scene, "vios2", 1), "mtu", json_integer(1500));
	expect(&scene, "vios2 netd lpar2/eth0 mtu: configured 9000, runs 1500\n");
	jx_put_text(netd_adapter(&scene, "vios1", 0), "mac", "02:00:00:00:00:01");
	expect(&scene, "vios1 netd lpar1/eth0 mac: configured 02:76:69:00:00:01, runs "
		       "02:00:00:00:00:01\n");
	json_array_remove(json_object_get(netd(&scene, "vios1"), "adapters"), 2);
	expect(&scene, "vios1 netd lpar2/eth1: configured lpar2/eth1, runs nothing\n");
	json_array_remove(scene_list(&scene, "veth"), 0);
	expect(&scene, "vios1 netd lpar1/eth0: configured nothing, runs lpar1/eth0\n"
		       "vios2 netd lpar1/eth0: configured nothing, runs lpar1/eth0\n"
		       "mux lpar1/eth0: configured nothing, runs eth0\n");
	jx_put(netd_adapter(&scene, "vios1", 1), "vlans", json_pack("[i]", 30));
	expect(&scene, "vios1 netd lpar2/eth0 vlans: configured 30,40, runs 30\n");
	/* what is not reported is not compared */
	json_object_del(netd_adapter(&scene, "vios1", 0), "mtu");
	expect(&scene, "");
	scene_free(&scene);
}

static void test_uplinks_and_absences(void **state)
{
	struct scene scene;

	scene_load(&scene, dir);
	jx_put(netd(&scene, "vios1"), "uplink", json_null());
	expect(&scene, "vios1 netd uplink: configured ent0, runs nothing\n");
	jx_put_text(json_object_get(netd(&scene, "vios2"), "uplink"), "devargs", "other");
	expect(&scene, "vios2 netd uplink devargs: configured net_af_packet0,iface=up0, runs "
		       "other\n");
	json_array_clear(scene_list(&scene, "sea"));
	scene.facts.vios = "vios1";
	expect(&scene, "vios1 netd uplink: configured nothing, runs ent0\n");
	jx_put(running(&scene, "vios2"), "netd", json_null());
	expect(&scene, "vios2 netd: configured a data plane, runs nothing\n");
	json_object_del(json_object_get(scene.facts.running, "vios"), "vios1");
	expect(&scene, "vios1: configured a VIOS, runs its viosd does not answer\n");
	/* the side that is asked for, alone */
	json_object_del(json_object_get(scene.facts.running, "vios"), "vios1");
	scene.facts.vios = "vios2";
	expect(&scene, "");
	jx_put_text(running(&scene, "vios2"), "digest", "00");
	expect(&scene,
		"vios2 digest: configured "
		"6b23c0d5f35d1b11f9b683f0b0a617355deb11277d91ae091d399c655b87940d, runs 00\n");
	scene_free(&scene);
}

/* A second SEA, whose uplink runs, does not, is another; one that nobody wants. */
static void test_two_uplinks(void **state)
{
	static const char *const lists[] = {"[{\"name\":\"ent0\"},{\"name\":\"ent1\"}]",
		"[{\"name\":\"ent0\"}]", "[{\"name\":\"ent0\"},{\"name\":\"ent7\"}]"};
	static const char *const differences[] = {"",
		"vios1 netd uplink: configured ent1, runs nothing\n",
		"vios1 netd uplink: configured ent1, runs nothing\n"
		"vios1 netd uplink: configured nothing, runs ent7\n"};
	struct scene scene;

	for (int i = 0; i < 3; i++) {
		scene_load(&scene, dir);
		json_array_append_new(scene_list(&scene, "sea"),
			json_pack("{s:s, s:{s:{s:s}}}", "name", "sea1", "sides", "vios1",
				"real_adapter", "ent1"));
		jx_put(netd(&scene, "vios1"), "uplinks", json_loads(lists[i], 0, NULL));
		expect(&scene, differences[i]);
		scene_free(&scene);
	}
}

/* Each disk and each drive of each target. */
static void test_targets(void **state)
{
	static const char text[] =
		"{\"lpar1/scsi0\":{\"configured\":true,\"id\":4,\"luns\":["
		"{\"lun\":1,\"name\":\"vtscsi0\",\"path\":\"/dev/sdb\",\"block_bytes\":512},"
		"{\"lun\":2,\"name\":\"vtscsi1\",\"path\":\"/srv/disk1.img\"},"
		"{\"lun\":3,\"name\":\"vtscsi2\",\"path\":\"/dev/sdd\",\"read_only\":true},"
		"{\"lun\":70,\"name\":\"vtopt0\",\"path\":\"\"},"
		"{\"lun\":71,\"name\":\"vtopt1\",\"path\":\"/srv/media/install.iso\"}]},"
		"\"lpar2/scsi0\":{\"configured\":true,\"id\":5,\"luns\":[]}}";
	struct scene scene;
	json_t *scsids, *luns;

	for (int what = 0; what < 5; what++) {
		scene_load(&scene, dir);
		scsids = json_loads(text, 0, NULL);
		assert_non_null(scsids);
		jx_put(running(&scene, "vios1"), "scsids", scsids);
		luns = json_object_get(json_object_get(scsids, "lpar1/scsi0"), "luns");
		if (what == 0)
			expect(&scene, "");
		if (what == 1) {
			jx_put_text(json_array_get(luns, 0), "path", "/dev/sdz");
			jx_put(json_array_get(luns, 2), "read_only", json_false());
			expect(&scene,
				"vios1 scsid lpar1/scsi0 LUN 1 path: configured /dev/sdb, runs "
				"/dev/sdz\n"
				"vios1 scsid lpar1/scsi0 LUN 3 read_only: configured true, runs "
				"false\n");
		}
		if (what == 2) {
			jx_put(json_array_get(luns, 1), "lun", json_integer(9));
			expect(&scene, "vios1 scsid lpar1/scsi0 LUN 2: configured vtscsi1, runs "
				       "nothing\n"
				       "vios1 scsid lpar1/scsi0 LUN 9: configured nothing, runs "
				       "vtscsi1\n");
		}
		if (what == 3) {
			jx_put(scsids, "lpar2/scsi0", json_null());
			jx_put(scsids, "lpar3/scsi0", json_object());
			expect(&scene, "vios1 scsid lpar2/scsi0: configured lpar2/scsi0, runs "
				       "nothing\n"
				       "vios1 scsid lpar3/scsi0: configured nothing, runs "
				       "lpar3/scsi0\n");
		}
		if (what == 4) {
			jx_put_text(json_array_get(luns, 3), "path", "/srv/media/old.iso");
			jx_put_text(json_array_get(luns, 4), "path", "");
			expect(&scene, "vios1 scsid lpar1/scsi0 LUN 70: configured nothing, runs "
				       "/srv/media/old.iso\n"
				       "vios1 scsid lpar1/scsi0 LUN 71 path: configured "
				       "/srv/media/install.iso, runs \n");
		}
		scene_free(&scene);
	}
}

static json_t *mux_adapters(struct scene *scene)
{
	json_t *mux = json_object_get(json_object_get(scene->facts.running, "muxes"), "lpar1");

	return json_object_get(json_object_get(mux, "client"), "adapters");
}

static void test_muxes(void **state)
{
	struct scene scene;

	scene_load(&scene, dir);
	jx_put(json_object_get(json_array_get(mux_adapters(&scene), 0), "profile"), "mtu",
		json_integer(9000));
	expect(&scene, "mux lpar1/eth0 mtu: configured 1500, runs 9000\n");
	json_array_remove(mux_adapters(&scene), 0);
	expect(&scene, "mux lpar1/eth0: configured eth0, runs nothing\n");
	/* one of virtual SCSI that nobody reports is none; what is reported of it is compared */
	json_array_remove(mux_adapters(&scene), 1);
	expect(&scene, "");
	jx_put(json_array_get(mux_adapters(&scene), 1), "id", json_integer(99));
	expect(&scene, "mux lpar1/scsi0 id: configured 4, runs 99\n");
	json_array_remove(scene_list(&scene, "vhost"), 0);
	expect(&scene, "mux lpar1/scsi0: configured nothing, runs scsi0\n");
	scene_free(&scene);
}

static void test_backup(void **state)
{
	char fault[BACKUP_FAULT_BYTES];
	struct scene scene;

	scene_load(&scene, dir);
	char *text = backup_write(scene.facts.config, "today");
	size_t n = strlen(text);
	json_t *file = backup_read(text, n, fault);
	assert_true(json_equal(json_object_get(file, "state"), scene.facts.state));
	assert_int_equal(jx_int(file, "version"), 41);
	char *view = backup_view(file, "F", "sea");
	assert_non_null(strstr(view, "Shared Ethernet Adapters:\n=========================\nsea0"));
	assert_null(strstr(view, "Client Partitions"));
	free(view);
	json_decref(file);
	/* one bit of the state */
	char *at = strstr(text, "02:76:69");
	at[0] = '1';
	assert_null(backup_read(text, n, fault));
	assert_non_null(strstr(fault, "checksum"));
	assert_null(backup_read(text, n / 2, fault));
	assert_non_null(strstr(fault, "no backup"));
	assert_null(backup_read("{\"viosbr\":2}", 12, fault));
	assert_non_null(strstr(fault, "later format"));
	assert_null(backup_read("{\"viosbr\":1}", 12, fault));
	assert_null(backup_read("[]", 2, fault));
	assert_null(backup_read("", 0, fault));
	free(text);
	scene_free(&scene);
}

static void test_json_from_elsewhere(void **state)
{
	json_t *value =
		json_pack("{s:[s,i,{s:s}],s:b}", "a\nb", "x\033[2J", 5, "k\t", "\xc3\xa4", "t", 1);
	json_t *clean = jx_clean(value);
	char *text = json_dumps(clean, JSON_COMPACT);

	assert_string_equal(text, "{\"a?b\":[\"x?[2J\",5,{\"k?\":\"?"
				  "?\"}],\"t\":true}");
	free(text);
	assert_string_equal(jx_text(clean, "t"), "");
	assert_int_equal(jx_int(NULL, "t"), 0);
	assert_string_equal(jx_show(json_object_get(clean, "a?b")).text, "x?[2J,5,");
	assert_ptr_equal(jx_clean(clean), clean);
	json_decref(clean);
	json_decref(value);
	json_decref(clean);
	/* the check value of CRC-32 */
	assert_int_equal(jx_crc32("123456789", 9), 0xcbf43926);
}

/* {"wwid" or "identity": id, "path"} */
static json_t *disk(const char *name, const char *key, const char *id, const char *path)
{
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "name", name, "class", "disk", "status",
		"Available", "attrs", key, id, "path", path);
}

static const char *device_of(struct scene *scene, size_t backing)
{
	json_t *object = json_array_get(scene_list(scene, "backing"), backing);

	view_done(&scene->facts);
	view_prepare(&scene->facts);
	const json_t *device = view_backing_device(&scene->facts, object, "vios1");
	if (device)
		assert_ptr_equal(view_device_backing(&scene->facts, device, "vios1"), object);
	return jx_text(device, "name");
}

/* After a restart another disk may be where this one was. */
static void test_a_disk_is_known_by_its_identity(void **state)
{
	struct scene scene;
	json_t *disks;

	scene_load(&scene, dir);
	disks = json_object_get(scene.facts.devices, "vios1");
	json_array_clear(disks);
	json_array_append_new(disks, disk("sdb", "wwid", "naa.another", "/dev/sdb"));
	assert_string_equal(device_of(&scene, 1), "");
	json_array_append_new(disks, disk("sdq", "wwid", "naa.600a0b80000f1c6d", "/dev/sdq"));
	assert_string_equal(device_of(&scene, 1), "sdq");
	/* one without a WWID, which the operator has named */
	json_t *backing = json_array_get(scene_list(&scene, "backing"), 1);
	jx_put_text(backing, "unique_id", "lvm-1");
	jx_put_text(backing, "wwid", "");
	json_array_append_new(disks, disk("dm-3", "identity", "lvm-2", "/dev/sdb"));
	json_array_remove(disks, 0);
	assert_string_equal(device_of(&scene, 1), "");
	json_array_append_new(disks, disk("dm-7", "identity", "lvm-1", "/dev/dm-7"));
	assert_string_equal(device_of(&scene, 1), "dm-7");
	/* neither side knows more than the path */
	jx_put_text(backing, "unique_id", "");
	assert_string_equal(device_of(&scene, 1), "dm-3");
	scene_free(&scene);
}

static void test_text_grows(void **state)
{
	struct out out = {0};

	for (int i = 0; i < 1000; i++)
		out_add(&out, "%d,", i);
	char *text = out_take(&out);
	assert_int_equal(strlen(text), 10 * 2 + 90 * 3 + 900 * 4);
	assert_non_null(strstr(text, ",998,999,"));
	free(text);
	text = out_take(&out);
	assert_string_equal(text, "");
	free(text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data_planes),
		cmocka_unit_test(test_uplinks_and_absences),
		cmocka_unit_test(test_two_uplinks),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_muxes),
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_json_from_elsewhere),
		cmocka_unit_test(test_a_disk_is_known_by_its_identity),
		cmocka_unit_test(test_text_grows),
	};

	dir = argc > 1 ? argv[1] : ".";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
