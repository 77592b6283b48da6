/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * disk_scan_test.c - block devices from trees as sysfs has them, and from trees as it never has:
 * missing, garbage, huge, looped, no regular files. One thread, a root of its own in /tmp.
 */
#include "tests/unit/vios-core/discovery/fake_root.h"
#include "vios-core/discovery/disk_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SDA "devices/pci0000:00/host0/target0:0:0/0:0:0:1/block/sda"
#define BOOT "0a1b2c3d-0000-1111-2222-333344445555"

static const unsigned char page83[] = {0, 0x83, 0, 12, 0x01, 0x03, 0, 8, 0x50, 2, 3, 4, 5, 6, 7, 8};
static const unsigned char page80[] = {0, 0x80, 0, 4, 'S', 'N', '0', '1'};

/* A SCSI disk with two partitions. */
static void make_sda(void)
{
	fake_block("sda", SDA, "2097152\n");
	fake_attr(SDA, "ro", "0\n");
	fake_attr(SDA, "removable", "1\n");
	fake_attr(SDA, "queue/logical_block_size", "512\n");
	fake_attr(SDA, "queue/physical_block_size", "4096\n");
	fake_attr(SDA, "device/vendor", "LIO-ORG \n");
	fake_attr(SDA, "device/model", "disk1           \n");
	fake_attr(SDA, "device/state", "running\n");
	fake_attr(SDA, "device/timeout", "30\n");
	fake_attr(SDA, "device/type", "0\n");
	fake_attr(SDA, "device/wwid", "naa.5002030405060708\n");
	fake_bytes("sys/" SDA "/device/vpd_pg83", page83, sizeof(page83));
	fake_bytes("sys/" SDA "/device/vpd_pg80", page80, sizeof(page80));
	fake_dir("sys/" SDA "/holders/dm-0");
	fake_block("sda2", SDA "/sda2", "2048\n");
	fake_attr(SDA, "sda2/partition", "2\n");
	fake_attr(SDA, "sda2/ro", "1\n");
	fake_link("dev/disk/by-id/wwn-0x5002030405060708", "../../sda");
	fake_link("dev/disk/by-id/scsi-35002030405060708", "../../sda");
	fake_link("dev/disk/by-id/wwn-0x5002030405060708-part2", "../../sda2");
}

/* 0 or disk_scan_read()'s error; -ENOENT: not in the list */
static int look(const char *name, struct disk_facts *facts)
{
	struct disk_scan scan;
	int r = -ENOENT;

	assert_int_equal(disk_scan_begin(&scan, fake_root()), 0);
	while (disk_scan_links(&scan, 2))
		;
	for (size_t i = 0; i < scan.names.n; i++)
		if (strcmp(scan.names.name[i], name) == 0)
			r = disk_scan_read(&scan, i, facts);
	disk_scan_end(&scan);
	return r;
}

static void a_disk_is_read(void **state)
{
	struct disk_facts facts;

	make_sda();
	assert_int_equal(look("sda", &facts), 0);
	assert_string_equal(facts.name, "sda");
	assert_string_equal(facts.path, "/dev/sda");
	assert_true(facts.has_node);
	assert_int_equal(facts.size_bytes, 1 << 30);
	assert_int_equal(facts.logical_bytes, 512);
	assert_int_equal(facts.physical_bytes, 4096);
	assert_false(facts.read_only);
	assert_true(facts.removable);
	assert_string_equal(facts.vendor, "LIO-ORG");
	assert_string_equal(facts.model, "disk1");
	assert_string_equal(facts.serial, "SN01");
	assert_string_equal(facts.designator, "naa.5002030405060708");
	assert_string_equal(facts.wwid, "naa.5002030405060708");
	assert_string_equal(facts.state, "running");
	assert_int_equal(facts.timeout_s, 30);
	assert_int_equal(facts.scsi_type, 0);
	assert_int_equal(facts.n_by_id, 2);
	assert_string_equal(facts.by_id[0], "scsi-35002030405060708");
	assert_int_equal(facts.n_holders, 1);
	assert_string_equal(facts.holders[0], "dm-0");
}

static void a_partition_has_its_disks_names(void **state)
{
	struct disk_facts facts;
	char identity[DISK_IDENTITY_BYTES];

	make_sda();
	assert_int_equal(look("sda2", &facts), 0);
	assert_int_equal(facts.partition, 2);
	assert_string_equal(facts.parent, "sda");
	assert_int_equal(facts.size_bytes, 1 << 20);
	assert_int_equal(facts.logical_bytes, 512);
	assert_true(facts.read_only);
	assert_int_equal(facts.n_by_id, 1);
	assert_true(disk_identity(&facts, identity));
	assert_string_equal(identity, "naa.5002030405060708-part2");
}

