/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests of vu_profile.c: what a client is offered, and what its back ends must have for it. */
#include "vios-core/vhostuser/vu_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct model_adapter eth = {.type = MODEL_ETHERNET,
	.profile = {.virtio_features = 0x100000001,
		.protocol_features = 0x8,
		.queue_pairs = 2,
		.ring_size = 512,
		.mtu = 9000}};

static const struct model_adapter scsi = {.type = MODEL_SCSI,
	.profile = {.virtio_features = 0x100000006,
		.protocol_features = 0x8 | 1u << VU_PROTOCOL_INFLIGHT_SHMFD,
		.queue_pairs = 4,
		.ring_size = 128,
		.mtu = 1500}};

static void the_client_is_offered_all_of_it(void **state)
{
	struct vu_back_offer offer = vu_profile_offer(&eth);

	assert_int_equal(offer.virtio_features, 0x100000001);
	assert_int_equal(offer.protocol_features, 0x8);
	assert_int_equal(offer.queues, 2);
	assert_int_equal(offer.ring_size_max, 512);
	assert_int_equal(offer.mtu_max, 9000);
	assert_int_equal(offer.drained_rings & 0xf, 0xa); /* 0 receives, 1 transmits, ... */
	assert_int_equal(offer.config_bytes, 0);
	assert_int_equal(vu_profile_rings(MODEL_ETHERNET, &eth.profile), 4);
}

static void an_hba_is_one_whatever_its_profile_lists(void **state)
{
	struct vu_back_offer offer = vu_profile_offer(&scsi);

	assert_int_equal(offer.virtio_features, 0x100000006);
	assert_int_equal(
		offer.protocol_features, 0x8 | 1u << VU_PROTOCOL_MQ | 1u << VU_PROTOCOL_CONFIG);
	assert_int_equal(offer.queues, 6); /* control, event, four for requests */
	assert_int_equal(vu_profile_rings(MODEL_SCSI, &scsi.profile), 6);
	assert_int_equal(offer.ring_size_max, 128);
	assert_int_equal(offer.mtu_max, 0);
	assert_int_equal(offer.drained_rings, 0);
}

static uint32_t config32(const struct vu_back_offer *offer, unsigned at)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++)
		value |= (uint32_t)offer->config[at + i] << 8 * i;
	return value;
}

static void an_hba_has_a_configuration_space(void **state)
{
	/* virtio 1.2, 5.6.4; channel and target are both 0 */
	static const uint32_t expected[] = {4, 126, 8192, 128, 16, 96, 32, 0, 255};
	struct vu_back_offer offer = vu_profile_offer(&scsi);

	assert_int_equal(offer.config_bytes, sizeof(expected));
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(config32(&offer, 4 * i), expected[i]);
}

static void a_back_end_needs_mq_for_more_than_one_pair(void **state)
{
	struct model_adapter one = eth;
	struct vu_front_want want = vu_profile_want(&eth);

	assert_int_equal(want.virtio_features, 0x100000001);
	assert_int_equal(want.protocol_features, 0x8 | 1u << VU_PROTOCOL_MQ);
	assert_int_equal(want.queues, 2);
	one.profile.queue_pairs = 1;
	assert_int_equal(vu_profile_want(&one).protocol_features, 0x8);
}

static void a_target_needs_the_region_of_requests_in_flight(void **state)
{
	struct model_adapter one = scsi;
	struct vu_front_want want;

	one.profile.queue_pairs = 1;
	one.profile.protocol_features = 0x8;
	want = vu_profile_want(&one);
	assert_int_equal(want.protocol_features,
		0x8 | 1u << VU_PROTOCOL_MQ | 1u << VU_PROTOCOL_INFLIGHT_SHMFD);
	assert_int_equal(want.queues, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_client_is_offered_all_of_it),
		cmocka_unit_test(an_hba_is_one_whatever_its_profile_lists),
		cmocka_unit_test(an_hba_has_a_configuration_space),
		cmocka_unit_test(a_target_needs_the_region_of_requests_in_flight),
		cmocka_unit_test(a_back_end_needs_mq_for_more_than_one_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
