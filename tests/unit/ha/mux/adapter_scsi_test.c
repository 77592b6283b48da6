/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapter_scsi_test.c - what is different about an adapter of type scsi: the region of requests in
 * flight, and how long a target may take to let go of its rings.
 */
#include "tests/unit/ha/mux/adapter_fixture.h"

#include "vios-core/vhostuser/vu_inflight.h"

#define REGION 600 /* slot */

static int set_up_scsi(void **state)
{
	struct model_adapter config = {.name = "scsi0",
		.type = MODEL_SCSI,
		.id = 8,
		.profile = {
			.virtio_features = UINT64_C(1) << 32, .queue_pairs = 1, .ring_size = 256}};

	set_up(state);
	adapter_init(&a, &config, HANG_MS, 2, 0, START);
	a.region = REGION;
	return 0;
}

/* How often this step clears a ring's part of the region, always before the ring is started. */
static unsigned cleared(uint32_t ring)
{
	const uint64_t part = vu_inflight_part_bytes(VU_INFLIGHT_KEPT_SIZE);
	const uint64_t expected[2] = {ring * part, part};
	bool kicked = false;
	unsigned n = 0;

	for (uint32_t i = 0; i < ops.n; i++) {
		const struct keep_op *op = &ops.op[i];
		uint32_t request = 0;

		if (op->kind == KEEP_SEND)
			memcpy(&request, op->bytes, sizeof(request));
		kicked |= request == VU_SET_VRING_KICK && op->bytes[VU_HEADER_BYTES] == ring;
		if (op->kind != KEEP_ZERO || memcmp(op->bytes, expected, sizeof(expected)) != 0)
			continue;
		assert_int_equal(op->slot, REGION);
		assert_false(kicked);
		n++;
	}
	return n;
}

static void kick(uint32_t ring)
{
	struct vu_msg m;

	vu_msg_vring_fd(&m, VU_SET_VRING_KICK, ring, keep_slot_alloc(&slots));
	assert_int_equal(adapter_client_message(&a, step(), &m), VU_OK);
}

/* The client stops its rings, the live path lets go of them. */
static void stop_all(void)
{
	for (uint32_t i = 0; i < 2; i++) {
		say_state(VU_GET_VRING_BASE, i, 0);
		settle_planes();
		for (int p = 0; p < 2; p++)
			if (select_owns(a.path[p].phase))
				adapter_released(&a, step(), p, a.path[p].start);
		settle_planes();
		assert_int_equal(a.session.owed.request, 0);
	}
	assert_int_equal(route_owner(&a), -1);
}

static void a_path_is_told_the_region_before_it_is_ready(void **state)
{
	const struct keep_op *op = NULL;

	path_comes(0);
	client_comes();
	ctx.control_up[0][1] = true;
	adapter_control_up(&a, step(), 1);
	adapter_released(&a, step(), 1, a.path[1].start);
	adapter_path_connected(&a, step(), 1, PLANE(1));
	while (!op && vu_feed_awaits(&a.path[1].feed) > 0) {
		answer_one(1);
		op = sent(PLANE(1), VU_SET_INFLIGHT_FD, 0);
	}
	assert_non_null(op);
	assert_int_equal(op->n_fds, 1);
	assert_int_equal(op->slots[0], REGION);
	assert_int_equal(a.path[1].phase, SELECT_PRIMING);
	answer_all(1);
	assert_int_equal(a.path[1].phase, SELECT_READY);
}

static void a_successor_finds_what_was_in_flight(void **state)
{
	uint32_t base[2];

	all_up();
	used[0] = 77;
	adapter_died(&a, step(), 0, 0xa1);
	assert_int_equal(adapter_live(&a), 1);
	assert_int_equal(cleared(0) + cleared(1), 0);
	memcpy(base, sent(PLANE(1), VU_SET_VRING_BASE, 0)->bytes + VU_HEADER_BYTES, 8);
	assert_int_equal(base[1], 77);
	assert_null(sent(PLANE(1), VU_SET_INFLIGHT_FD, 0)); /* it knows it */
}

static void a_client_that_goes_on_keeps_it(void **state)
{
	all_up();
	used[0] = 77;
	stop_all();
	say_state(VU_SET_VRING_BASE, 0, 77);
	kick(0);
	assert_int_equal(adapter_live(&a), 0);
	assert_int_equal(cleared(0), 0);
}

static void a_driver_that_begins_anew_does_not(void **state)
{
	static const uint32_t bases[] = {0, 76};

	for (unsigned i = 0; i < 2; i++) {
		set_up_scsi(state);
		all_up();
		used[0] = 77;
		stop_all();
		say_state(VU_SET_VRING_BASE, 0, bases[i]);
		kick(0);
		assert_int_equal(cleared(0), 1);
		assert_int_equal(cleared(1), 0);
		/* once: what its next owner finds there is its own */
		adapter_died(&a, step(), 0, 0xa1);
		assert_int_equal(adapter_live(&a), 1);
		assert_int_equal(cleared(0), 0);
	}
}

static void nor_does_another_client(void **state)
{
	all_up();
	used[0] = used[1] = 77;
	adapter_client_closed(&a, step());
	settle_planes();
	adapter_released(&a, step(), 0, a.path[0].start);
	settle_planes();
	assert_int_equal(route_owner(&a), -1);
	a.path[1].state =
		MODEL_PATH_UNAVAILABLE; /* so that the rings start in the step that is seen */
	mute[0] = true;
	client_comes();
	assert_int_equal(adapter_live(&a), -1);
	while (adapter_live(&a) < 0 && a.path[0].phase != SELECT_READY) {
		if (a.path[0].phase == SELECT_ABSENT)
			adapter_path_connected(&a, step(), 0, PLANE(0));
		answer_one(0);
	}
	assert_int_equal(adapter_live(&a), 0);
	assert_int_equal(cleared(0), 1);
	assert_int_equal(cleared(1), 1);
}

static void a_disk_may_take_its_time(void **state)
{
	all_up();
	mute[0] = true;
	say_state(VU_GET_VRING_BASE, 0, 0);
	assert_int_equal(a.path[0].phase, SELECT_STOPPING);
	pass_ms(LIMIT_MS + 1);
	assert_int_equal(a.path[0].phase, SELECT_STOPPING);
	pass_ms(PATH_DISK_GRACE_MS);
	assert_int_equal(a.path[0].phase, SELECT_LOST);
}

#define SCSI(name) cmocka_unit_test_setup(name, set_up_scsi)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCSI(a_path_is_told_the_region_before_it_is_ready),
		SCSI(a_successor_finds_what_was_in_flight),
		SCSI(a_client_that_goes_on_keeps_it),
		SCSI(a_driver_that_begins_anew_does_not),
		SCSI(nor_does_another_client),
		SCSI(a_disk_may_take_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