static void other_buses_keep_their_names_elsewhere(void **state)
{
	struct disk_facts facts;

	fake_block("vda", "devices/virtio1/block/vda", "8");
	fake_attr("devices/virtio1/block/vda", "serial", "root-disk");
	fake_attr("devices/virtio1/block/vda", "device/vendor", "0x1af4\n");
	assert_int_equal(look("vda", &facts), 0);
	assert_string_equal(facts.serial, "root-disk");
	assert_string_equal(facts.vendor, "");
	assert_int_equal(facts.timeout_s, -1);

	fake_block("nvme0n1", "devices/nvme/nvme0/nvme0n1", "8");
	fake_attr("devices/nvme/nvme0/nvme0n1", "wwid", "eui.0025385B00000001\n");
	fake_attr("devices/nvme/nvme0/nvme0n1", "device/serial", "S5GX        \n");
	fake_attr("devices/nvme/nvme0/nvme0n1", "device/state", "live\n");
	assert_int_equal(look("nvme0n1", &facts), 0);
	assert_string_equal(facts.wwid, "eui.0025385B00000001");
	assert_string_equal(facts.serial, "S5GX");

	fake_block("cciss!c0d0", "devices/cciss/block/c", "8");
	fake_file("dev/cciss/c0d0", "");
	assert_int_equal(look("cciss!c0d0", &facts), 0);
	assert_string_equal(facts.path, "/dev/cciss/c0d0");
	assert_true(facts.has_node);
}

static void a_logical_volume_is_known_by_its_name(void **state)
{
	struct disk_facts facts;

	fake_block("dm-3", "devices/virtual/block/dm-3", "16");
	fake_attr("devices/virtual/block/dm-3", "dm/name", "vg-lpar1\n");
	fake_attr("devices/virtual/block/dm-3", "dm/uuid", "LVM-x\n");
	assert_int_equal(look("dm-3", &facts), 0);
	assert_string_equal(facts.path, "/dev/dm-3"); /* a node without udev's links */
	assert_true(facts.has_node);
	fake_file("dev/mapper/vg-lpar1", "");
	assert_int_equal(look("dm-3", &facts), 0);
	assert_string_equal(facts.path, "/dev/mapper/vg-lpar1");
	assert_string_equal(facts.dm_uuid, "LVM-x");
}

static void make_loop(const char *sectors, const char *offset)
{
	fake_block("loop1", "devices/virtual/block/loop1", sectors);
	fake_attr("devices/virtual/block/loop1", "loop/backing_file", "/srv/a disk.img\n");
	fake_attr("devices/virtual/block/loop1", "loop/offset", offset);
	fake_file("proc/sys/kernel/random/boot_id", BOOT "\n");
}

static void a_loop_device_is_identified_by_its_file(void **state)
{
	struct disk_facts facts;
	struct stat st;
	char expected[128];

	make_loop("1", "0\n");
	assert_int_equal(look("loop1", &facts), 0);
	assert_string_equal(facts.backing_file, "/srv/a disk.img");
	assert_string_equal(facts.file_identity, ""); /* it is not there */
	fake_bytes("srv/a disk.img", page83, sizeof(page83));
	assert_int_equal(look("loop1", &facts), 0);
	assert_string_equal(facts.file_identity, ""); /* too small to be it */
	fake_bytes("srv/a disk.img", (char[512]){0}, 512);
	assert_int_equal(look("loop1", &facts), 0);
	assert_int_equal(fstatat(fake_root(), "srv/a disk.img", &st, 0), 0);
	assert_true(strstr(facts.file_identity, BOOT) != NULL);
	snprintf(expected, sizeof(expected), ".%llu", (unsigned long long)st.st_ino);
	assert_true(strstr(facts.file_identity, expected) != NULL);
	static const char *const beyond[] = {"512\n", "1024\n", "18446744073709551615\n"};
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		fake_attr("devices/virtual/block/loop1", "loop/offset", beyond[i]);
		assert_int_equal(look("loop1", &facts), 0);
		assert_string_equal(facts.file_identity, "");
	}
}

static void a_bare_system_has_no_disks(void **state)
{
	struct disk_scan scan;

	assert_int_equal(disk_scan_begin(&scan, fake_root()), 0);
	assert_false(disk_scan_links(&scan, 1));
	assert_int_equal(scan.names.n, 0);
	disk_scan_end(&scan);
	fake_file("sys/class/block", "a file");
	assert_int_equal(disk_scan_begin(&scan, fake_root()), -ENOTDIR);
}

