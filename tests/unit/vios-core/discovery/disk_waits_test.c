/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * disk_waits_test.c - what a lost path costs, out of trees as FC, iSCSI, NVMe and maps over them
 * have them; and the features of a multipath table. One thread, a root of its own in /tmp.
 */
#include "tests/unit/vios-core/discovery/fake_root.h"
#include "vios-core/discovery/disk_scan.h"
#include "vios-core/discovery/mpath.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RPORT "devices/pci/host0/rport-0:0-0"
#define SDA RPORT "/target0:0:0/0:0:0:0/block/sda"
#define SESSION "devices/platform/host3/session1"
#define SDB SESSION "/target3:0:0/3:0:0:0/block/sdb"
#define DM "devices/virtual/block/dm-0"
#define LV "devices/virtual/block/dm-1"

static struct disk_facts facts;

static void look(const char *name, unsigned minor)
{
	char number[64], target[128];

	snprintf(number, sizeof(number), "sys/dev/block/8:%u", minor);
	snprintf(target, sizeof(target), "../../class/block/%s", name);
	fake_link(number, target);
	assert_int_equal(disk_scan_number(fake_root(), 8, minor, &facts), 0);
	assert_string_equal(facts.name, name);
}

static void make_fc(const char *fast, const char *loss)
{
	fake_block("sda", SDA, "2048\n");
	fake_link("sys/" SDA "/device", "../../../0:0:0:0");
	fake_attr(RPORT, "target0:0:0/0:0:0:0/timeout", "30\n");
	fake_attr(RPORT, "fc_remote_ports/rport-0:0-0/fast_io_fail_tmo", fast);
	fake_attr(RPORT, "fc_remote_ports/rport-0:0-0/dev_loss_tmo", loss);
}

static void make_iscsi(const char *recovery)
{
	fake_block("sdb", SDB, "2048\n");
	fake_link("sys/" SDB "/device", "../../../3:0:0:0");
	fake_attr(SESSION, "target3:0:0/3:0:0:0/timeout", "120\n");
	fake_attr(SESSION, "iscsi_session/session1/recovery_tmo", recovery);
}

static size_t warnings(const char *first)
{
	json_t *list = disk_warnings(&facts);
	size_t n = json_array_size(list);

	if (first)
		assert_non_null(strstr(json_string_value(json_array_get(list, 0)), first));
	json_decref(list);
	return n;
}

static void fc_fails_fast_or_when_the_port_is_given_up(void **state)
{
	make_fc("5\n", "600\n");
	look("sda", 0);
	assert_int_equal(facts.timeout_s, 30);
	assert_int_equal(facts.lost_s, 5);
	assert_string_equal(facts.lost_by, "fast_io_fail_tmo");
	assert_int_equal(warnings(NULL), 0);
}

static void fc_without_fast_fail(void **state)
{
	make_fc("off\n", "600\n");
	look("sda", 0);
	assert_int_equal(facts.lost_s, 600);
	assert_string_equal(facts.lost_by, "dev_loss_tmo");
	assert_int_equal(warnings("a lost path is waited for 600 s"), 1);
}

static void fc_for_ever(void **state)
{
	make_fc("off\n", "2147483647\n"); /* dev_loss_tmo infinity */
	look("sda", 0);
	assert_true(facts.lost_s == DISK_FOR_EVER);
	assert_int_equal(warnings("without limit"), 1);
}

static void iscsi(void **state)
{
	make_iscsi("-1\n");
	look("sdb", 1);
	assert_int_equal(facts.timeout_s, 120);
	assert_true(facts.lost_s == DISK_FOR_EVER);
	assert_string_equal(facts.lost_by, "recovery_tmo");
	assert_int_equal(warnings("may take 120 s"), 2);
}

