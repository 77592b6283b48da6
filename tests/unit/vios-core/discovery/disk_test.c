/* SPDX-License-Identifier: BSD-3-Clause */
/* disk_test.c - kinds, identities and the object of block devices, from facts. One thread. */
#include "vios-core/discovery/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LVM "LVM-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct disk_facts sda(void)
{
	return (struct disk_facts){.name = "sda",
		.path = "/dev/sda",
		.has_node = true,
		.size_bytes = 1 << 30,
		.vendor = "LIO-ORG",
		.model = "disk1",
		.serial = "abc",
		.state = "running",
		.scsi_type = 0,
		.timeout_s = 30};
}

static void expect(const struct disk_facts *facts, const char *identity)
{
	char out[DISK_IDENTITY_BYTES];

	assert_int_equal(disk_identity(facts, out), identity[0] != '\0');
	assert_string_equal(out, identity);
}

static void the_best_name_is_the_identity(void **state)
{
	struct disk_facts facts = sda();

	expect(&facts, "serial.LIO-ORG_disk1_abc");
	strcpy(facts.wwid, "t10.LIO-ORG disk1   abc");
	expect(&facts, "t10.LIO-ORG_disk1_abc");
	strcpy(facts.wwid, "naa.6001405ABC");
	expect(&facts, "naa.6001405abc");
	strcpy(facts.designator, "naa.600140500000");
	expect(&facts, "naa.600140500000");
	facts = (struct disk_facts){.name = "sdb", .scsi_type = -1, .timeout_s = -1};
	expect(&facts, "");
	strcpy(facts.model, "disk"); /* every disk of that model has it */
	expect(&facts, "");
}

static void a_partition_is_its_disk_and_its_number(void **state)
{
	struct disk_facts facts = sda();

	strcpy(facts.designator, "naa.600140500000");
	facts.partition = 2;
	expect(&facts, "naa.600140500000-part2");
	facts = (struct disk_facts){.partition = 1};
	expect(&facts, "");
}

static void a_map_is_what_its_paths_are(void **state)
{
	static const struct {
		const char *uuid, *identity;
		enum disk_kind kind;
	} rows[] = {
		{"mpath-3600140545A2D", "naa.600140545a2d", DISK_MULTIPATH},
		{"mpath-20025385b", "eui.0025385b", DISK_MULTIPATH},
		{"mpath-1LIO_disk", "t10.LIO_disk", DISK_MULTIPATH},
		{"mpath-nvme.144d-31", "nvme.144d-31", DISK_MULTIPATH},
		{"mpath-0QEMU_x", "0QEMU_x", DISK_MULTIPATH},
		{"part2-mpath-3600140545a2d", "naa.600140545a2d-part2", DISK_PARTITION},
		{LVM,
			"lvm."
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
			DISK_LV},
		{LVM "-cow",
			"lvm."
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-cow",
			DISK_DM},
		{"CRYPT-LUKS2-00", "dm.CRYPT-LUKS2-00", DISK_DM},
		{"", "", DISK_DM},
		{"part", "dm.part", DISK_PARTITION},
		{"part2", "dm.part2", DISK_PARTITION},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct disk_facts facts = {.name = "dm-0", .dm_name = "name", .scsi_type = -1};
		strcpy(facts.dm_uuid, rows[i].uuid);
		strcpy(facts.serial, "of nobody");
		expect(&facts, rows[i].identity);
		assert_int_equal(disk_kind(&facts), rows[i].kind);
	}
}

static void a_loop_device_is_its_file(void **state)
{
	struct disk_facts facts = {.name = "loop0", .backing_file = "/x", .scsi_type = -1};

	expect(&facts, "");
	strcpy(facts.file_identity, "file.boot.8:1.77");
	expect(&facts, "file.boot.8:1.77");
	facts.loop_offset = 4096;
	expect(&facts, "file.boot.8:1.77+4096");
	facts.partition = 3;
	expect(&facts, "file.boot.8:1.77+4096-part3");
}

static void the_longest_texts_fit_or_are_not_used(void **state)
{
	struct disk_facts facts = {.scsi_type = -1, .partition = UINT32_MAX};
	char out[DISK_IDENTITY_BYTES];

	memset(facts.designator, 'x', sizeof(facts.designator) - 1);
	assert_true(disk_identity(&facts, out));
	assert_int_equal(strlen(out), sizeof(facts.designator) - 1 + strlen("-part4294967295"));
	facts.designator[0] = '\0';
	memset(facts.serial, 's', sizeof(facts.serial) - 1);
	memset(facts.model, 'm', sizeof(facts.model) - 1);
	memset(facts.vendor, 'v', sizeof(facts.vendor) - 1);
	assert_false(disk_identity(&facts, out)); /* cut, two disks would be one */
	assert_string_equal(out, "");
}

