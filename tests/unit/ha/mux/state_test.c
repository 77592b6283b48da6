/* SPDX-License-Identifier: BSD-3-Clause */
/* state_test.c - a mux's adapters follow what its client shall have; whose word counts; a profile
 * that waits for a client's end. */
#include "ha/mux/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct state st;
static struct keep_ops ops;
static struct adapter_context ctx;
static struct client_note note;

static int no_used_idx(const struct vu_back *b, uint32_t ring, uint16_t *out, void *user)
{
	return -1;
}

static void want(const char *name, uint32_t id)
{
	struct model_adapter *a = &note.client.adapters[note.client.n_adapters++];

	*a = (struct model_adapter){.id = id, .profile = {1, UINT64_C(1) << 32, 0, 1, 256, 1500}};
	snprintf(a->name, sizeof(a->name), "%s", name);
}

static void want_scsi(const char *name, uint32_t id)
{
	want(name, id);
	note.client.adapters[note.client.n_adapters - 1].type = MODEL_SCSI;
}

/* A note begins: the next version, nothing in it. */
static void say(uint64_t version)
{
	memset(&note, 0, sizeof(note));
	note.present = true;
	note.version = version;
	memcpy(note.client.name, "lpar1", 6);
}

static bool take(void)
{
	const bool news = state_take(&st, &note);

	ops.n = 0;
	if (news)
		state_follow(&st, &ctx, 4096);
	return news;
}

static int set_up(void **state)
{
	static const struct model_frame frame = {
		.hang_ms = 50, .n_vios = 2, .vios = {{.name = "vios1"}, {.name = "vios2"}}};

	say(0);
	want("eth0", 1);
	memset(&ctx, 0, sizeof(ctx));
	memset(&st, 0, sizeof(st));
	ctx.ops = &ops;
	ctx.slots = &st.slots;
	ctx.used_idx = no_used_idx;
	ctx.now_ns = 1000000000;
	state_init(&st, &frame, "lpar1", &note.client);
	ops.n = 0;
	state_follow(&st, &ctx, 4096);
	return 0;
}

static struct adapter *find(const char *name)
{
	const int i = state_find_adapter(&st, name);

	return i < 0 ? NULL : &st.adapter[i];
}

/* Its owners are proven to be none. */
static void ends(const char *name)
{
	struct adapter *a = find(name);

	for (int v = 0; v < 2; v++)
		adapter_nobody(a, &ctx, v);
	assert_true(adapter_gone(a));
	state_free(&st, &ctx, (uint32_t)(a - st.adapter));
	state_follow(&st, &ctx, 4096);
}

static void an_adapter_comes_and_keeps_its_place(void **state)
{
	assert_int_equal(st.n_adapters, 1);
	ctx.control_up[0][0] = true;
	ctx.incarnation[0][0] = 0xa1;
	say(1);
	want("eth1", 2);
	want("eth0", 1);
	assert_true(take());
	assert_int_equal(st.n_adapters, 2);
	assert_int_equal(state_find_adapter(&st, "lpar1/eth0"), 0);
	assert_int_equal(state_find_adapter(&st, "lpar1/eth1"), 1);
	/* whoever had its rings in a former life is asked first */
	assert_int_equal(find("lpar1/eth1")->path[0].phase, SELECT_LOST);
	assert_int_equal(find("lpar1/eth1")->path[0].incarnation, 0xa1);
	assert_int_equal(find("lpar1/eth1")->path[1].incarnation, 0);
}

static void one_goes_when_nobody_owns_its_rings(void **state)
{
	say(1);
	want("eth1", 2);
	assert_true(take());
	assert_true(find("lpar1/eth0")->leaving);
	assert_false(adapter_gone(find("lpar1/eth0")));
	adapter_nobody(find("lpar1/eth0"), &ctx, 0);
	assert_false(adapter_gone(find("lpar1/eth0")));
	ends("lpar1/eth0");
	assert_null(find("lpar1/eth0"));
	assert_null(find("lpar1/"));
	assert_int_equal(state_find_adapter(&st, "lpar1/eth1"), 1); /* has not moved */
	say(2);
	want("eth1", 2);
	want("eth2", 3);
	assert_true(take());
	assert_int_equal(state_find_adapter(&st, "lpar1/eth2"), 0); /* the free place */
	assert_int_equal(st.n_adapters, 2);
}