static void garbage_tells_nothing(void **state)
{
	static char huge[100000];
	struct disk_facts facts;

	memset(huge, '7', sizeof(huge));
	make_sda();
	fake_attr(SDA, "size", "99999999999999999999\n");
	fake_attr(SDA, "ro", "maybe\n");
	fake_bytes("sys/" SDA "/device/model", huge, sizeof(huge));
	fake_bytes("sys/" SDA "/device/vendor", "\xff\x1b\0x", 4);
	fake_attr(SDA, "device/timeout", "-1\n");
	fake_attr(SDA, "device/type", "99\n");
	fake_attr(SDA, "device/state", "");
	fake_bytes("sys/" SDA "/device/vpd_pg83", "rubbish", 7);
	fake_bytes("sys/" SDA "/device/vpd_pg80", huge, sizeof(huge));
	assert_int_equal(look("sda", &facts), 0);
	assert_int_equal(facts.size_bytes, 0);
	assert_false(facts.read_only);
	assert_string_equal(facts.model, "");
	assert_string_equal(facts.vendor, "?? x");
	assert_int_equal(facts.timeout_s, -1);
	assert_int_equal(facts.scsi_type, -1);
	assert_string_equal(facts.designator, "");
	assert_string_equal(facts.serial, "");
	assert_string_equal(facts.wwid, "naa.5002030405060708");
	json_t *device = disk_json(&facts);
	assert_non_null(device);
	json_decref(device);
}

static void what_would_hang_or_loop_is_passed_by(void **state)
{
	struct disk_facts facts;

	make_sda();
	assert_int_equal(unlinkat(fake_root(), "sys/" SDA "/device/model", 0), 0);
	assert_int_equal(mkfifoat(fake_root(), "sys/" SDA "/device/model", 0644), 0);
	int fifo = openat(fake_root(), "sys/" SDA "/device/model", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(write(fifo, "no file", 7), 7);
	/* kept by a reader, and nobody writes any more: it reads like a file */
	int reader =
		openat(fake_root(), "sys/" SDA "/device/model", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	close(fifo);
	assert_int_equal(unlinkat(fake_root(), "sys/" SDA "/device/vendor", 0), 0);
	fake_link("sys/" SDA "/device/vendor", "vendor");
	assert_int_equal(unlinkat(fake_root(), "sys/" SDA "/device/wwid", 0), 0);
	fake_dir("sys/" SDA "/device/wwid");
	fake_link("dev/disk/by-id/loop", "loop");
	fake_link("dev/disk/by-id/up", "../..");
	fake_file("dev/disk/by-id/plain", "no link");
	assert_int_equal(look("sda", &facts), 0);
	close(reader);
	assert_string_equal(facts.model, "");
	assert_string_equal(facts.vendor, "");
	assert_string_equal(facts.wwid, "");
	assert_int_equal(facts.n_by_id, 2);
	fake_link("sys/class/block/sdx", "sdx");
	assert_int_equal(look("sdx", &facts), -ENODEV);
	fake_link("sys/class/block/sdy", "../../devices/gone");
	assert_int_equal(look("sdy", &facts), -ENODEV);
	fake_dir("sys/class/block/sdz"); /* going: its files have gone */
	assert_int_equal(look("sdz", &facts), -ENODEV);
}

static void lists_are_bounded(void **state)
{
	struct disk_facts facts;
	char path[128];

	make_sda();
	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), "sys/" SDA "/holders/x%02d", i);
		fake_dir(path);
		snprintf(path, sizeof(path), "dev/disk/by-id/a%02d", i);
		fake_link(path, "../../sda");
	}
	assert_int_equal(look("sda", &facts), 0);
	assert_int_equal(facts.n_by_id, DISK_LIST_MAX);
	assert_string_equal(facts.by_id[0], "a00");
	assert_int_equal(facts.n_holders, DISK_LIST_MAX);
	snprintf(path, sizeof(path), "sys/class/block/%0*d", DISK_NAME_BYTES, 7);
	fake_dir(path);
	assert_int_equal(look(path + strlen("sys/class/block/"), &facts), -ENODEV);
}

#define with_root(fn) cmocka_unit_test_setup_teardown(fn, fake_set_up, fake_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_root(a_disk_is_read),
		with_root(a_partition_has_its_disks_names),
		with_root(other_buses_keep_their_names_elsewhere),
		with_root(a_logical_volume_is_known_by_its_name),
		with_root(a_loop_device_is_identified_by_its_file),
		with_root(a_bare_system_has_no_disks),
		with_root(garbage_tells_nothing),
		with_root(what_would_hang_or_loop_is_passed_by),
		with_root(lists_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