static void memory_and_empty_devices_are_not_wanted(void **state)
{
	static const struct {
		const char *name, *backing;
		uint64_t size_bytes;
		bool wanted;
	} rows[] = {
		{"sda", "", 512, true},
		{"sr0", "", 0, true},
		{"ram0", "", 512, false},
		{"zram1", "", 512, false},
		{"rambo", "", 512, true},
		{"loop0", "", 0, false},
		{"loop0", "/x", 512, true},
		{"nbd3", "", 0, false},
		{"nbd3", "", 512, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct disk_facts facts = {.size_bytes = rows[i].size_bytes, .scsi_type = -1};
		strcpy(facts.name, rows[i].name);
		strcpy(facts.backing_file, rows[i].backing);
		assert_int_equal(disk_wanted(&facts), rows[i].wanted);
		facts.hidden = true;
		assert_false(disk_wanted(&facts));
	}
	struct disk_facts part = {.name = "zram0p1", .parent = "zram0", .partition = 1};
	assert_false(disk_wanted(&part));
}

static const char *text(json_t *device, const char *key)
{
	json_t *value = json_object_get(device, key);

	return json_string_value(
		value ? value : json_object_get(json_object_get(device, "attrs"), key));
}

static void expect_object(const struct disk_facts *facts, const char *type, const char *status,
	const char *description)
{
	json_t *device = disk_json(facts);

	assert_non_null(device);
	assert_string_equal(text(device, "name"), facts->name);
	assert_string_equal(text(device, "class"), "disk");
	assert_string_equal(text(device, "type"), type);
	assert_string_equal(text(device, "status"), status);
	assert_string_equal(text(device, "description"), description);
	json_decref(device);
}

static void a_device_is_available_when_it_would_answer(void **state)
{
	struct disk_facts facts = sda();

	expect_object(&facts, "disk", "Available", "Disk LIO-ORG disk1");
	strcpy(facts.state, "offline");
	expect_object(&facts, "disk", "Defined", "Disk LIO-ORG disk1");
	strcpy(facts.state, "live"); /* nvme */
	expect_object(&facts, "disk", "Available", "Disk LIO-ORG disk1");
	facts.has_node = false;
	expect_object(&facts, "disk", "Defined", "Disk LIO-ORG disk1");
	facts = sda();
	facts.size_bytes = 0;
	expect_object(&facts, "disk", "Defined", "Disk LIO-ORG disk1");
	facts.scsi_type = 5;
	facts.vendor[0] = '\0';
	expect_object(&facts, "optical", "Available", "Optical drive disk1");
	facts = sda();
	facts.partition = 1;
	strcpy(facts.parent, "sda");
	expect_object(&facts, "partition", "Available", "Partition 1 of sda");
	facts = (struct disk_facts){.name = "md0", .md = true, .scsi_type = -1};
	expect_object(&facts, "md", "Defined", "Software RAID");
}

static void attributes_tell_all_and_warn(void **state)
{
	struct disk_facts facts = sda();
	json_t *device, *attrs;

	strcpy(facts.by_id[0], "wwn-0x6001405");
	facts.n_by_id = 1;
	strcpy(facts.holders[0], "dm-0");
	facts.n_holders = 1;
	facts.timeout_s = 60;
	device = disk_json(&facts);
	attrs = json_object_get(device, "attrs");
	assert_string_equal(text(device, "identity"), "serial.LIO-ORG_disk1_abc");
	assert_int_equal(json_integer_value(json_object_get(attrs, "size_bytes")), 1 << 30);
	assert_string_equal(json_string_value(json_array_get(json_object_get(attrs, "by_id"), 0)),
		"wwn-0x6001405");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(attrs, "holders"), 0)), "dm-0");
	assert_true(json_is_null(json_object_get(attrs, "dm_name")));
	assert_int_equal(json_array_size(json_object_get(attrs, "warnings")), 0);
	json_decref(device);
	facts.timeout_s = 61;
	device = disk_json(&facts);
	assert_int_equal(
		json_array_size(json_object_get(json_object_get(device, "attrs"), "warnings")), 1);
	json_decref(device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_name_is_the_identity),
		cmocka_unit_test(a_partition_is_its_disk_and_its_number),
		cmocka_unit_test(a_map_is_what_its_paths_are),
		cmocka_unit_test(a_loop_device_is_its_file),
		cmocka_unit_test(the_longest_texts_fit_or_are_not_used),
		cmocka_unit_test(memory_and_empty_devices_are_not_wanted),
		cmocka_unit_test(a_device_is_available_when_it_would_answer),
		cmocka_unit_test(attributes_tell_all_and_warn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