static void a_name_has_one_bearer_at_a_time(void **state)
{
	struct adapter *a = find("lpar1/eth0");

	a->start = 9000;
	say(1);
	want("eth0", 7);
	assert_true(take());
	assert_int_equal(st.n_adapters, 1);
	assert_int_equal(a->config.id, 1);
	ends("lpar1/eth0");
	a = find("lpar1/eth0");
	assert_int_equal(a->config.id, 7);
	assert_false(a->leaving);
	assert_true(a->start > 9000); /* no data plane has released it already */
}

static void one_that_is_wanted_again_stays(void **state)
{
	say(1);
	assert_true(take());
	assert_true(find("lpar1/eth0")->leaving);
	say(2);
	want("eth0", 1);
	assert_true(take());
	assert_false(find("lpar1/eth0")->leaving);
}

static void there_are_sixteen_places(void **state)
{
	char name[8];

	say(1);
	for (uint32_t i = 0; i < MODEL_ADAPTERS_MAX; i++) {
		snprintf(name, sizeof(name), "e%u", i);
		want(name, 100 + i);
	}
	assert_true(take());
	assert_int_equal(st.n_adapters, MODEL_ADAPTERS_MAX);
	assert_null(find("lpar1/e15")); /* eth0 still has a place */
	ends("lpar1/eth0");
	assert_non_null(find("lpar1/e15"));
}

static void the_highest_epoch_and_version_count(void **state)
{
	say(5);
	note.epoch = 2;
	assert_true(take());
	assert_false(take());
	say(4);
	note.epoch = 2;
	assert_false(take());
	say(9);
	note.epoch = 1;
	assert_false(take());
	say(0);
	note.epoch = 3;
	want("eth0", 1);
	assert_true(take());
	assert_int_equal(st.wanted.n_adapters, 1);
	note.present = false;
	note.version = 1;
	note.client.n_adapters = 0;
	assert_true(take());
	assert_false(st.waiting); /* it was there: not one that never was */
}

static void a_client_nobody_knows_is_waited_for(void **state)
{
	static const struct model_frame frame = {.n_vios = 1, .vios = {{.name = "vios1"}}};

	state_init(&st, &frame, "lpar1", NULL);
	assert_true(st.waiting && st.set_up);
	say(0);
	want("eth0", 1);
	assert_true(take());
	assert_false(st.waiting);
}

static void a_profile_waits_for_its_client(void **state)
{
	struct adapter *a = find("lpar1/eth0");

	adapter_client_opened(a, &ctx, 5);
	say(1);
	want("eth0", 1);
	note.client.adapters[0].profile =
		(struct model_profile){7, UINT64_C(1) << 32, 0, 4, 512, 1400};
	memcpy(note.client.adapters[0].preferred, "vios2", 6);
	assert_true(take());
	assert_true(adapter_pending(a));
	assert_int_equal(a->preferred, 1); /* at once */
	assert_int_equal(a->config.profile.ring_size, 512);
	assert_int_equal(a->config.profile.mtu, 1500); /* was agreed: not less */
	assert_int_equal(a->config.profile.queue_pairs, 1);
	assert_int_equal(a->session.device.n_rings, 2);
	adapter_client_closed(a, &ctx);
	assert_false(adapter_pending(a));
	assert_int_equal(a->config.profile.queue_pairs, 4);
	assert_int_equal(a->config.profile.mtu, 1400);
	assert_int_equal(a->session.device.n_rings, 8);
	/* without a client, and without anything that a client could notice, at once */
	say(2);
	want("eth0", 1);
	assert_true(take());
	assert_false(adapter_pending(a));
	assert_int_equal(a->config.profile.queue_pairs, 1);
	adapter_client_opened(a, &ctx, 5);
	say(3);
	want("eth0", 1);
	note.client.adapters[0].profile.version = 9;
	assert_true(take());
	assert_false(adapter_pending(a));
	assert_int_equal(a->config.profile.version, 9);
}

