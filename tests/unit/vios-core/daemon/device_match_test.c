/* SPDX-License-Identifier: BSD-3-Clause */
/* device_match_test.c - a device that clients have, as two VIOS see it later. */
#include "vios-core/daemon/device_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct config_backing b;
static struct mapping_look looks[2];
static char why[DEVICE_MATCH_WHY];
static int wrong;

static int setup(void **state)
{
	b = (struct config_backing){.name = "hdisk1",
		.n_paths = 2,
		.paths = {
			{.vios = "vios1", .path = "/dev/a"}, {.vios = "vios2", .path = "/dev/b"}}};
	for (unsigned i = 0; i < 2; i++)
		looks[i] = (struct mapping_look){.told = true,
			.size_bytes = 1 << 20,
			.block_bytes = 512,
			.wwid = "naa.6001",
			.identity = "wwid naa.6001",
			.sample = "00"};
	strcpy(looks[0].node, "8:0");
	strcpy(looks[1].node, "8:16");
	return 0;
}

static enum device_match match(void)
{
	return device_match(&b, looks, &wrong, why);
}

static void one_device(void **state)
{
	assert_int_equal(match(), DEVICE_SAME);
	strcpy(b.wwid, "naa.6001");
	assert_int_equal(match(), DEVICE_SAME);
	/* what may be otherwise while it is in use */
	looks[1].size_bytes = 2 << 20;
	strcpy(looks[1].sample, "01");
	assert_int_equal(match(), DEVICE_SAME);
	strcpy(looks[1].node, "8:0");
	looks[0].identity[0] = '\0';
	assert_int_equal(match(), DEVICE_SAME);
}

static void two_devices(void **state)
{
	strcpy(looks[1].identity, "wwid naa.6002");
	assert_int_equal(match(), DEVICE_DIFFERS);
	assert_int_equal(wrong, -1);
	assert_non_null(strstr(why, "hdisk1 is not one device"));
	assert_non_null(strstr(why, "naa.6002"));
	strcpy(looks[1].wwid, "naa.6002");
	strcpy(b.wwid, "naa.6001");
	assert_int_equal(match(), DEVICE_DIFFERS);
	assert_int_equal(wrong, 1);
	assert_non_null(strstr(why, "/dev/b in vios2 is naa.6002"));
	strcpy(b.wwid, "naa.6002");
	assert_int_equal(match(), DEVICE_DIFFERS);
	assert_int_equal(wrong, 0);
	setup(NULL);
	looks[1].block_bytes = 4096;
	assert_int_equal(match(), DEVICE_DIFFERS);
	setup(NULL);
	looks[0].identity[0] = looks[1].identity[0] = '\0';
	b.read_only = true;
	assert_int_equal(match(), DEVICE_SAME);
	strcpy(looks[1].sample, "01");
	assert_int_equal(match(), DEVICE_DIFFERS);
}

static void nobody_can_tell(void **state)
{
	looks[0].identity[0] = '\0'; /* written: data says nothing */
	assert_int_equal(match(), DEVICE_UNKNOWN);
	setup(NULL);
	looks[1].told = false;
	assert_int_equal(match(), DEVICE_UNKNOWN);
	setup(NULL);
	strcpy(looks[0].fault, "cannot be opened");
	assert_int_equal(match(), DEVICE_UNKNOWN);
	setup(NULL);
	strcpy(b.repository, "/var/vio");
	assert_int_equal(match(), DEVICE_UNKNOWN);
	setup(NULL);
	b.n_paths = 1;
	assert_int_equal(match(), DEVICE_UNKNOWN);
}

static void who_is_kept_away(void **state)
{
	/* the wrong one, whoever has the client */
	assert_true(device_match_keeps_away(0, 0, 1, 1));
	assert_false(device_match_keeps_away(1, 0, 1, 0));
	/* who has not got it */
	assert_true(device_match_keeps_away(-1, 0, 0, 1));
	assert_false(device_match_keeps_away(-1, 0, 0, 0));
	assert_true(device_match_keeps_away(-1, 1, 1, 0));
	/* one of the two */
	assert_false(device_match_keeps_away(-1, 0, 0, -1));
	assert_true(device_match_keeps_away(-1, 1, 1, -1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_device, setup),
		cmocka_unit_test_setup(two_devices, setup),
		cmocka_unit_test_setup(nobody_can_tell, setup),
		cmocka_unit_test(who_is_kept_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