static void nvme(void **state)
{
	fake_block("nvme0n1", "devices/pci/nvme/nvme0/nvme0n1", "2048\n");
	fake_attr("devices/pci/nvme/nvme0/nvme0n1", "device/ctrl_loss_tmo", "1800\n");
	fake_attr("devices/pci/nvme/nvme0/nvme0n1", "device/fast_io_fail_tmo", "off\n");
	look("nvme0n1", 2);
	assert_int_equal(facts.lost_s, 1800);
	assert_string_equal(facts.lost_by, "ctrl_loss_tmo");
}

/* A volume on a map of two paths has the worse one's times. */
static void maps_have_the_worst(void **state)
{
	make_fc("5\n", "600\n");
	make_iscsi("90\n");
	fake_block("dm-0", DM, "2048\n");
	fake_attr(DM, "dm/name", "mpatha\n");
	fake_attr(DM, "dm/uuid", "mpath-36001\n");
	fake_file("dev/mapper/control", ""); /* not the kernel's: it tells nothing */
	fake_dir("sys/" DM "/slaves");
	fake_link("sys/" DM "/slaves/sda", "../../../../../" SDA);
	fake_link("sys/" DM "/slaves/sdb", "../../../../../" SDB);
	fake_block("dm-1", LV, "2048\n");
	fake_dir("sys/" LV "/slaves");
	fake_link("sys/" LV "/slaves/dm-0", "../../dm-0");
	look("dm-1", 3);
	assert_int_equal(facts.timeout_s, 120);
	assert_int_equal(facts.lost_s, 90);
	assert_string_equal(facts.lost_by, "recovery_tmo");
	assert_false(facts.queues);
	facts.queues = true;
	assert_int_equal(warnings("queue_if_no_path"), 3);
}

/* What lies on itself ends somewhere. */
static void loops_end(void **state)
{
	fake_block("dm-0", DM, "2048\n");
	fake_link("sys/" DM "/slaves/dm-0", "../../dm-0");
	look("dm-0", 0);
	assert_int_equal(facts.lost_s, -1);
	assert_int_equal(facts.timeout_s, -1);
}

static void garbage(void **state)
{
	make_fc("soon\n", "99999999999\n");
	look("sda", 0);
	assert_int_equal(facts.lost_s, -1);
	assert_int_equal(disk_scan_number(fake_root(), 9, 9, &facts), -ENODEV);
}

static bool queues(const char *params)
{
	return mpath_queues(params, strlen(params));
}

static void features_of_a_table(void **state)
{
	assert_true(queues("1 queue_if_no_path 1 alua 2 1 service-time 0 1 2 8:0 1 1"));
	assert_true(queues("3 retain_attached_hw_handler queue_mode queue_if_no_path 0 0"));
	assert_true(queues("  2  pg_init_retries   queue_if_no_path"));
	assert_false(queues("0 1 alua 1 1 queue_if_no_path"));
	assert_false(queues("1 retain_attached_hw_handler queue_if_no_path"));
	assert_false(queues("1 queue_if_no_paths"));
	assert_false(queues("1"));
	assert_false(queues(""));
	assert_false(queues("x queue_if_no_path"));
	assert_false(queues("65 queue_if_no_path"));
	assert_false(queues("99999999999999999999 queue_if_no_path"));
	assert_false(mpath_queues("1 queue_if_no_path", 12)); /* not terminated */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			fc_fails_fast_or_when_the_port_is_given_up, fake_set_up, fake_tear_down),
		cmocka_unit_test_setup_teardown(fc_without_fast_fail, fake_set_up, fake_tear_down),
		cmocka_unit_test_setup_teardown(fc_for_ever, fake_set_up, fake_tear_down),
		cmocka_unit_test_setup_teardown(iscsi, fake_set_up, fake_tear_down),
		cmocka_unit_test_setup_teardown(nvme, fake_set_up, fake_tear_down),
		cmocka_unit_test_setup_teardown(maps_have_the_worst, fake_set_up, fake_tear_down),
		cmocka_unit_test_setup_teardown(loops_end, fake_set_up, fake_tear_down),
		cmocka_unit_test_setup_teardown(garbage, fake_set_up, fake_tear_down),
		cmocka_unit_test(features_of_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