static void an_hba_has_data_planes_of_its_own(void **state)
{
	const struct adapter *hba;

	ctx.control_up[0][0] = true;
	ctx.incarnation[0][0] = 0xa1;
	say(1);
	want("eth0", 1);
	want_scsi("scsi0", 2);
	assert_true(take());
	hba = find("lpar1/scsi0");
	assert_int_equal(find("lpar1/eth0")->plane, 0);
	assert_int_equal(hba->plane, 2);
	assert_int_equal(hba->session.device.n_rings, 3);
	assert_int_equal(hba->path[0].incarnation, 0); /* the netd's hello is nothing to it */
	assert_int_equal(state_find_plane(&st, NULL), 0);
	assert_int_equal(state_find_plane(&st, "lpar1/scsi0"), 2);
	assert_int_equal(state_find_plane(&st, "lpar1/eth0"), -1);
	assert_int_equal(state_find_plane(&st, "lpar2/scsi0"), -1);
	/* they end with it */
	st.plane[2][0].pidfd = keep_slot_alloc(&st.slots);
	st.plane[2][0].incarnation = 0xb1;
	say(2);
	want("eth0", 1);
	assert_true(take());
	ends("lpar1/scsi0");
	assert_int_equal(st.plane[2][0].pidfd, -1);
	assert_int_equal(st.plane[2][0].incarnation, 0);
	assert_int_equal(st.slots.used[0], 0);
	/* one with its name that is of another type is another adapter */
	say(3);
	want("scsi0", 3);
	want("eth0", 1);
	assert_true(take());
	assert_int_equal(find("lpar1/scsi0")->plane, 0);
}

static void others_hear_what_is_so(void **state)
{
	struct adapter_status s, again;
	struct adapter *a = &st.adapter[0];

	a->path[0].phase = SELECT_REFUSED;
	a->path[1].phase = SELECT_LIVE;
	a->path[1].incarnation = 77;
	a->path[1].state = MODEL_PATH_STANDBY;
	a->path[1].generation = 5;
	a->path[1].reason[0] = '\0';
	state_status(&st, 0, &s);
	assert_string_equal(s.adapter, "lpar1/eth0");
	assert_int_equal(s.id, 1);
	assert_int_equal(s.live, 1);
	assert_int_equal(s.incarnation, 77);
	assert_int_equal(s.paths[0].phase, ADAPTER_PHASE_REFUSED);
	assert_true(s.paths[0].known && s.paths[0].reason[0]);
	assert_int_equal(s.paths[1].state, MODEL_PATH_STANDBY);
	assert_int_equal(s.paths[1].generation, 5);
	/* What was in a reason's place before is not seen. */
	memset(a->path[1].reason, 'x', 20);
	a->path[1].reason[0] = '\0';
	state_status(&st, 0, &again);
	assert_memory_equal(&s, &again, sizeof(s));
	a->path[1].phase = SELECT_STOPPING;
	state_status(&st, 0, &s);
	assert_int_equal(s.live, -1);
	assert_int_equal(s.incarnation, 0);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_adapter_comes_and_keeps_its_place),
		TEST(one_goes_when_nobody_owns_its_rings),
		TEST(a_name_has_one_bearer_at_a_time),
		TEST(one_that_is_wanted_again_stays),
		TEST(there_are_sixteen_places),
		TEST(the_highest_epoch_and_version_count),
		TEST(a_client_nobody_knows_is_waited_for),
		TEST(a_profile_waits_for_its_client),
		TEST(an_hba_has_data_planes_of_its_own),
		TEST(others_hear_what_is_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
