/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_front_fuzz.c - a session with a back end that may say anything, and a caller that may ask for
 * anything. Each step is one byte: an operation, or an answer (right or spoilt) with the bytes that
 * follow. Whatever happens, only well-formed requests go out, none after the end, and READY means
 * that the bits that are wanted were offered.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "vios-core/vhostuser/vu_front.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vu_front_want want = {
	.virtio_features = UINT64_C(1) << 32, .protocol_features = 9, .queues = 2};

struct world {
	const uint8_t *data;
	size_t size;
	struct vu_front front;
	struct vu_front_device device;
	uint64_t features, protocol; /* last answered */
	bool over, fails;
	unsigned asked; /* messages that went out and are answered */
};

static uint8_t next(struct world *w)
{
	if (w->size == 0)
		return 0;
	w->size--;
	return *w->data++;
}

static uint64_t next_u64(struct world *w)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v |= (uint64_t)next(w) << 8 * i;
	return v;
}

static int emit(const struct vu_msg *m, void *user)
{
	struct world *w = user;

	assert(!w->over);
	assert(vu_msg_check_request(m) == VU_OK);
	if (w->fails)
		return -EPIPE;
	w->asked += vu_msg_wants_answer(m, true);
	return 0;
}

static void device_init(struct world *w)
{
	struct vu_front_device *d = &w->device;

	d->features = UINT64_MAX;
	d->n_rings = 4;
	for (unsigned i = 0; i < VU_RINGS_MAX; i++)
		d->ring[i] = (struct vu_front_ring){.num = 256,
			.has_addr = i != 3,
			.kick_fd = (int)i % 3 - 1,
			.call_fd = (int)i % 2 - 1,
			.err_fd = (int)i % 2 - 1};
	d->mem = (struct vu_mem_table){.n_regions = 1, .region = {{0, 4096, 0, 0}}};
}

static void operate(struct world *w, unsigned op)
{
	struct vu_front *f = &w->front;
	bool ready = f->phase == VU_FRONT_READY;
	uint8_t ring = next(w);
	int err;

	switch (op) {
	case 0:
		ready = f->phase == VU_FRONT_NEW;
		err = vu_front_hello(f);
		break;
	case 1:
		err = vu_front_prime(f, &w->device, 1);
		break;
	case 2:
		err = vu_front_mem_table(f, &w->device, 2);
		break;
	case 3:
		err = vu_front_start_ring(f, &w->device, ring, ring, 3);
		break;
	case 4:
		err = vu_front_stop_ring(f, ring, 4);
		break;
	case 5:
		err = vu_front_enable(f, ring, ring & 1, 5);
		break;
	default:
		err = vu_front_call_fd(f, ring, 1, 6);
		break;
	}
	assert(ready || err == -ENOTCONN);
}

static void answer(struct world *w, unsigned kind)
{
	const struct vu_front *f = &w->front;
	uint32_t due = f->n_awaited ? f->awaited[f->first].request : VU_SET_OWNER;
	enum vu_front_phase before = f->phase;
	struct vu_front_event ev;
	struct vu_msg m;

	vu_msg_u64(&m, kind == 1 ? next(w) : due, kind == 2 ? 0 : next_u64(w));
	m.flags = kind == 3 ? next(w) : VU_FLAG_VERSION | VU_FLAG_REPLY;
	m.size_bytes = kind == 4 ? next(w) * 2u : 8;
	m.n_fds = kind == 5 ? next(w) % (VU_FDS_MAX + 1) : 0;
	if (m.request == VU_GET_FEATURES)
		vu_msg_get_u64(&m, &w->features);
	if (m.request == VU_GET_PROTOCOL_FEATURES)
		vu_msg_get_u64(&m, &w->protocol);
	w->over = before == VU_FRONT_REFUSED || before == VU_FRONT_BROKEN;
	vu_front_input(&w->front, &m, &ev);
	assert(!w->over || ev.kind == VU_FRONT_EV_NONE);
	if (ev.kind == VU_FRONT_EV_READY) {
		assert(w->features >> 32 & 1 && w->features >> VU_F_PROTOCOL_FEATURES & 1);
		assert((w->protocol & 9) == 9);
	}
	assert((ev.kind == VU_FRONT_EV_BROKEN) ==
		(before != f->phase && f->phase == VU_FRONT_BROKEN));
	assert(ev.kind != VU_FRONT_EV_BROKEN || ev.fault != VU_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	w.data = data;
	w.size = size;
	device_init(&w);
	vu_front_init(&w.front, &want, emit, &w);
	while (w.size > 0) {
		uint8_t step = next(&w);

		w.fails = step >= 0xf0;
		if (step & 1)
			operate(&w, (step >> 1) % 7);
		else
			answer(&w, (step >> 1) % 6);
		assert(vu_front_outstanding(&w.front) <= VU_FRONT_AWAITED_MAX);
		assert(vu_front_outstanding(&w.front) <= w.asked);
		w.over = w.front.phase == VU_FRONT_REFUSED || w.front.phase == VU_FRONT_BROKEN;
	}
	return 0;
}
