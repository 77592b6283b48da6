/* SPDX-License-Identifier: BSD-3-Clause */
/* features_test.c - the white list against virtio's and vhost-user's numbers, written down a second
 * time. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vios-core/model/features.h"

#define BIT(n) (UINT64_C(1) << (n))
#define RING (BIT(27) | BIT(28) | BIT(29) | BIT(32))

static void test_white_list(void **state)
{
	uint64_t net = RING | BIT(0) | BIT(1) | BIT(3) | BIT(5) | BIT(7) | BIT(8) | BIT(11) |
		       BIT(12) | BIT(15) | BIT(16) | BIT(17) | BIT(21) | BIT(22);

	assert_true(features_allowed(FEATURE_VIRTIO_NET) == net);
	assert_true(features_allowed(FEATURE_VIRTIO_SCSI) == (RING | BIT(0) | BIT(1) | BIT(2)));
	assert_true(features_allowed(FEATURE_PROTOCOL) ==
		    (BIT(0) | BIT(2) | BIT(3) | BIT(4) | BIT(9) | BIT(12)));
}

static void test_defaults(void **state)
{
	uint64_t ring = BIT(28) | BIT(29) | BIT(32);

	assert_true(features_default(FEATURE_VIRTIO_NET) == (ring | BIT(15)));
	assert_true(features_default(FEATURE_VIRTIO_SCSI) == (ring | BIT(1) | BIT(2)));
	assert_true(features_default(FEATURE_PROTOCOL) == BIT(3));
}

static void test_never(void **state)
{
	static const char *const never[] = {"VIRTIO_F_RING_PACKED", "VIRTIO_F_RING_RESET",
		"VIRTIO_F_ACCESS_PLATFORM", "VIRTIO_F_IOMMU_PLATFORM", "VIRTIO_F_NOTIFICATION_DATA",
		"VIRTIO_F_ORDER_PLATFORM", "VIRTIO_F_IN_ORDER", "VIRTIO_F_NOTIFY_ON_EMPTY",
		"VHOST_F_LOG_ALL", "VHOST_USER_F_PROTOCOL_FEATURES"};
	static const char *const never_protocol[] = {"VHOST_USER_PROTOCOL_F_LOG_SHMFD",
		"VHOST_USER_PROTOCOL_F_BACKEND_REQ", "VHOST_USER_PROTOCOL_F_PAGEFAULT",
		"VHOST_USER_PROTOCOL_F_HOST_NOTIFIER", "VHOST_USER_PROTOCOL_F_RESET_DEVICE",
		"VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS", "VHOST_USER_PROTOCOL_F_STATUS"};

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		assert_int_equal(features_bit(FEATURE_VIRTIO_NET, never[i]), -EPERM);
		assert_int_equal(features_bit(FEATURE_VIRTIO_SCSI, never[i]), -EPERM);
	}
	for (size_t i = 0; i < sizeof(never_protocol) / sizeof(never_protocol[0]); i++)
		assert_int_equal(features_bit(FEATURE_PROTOCOL, never_protocol[i]), -EPERM);
	assert_int_equal(features_bit(FEATURE_VIRTIO_SCSI, "VIRTIO_SCSI_F_T10_PI"), -EPERM);
}

static void test_names(void **state)
{
	assert_int_equal(features_bit(FEATURE_VIRTIO_NET, "VIRTIO_NET_F_MTU"), 3);
	assert_int_equal(features_bit(FEATURE_VIRTIO_NET, "VIRTIO_RING_F_EVENT_IDX"), 29);
	assert_int_equal(features_bit(FEATURE_VIRTIO_NET, "VIRTIO_F_EVENT_IDX"), 29);
	assert_int_equal(features_bit(FEATURE_PROTOCOL, "VHOST_USER_PROTOCOL_F_REPLY_ACK"), 3);
	assert_int_equal(features_bit(FEATURE_VIRTIO_NET, "VIRTIO_SCSI_F_HOTPLUG"), -ENOENT);
	assert_int_equal(features_bit(FEATURE_VIRTIO_NET, ""), -ENOENT);
	assert_string_equal(features_name(FEATURE_VIRTIO_NET, 32), "VIRTIO_F_VERSION_1");
	assert_string_equal(features_name(FEATURE_VIRTIO_SCSI, 2), "VIRTIO_SCSI_F_CHANGE");
	assert_null(features_name(FEATURE_VIRTIO_NET, 50));
	assert_null(features_name(FEATURE_VIRTIO_NET, 200));
}

/* Every name is found, and a bit has one name, or two that mean the same. */
static void test_tables(void **state)
{
	for (int space = FEATURE_VIRTIO_NET; space <= FEATURE_PROTOCOL; space++) {
		const char *name;

		for (size_t i = 0; (name = features_nth(space, i)) != NULL; i++) {
			int bit = features_bit(space, name);

			assert_true(bit == -EPERM || (bit >= 0 && bit < 64));
			if (bit >= 0)
				assert_true(features_allowed(space) & BIT(bit));
		}
		assert_true((features_default(space) & ~features_allowed(space)) == 0);
	}
}

static void test_describe(void **state)
{
	char text[64];

	features_describe(FEATURE_VIRTIO_NET, BIT(0) | BIT(32) | BIT(50), text, sizeof(text));
	assert_string_equal(text, "VIRTIO_NET_F_CSUM, VIRTIO_F_VERSION_1, bit 50");
	features_describe(FEATURE_VIRTIO_NET, 0, text, sizeof(text));
	assert_string_equal(text, "");
	memset(text, 'x', sizeof(text));
	features_describe(FEATURE_VIRTIO_NET, UINT64_MAX, text, 10);
	assert_string_equal(text, "VIRTIO_NE");
	assert_int_equal(text[10], 'x');
	features_describe(FEATURE_VIRTIO_NET, UINT64_MAX, text, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_white_list),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_describe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
