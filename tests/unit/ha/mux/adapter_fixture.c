/* SPDX-License-Identifier: BSD-3-Clause */
/* adapter_fixture.c - the world around one adapter, as its tests need it. One thread. */
#include "tests/unit/ha/mux/adapter_fixture.h"

#include <errno.h>

#define F_ALL ((UINT64_C(1) << 32) | (UINT64_C(1) << VU_F_PROTOCOL_FEATURES))

struct adapter a;
struct keep_ops ops;
struct keep_slots slots;
struct adapter_context ctx;
uint16_t used[VU_RINGS_MAX];
bool memory_gone;
bool mute[SELECT_PATHS];

static int used_idx(const struct vu_back *b, uint32_t ring, uint16_t *out, void *user)
{
	if (memory_gone)
		return -ENODATA;
	*out = used[ring];
	return 0;
}

struct adapter_context *step(void)
{
	ops.n = 0;
	return &ctx;
}

void pass_ms(unsigned ms)
{
	ctx.now_ns += ADAPTER_MS(ms);
	adapter_tick(&a, step());
}

int set_up(void **state)
{
	struct model_adapter config = {.name = "eth0",
		.id = 7,
		.profile = {.virtio_features = UINT64_C(1) << 32,
			.protocol_features = UINT64_C(1) << VU_PROTOCOL_REPLY_ACK,
			.queue_pairs = 1,
			.ring_size = 256,
			.mtu = 1500}};

	memset(&slots, 0, sizeof(slots));
	memset(used, 0, sizeof(used));
	memory_gone = false;
	memset(mute, 0, sizeof(mute));
	ctx = (struct adapter_context){.now_ns = ADAPTER_MS(1000),
		.ops = &ops,
		.slots = &slots,
		.incarnation = {{0xa1, 0xa2}},
		.used_idx = used_idx};
	adapter_init(&a, &config, HANG_MS, 2, 0, START);
	return 0;
}

/* ---- what was sent ---- */

const struct keep_op *sent(int slot, uint32_t request, unsigned nth)
{
	for (uint32_t i = 0; i < ops.n; i++) {
		uint32_t got;

		if (ops.op[i].kind != KEEP_SEND || ops.op[i].slot != slot)
			continue;
		memcpy(&got, ops.op[i].bytes, 4);
		if (got == request && nth-- == 0)
			return &ops.op[i];
	}
	return NULL;
}

bool dropped(int slot)
{
	for (uint32_t i = 0; i < ops.n; i++)
		if (ops.op[i].kind == KEEP_DROP && ops.op[i].slot == slot)
			return true;
	return false;
}

unsigned signalled(int slot)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < ops.n; i++)
		n += ops.op[i].kind == KEEP_SIGNAL && ops.op[i].slot == slot;
	return n;
}

/* ---- the data planes ---- */

void answer(int p, uint32_t request, uint64_t value)
{
	struct vu_msg m;

	if (request == VU_GET_VRING_BASE)
		vu_msg_state(&m, request, (uint32_t)value, 0);
	else
		vu_msg_u64(&m, request, value);
	vu_msg_make_reply(&m);
	adapter_path_message(&a, step(), p, &m);
}

void answer_one(int p)
{
	const struct vu_front *f = &a.path[p].feed.front;
	const struct vu_front_awaited *w = &f->awaited[f->first];
	uint64_t value = 0;

	if (w->request == VU_GET_FEATURES)
		value = F_ALL;
	else if (w->request == VU_GET_PROTOCOL_FEATURES)
		value = 0xffff;
	else if (w->request == VU_GET_QUEUE_NUM)
		value = 8;
	else if (w->request == VU_GET_VRING_BASE)
		value = w->ring;
	answer(p, w->request, value);
}

void answer_all(int p)
{
	while (vu_feed_awaits(&a.path[p].feed) > 0)
		answer_one(p);
}

void path_comes(int p)
{
	ctx.control_up[0][p] = true;
	adapter_control_up(&a, step(), p);
	if (a.path[p].phase == SELECT_LOST)
		adapter_released(&a, step(), p, a.path[p].start);
	adapter_path_connected(&a, step(), p, PLANE(p));
	answer_all(p);
	assert_int_equal(a.path[p].phase, SELECT_READY);
}

/* ---- the client ---- */

static enum vu_fault say(struct vu_msg *m)
{
	m->flags |= VU_FLAG_NEED_REPLY;
	return adapter_client_message(&a, step(), m);
}

void say_u64(uint32_t request, uint64_t value)
{
	struct vu_msg m;

	vu_msg_u64(&m, request, value);
	assert_int_equal(say(&m), VU_OK);
}

void say_state(uint32_t request, uint32_t ring, uint32_t value)
{
	struct vu_msg m;

	vu_msg_state(&m, request, ring, value);
	assert_int_equal(say(&m), VU_OK);
}

static void say_fd(uint32_t request, uint32_t ring)
{
	struct vu_msg m;

	vu_msg_vring_fd(&m, request, ring, keep_slot_alloc(&slots));
	assert_int_equal(say(&m), VU_OK);
}

void say_memory(uint64_t bytes)
{
	struct vu_mem_table table = {1, {{0, bytes, 0x10000, 0}}};
	struct vu_msg m;
	int slot = keep_slot_alloc(&slots);

	vu_msg_mem_table(&m, &table, &slot);
	assert_int_equal(say(&m), VU_OK);
}

void settle_planes(void)
{
	for (int p = 0; p < 2; p++)
		if (!mute[p])
			answer_all(p);
}

void client_comes(void)
{
	adapter_client_opened(&a, step(), CLIENT);
	say_u64(VU_SET_PROTOCOL_FEATURES, UINT64_C(1) << VU_PROTOCOL_REPLY_ACK);
	say_u64(VU_SET_FEATURES, F_ALL);
	say_memory(1 << 20);
	for (uint32_t i = 0; i < 2; i++) {
		struct vu_vring_addr addr = {.index = i,
			.desc = 0x10000 + i * 0x8000,
			.avail = 0x12000 + i * 0x8000,
			.used = 0x14000 + i * 0x8000};
		struct vu_msg m;

		say_state(VU_SET_VRING_NUM, i, 256);
		vu_msg_addr(&m, &addr);
		assert_int_equal(say(&m), VU_OK);
		say_fd(VU_SET_VRING_CALL, i);
		say_fd(VU_SET_VRING_KICK, i);
		settle_planes();
	}
	for (uint32_t i = 0; i < 2; i++) {
		say_state(VU_SET_VRING_ENABLE, i, 1);
		settle_planes();
	}
}

void all_up(void)
{
	path_comes(0);
	path_comes(1);
	client_comes();
	assert_int_equal(adapter_live(&a), 0);
	assert_int_equal(a.path[1].phase, SELECT_READY);
}
