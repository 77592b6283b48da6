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

static void the_client_is_offered_all_of_it(void **state)
{
	struct model_adapter scsi = eth;
	struct vu_back_offer offer = vu_profile_offer(&eth);

	assert_int_equal(offer.virtio_features, 0x100000001);
	assert_int_equal(offer.protocol_features, 0x8);
	assert_int_equal(offer.queues, 2);
	assert_int_equal(offer.ring_size_max, 512);
	assert_int_equal(offer.mtu_max, 9000);
	assert_int_equal(offer.drained_rings & 0xf, 0xa); /* 0 receives, 1 transmits, ... */
	scsi.type = MODEL_SCSI;
	assert_int_equal(vu_profile_offer(&scsi).drained_rings, 0);
}

static void a_back_end_needs_mq_for_more_than_one_pair(void **state)
{
	struct model_profile one = eth.profile;
	struct vu_front_want want = vu_profile_want(&eth.profile);

	assert_int_equal(want.virtio_features, 0x100000001);
	assert_int_equal(want.protocol_features, 0x8 | 1u << VU_PROTOCOL_MQ);
	assert_int_equal(want.queues, 2);
	one.queue_pairs = 1;
	assert_int_equal(vu_profile_want(&one).protocol_features, 0x8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_client_is_offered_all_of_it),
		cmocka_unit_test(a_back_end_needs_mq_for_more_than_one_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
