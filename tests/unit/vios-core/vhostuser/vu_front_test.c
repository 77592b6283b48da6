/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_front_test.c - the front-end session against a script: what it sends, in which order, with
 * which flags, and what it makes of each right and wrong answer. One thread; messages are kept in
 * an array.
 */
#include "vios-core/vhostuser/vu_front.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define F_BASE ((UINT64_C(1) << VU_F_PROTOCOL_FEATURES) | (UINT64_C(1) << 32))
#define P_ALL UINT64_C(0x9)

struct script {
	struct vu_msg sent[64];
	unsigned n;
	int fail_at; /* emitting this many fails */
};

static struct script script;
static struct vu_front front;
static struct vu_front_device device;

static int emit(const struct vu_msg *m, void *user)
{
	struct script *s = user;

	if (s->fail_at && (int)s->n + 1 == s->fail_at)
		return -EPIPE;
	assert_in_range(s->n, 0, 63);
	s->sent[s->n++] = *m;
	return 0;
}

static const struct vu_front_want want = {
	.virtio_features = UINT64_C(1) << 32, .protocol_features = 1, .queues = 1};

static int set_up(void **state)
{
	memset(&script, 0, sizeof(script));
	memset(&device, 0, sizeof(device));
	device.features = UINT64_C(1) << 32;
	device.mem = (struct vu_mem_table){.n_regions = 1, .region = {{0, 4096, 4096, 0}}};
	device.mem_fds[0] = 50;
	device.n_rings = 2;
	for (unsigned i = 0; i < VU_RINGS_MAX; i++)
		device.ring[i] = (struct vu_front_ring){.num = i < 2 ? 256 : 0,
			.has_addr = true,
			.enabled = true,
			.addr = {.desc = 4096, .used = 4100, .avail = 4102},
			.kick_fd = 60 + (int)i,
			.call_fd = 70 + (int)i,
			.err_fd = -1};
	vu_front_init(&front, &want, emit, &script);
	return 0;
}

static struct vu_front_event answer_msg(struct vu_msg *m)
{
	struct vu_front_event ev;

	vu_msg_make_reply(m);
	vu_front_input(&front, m, &ev);
	return ev;
}

static struct vu_front_event answer(uint32_t request, uint64_t value)
{
	struct vu_msg m;

	vu_msg_u64(&m, request, value);
	return answer_msg(&m);
}

static void assert_sent(const uint32_t *requests, unsigned n)
{
	assert_int_equal(script.n, n);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(script.sent[i].request, requests[i]);
		assert_int_equal(vu_msg_check_request(&script.sent[i]), VU_OK);
		/* only the last asks for an answer */
		assert_int_equal(!!(script.sent[i].flags & VU_FLAG_NEED_REPLY),
			i + 1 == n && vu_msg_rule(requests[i])->answer == VU_ANSWER_ACK);
	}
	script.n = 0;
}

#define assert_sent_list(...)                                                                      \
	do {                                                                                       \
		const uint32_t list[] = {__VA_ARGS__};                                             \
		assert_sent(list, sizeof(list) / sizeof(list[0]));                                 \
	} while (0)

static void greet(void)
{
	uint64_t value = 0;

	assert_int_equal(vu_front_hello(&front), 0);
	assert_sent_list(VU_GET_FEATURES);
	assert_int_equal(answer(VU_GET_FEATURES, F_BASE | 7).kind, VU_FRONT_EV_NONE);
	assert_sent_list(VU_GET_PROTOCOL_FEATURES);
	assert_int_equal(answer(VU_GET_PROTOCOL_FEATURES, P_ALL | 0x100).kind, VU_FRONT_EV_NONE);
	assert_true(vu_msg_get_u64(&script.sent[0], &value));
	assert_int_equal(
		value, P_ALL); /* what is wanted and REPLY_ACK, nothing that was offered besides */
	assert_sent_list(VU_SET_PROTOCOL_FEATURES, VU_GET_QUEUE_NUM, VU_SET_OWNER);
	assert_int_equal(answer(VU_GET_QUEUE_NUM, 8).kind, VU_FRONT_EV_NONE);
	assert_int_equal(answer(VU_SET_OWNER, 0).kind, VU_FRONT_EV_READY);
	assert_int_equal(front.phase, VU_FRONT_READY);
	assert_int_equal(vu_front_outstanding(&front), 0);
}

static void every_cell_is_set(void **state)
{
	assert_true(vu_front_table_complete());
}

static void greeting(void **state)
{
	greet();
	assert_int_equal(vu_front_hello(&front), -ENOTCONN);
}

static void lacks_features(void **state)
{
	struct vu_front_event ev;

	assert_int_equal(vu_front_hello(&front), 0);
	ev = answer(VU_GET_FEATURES, UINT64_C(1) << 30);
	assert_int_equal(ev.kind, VU_FRONT_EV_REFUSED);
	assert_int_equal(ev.fault, VU_FEATURES_MISSING);
	assert_int_equal(ev.missing_virtio, UINT64_C(1) << 32);
	assert_int_equal(script.n, 1); /* nothing more is said */
	assert_int_equal(answer(VU_GET_FEATURES, F_BASE).kind, VU_FRONT_EV_NONE);
	assert_int_equal(vu_front_prime(&front, &device, 1), -ENOTCONN);
}

static void lacks_protocol_bits(void **state)
{
	struct vu_front_event ev;

	/* without F_PROTOCOL_FEATURES its rings would start enabled */
	assert_int_equal(vu_front_hello(&front), 0);
	ev = answer(VU_GET_FEATURES, UINT64_C(1) << 32);
	assert_int_equal(ev.missing_virtio, UINT64_C(1) << 30);
	set_up(NULL);
	assert_int_equal(vu_front_hello(&front), 0);
	answer(VU_GET_FEATURES, F_BASE);
	ev = answer(VU_GET_PROTOCOL_FEATURES, 1);
	assert_int_equal(ev.kind, VU_FRONT_EV_REFUSED);
	assert_int_equal(ev.missing_protocol, UINT64_C(1) << VU_PROTOCOL_REPLY_ACK);
	set_up(NULL);
	assert_int_equal(vu_front_hello(&front), 0);
	answer(VU_GET_FEATURES, F_BASE);
	answer(VU_GET_PROTOCOL_FEATURES, P_ALL);
	ev = answer(VU_GET_QUEUE_NUM, 0);
	assert_int_equal(ev.kind, VU_FRONT_EV_REFUSED);
	assert_int_equal(ev.fault, VU_BAD_VALUE);
}

static void priming(void **state)
{
	uint64_t features = 0;

	greet();
	assert_int_equal(vu_front_prime(&front, &device, 33), 0);
	assert_true(vu_msg_get_u64(&script.sent[0], &features));
	assert_int_equal(features, F_BASE); /* F_PROTOCOL_FEATURES though the guest did not ask */
	assert_int_equal(script.sent[1].fds[0], 50);
	assert_int_equal(script.sent[4].fds[0], 70);
	assert_sent_list(VU_SET_FEATURES, VU_SET_MEM_TABLE, VU_SET_VRING_NUM, VU_SET_VRING_ADDR,
		VU_SET_VRING_CALL, VU_SET_VRING_NUM, VU_SET_VRING_ADDR, VU_SET_VRING_CALL);
	assert_int_equal(answer(VU_SET_VRING_CALL, 0).tag, 33);
	device.mem.n_regions = 0; /* a client that has told nothing yet */
	assert_int_equal(vu_front_prime(&front, &device, 34), 0);
	assert_sent_list(VU_SET_FEATURES);
	assert_int_equal(vu_front_mem_table(&front, &device, 1), -EINVAL);
	assert_int_equal(vu_front_start_ring(&front, &device, 0, 0, 1), -EINVAL);
}

static void start_replays_all(void **state)
{
	struct vu_vring_state s;
	struct vu_vring_addr a;

	greet();
	device.ring[1].err_fd = 80;
	assert_int_equal(vu_front_start_ring(&front, &device, 1, 4711, 5), 0);
	assert_true(vu_msg_get_addr(&script.sent[1], &a));
	assert_int_equal(a.index, 1);
	assert_int_equal(a.used, 4100);
	assert_true(vu_msg_get_state(&script.sent[4], &s));
	assert_int_equal(s.num, 4711);
	assert_int_equal(script.sent[5].fds[0], 61);
	assert_true(vu_msg_get_state(&script.sent[6], &s));
	assert_int_equal(s.num, 1);
	assert_sent_list(VU_SET_VRING_NUM, VU_SET_VRING_ADDR, VU_SET_VRING_CALL, VU_SET_VRING_ERR,
		VU_SET_VRING_BASE, VU_SET_VRING_KICK, VU_SET_VRING_ENABLE);
	device.ring[1].kick_fd = -1;
	device.ring[1].err_fd = -1;
	device.ring[1].enabled = false;
	assert_int_equal(vu_front_start_ring(&front, &device, 1, 0, 6), 0);
	assert_int_equal(script.sent[4].n_fds, 0); /* polled */
	assert_true(vu_msg_get_state(&script.sent[5], &s));
	assert_int_equal(s.num, 0);
	assert_int_equal(answer(VU_SET_VRING_ENABLE, 0).tag, 5);
	assert_int_equal(answer(VU_SET_VRING_ENABLE, 0).tag, 6);
	assert_int_equal(vu_front_start_ring(&front, &device, 2, 0, 1), -EINVAL);
	assert_int_equal(vu_front_start_ring(&front, &device, VU_RINGS_MAX, 0, 1), -EINVAL);
}

static struct vu_front_event answer_base(uint32_t ring, uint32_t base)
{
	struct vu_msg m;

	vu_msg_state(&m, VU_GET_VRING_BASE, ring, base);
	return answer_msg(&m);
}

static void stop_gives_the_base(void **state)
{
	struct vu_front_event ev;

	greet();
	assert_int_equal(vu_front_stop_ring(&front, 0, 8), 0);
	assert_int_equal(vu_front_stop_ring(&front, 1, 9), 0); /* pipelined */
	assert_int_equal(vu_front_outstanding(&front), 2);
	assert_int_equal(script.n, 4);
	ev = answer_base(0, 65535);
	assert_int_equal(ev.kind, VU_FRONT_EV_DONE);
	assert_int_equal(ev.base, 65535);
	assert_int_equal(ev.tag, 8);
	ev = answer_base(0, 1); /* ring 1's was due */
	assert_int_equal(ev.kind, VU_FRONT_EV_BROKEN);
	assert_int_equal(ev.fault, VU_BAD_INDEX);
	set_up(NULL);
	greet();
	assert_int_equal(vu_front_stop_ring(&front, 0, 8), 0);
	assert_int_equal(answer_base(0, 65536).fault, VU_BAD_VALUE);
}

static void small_operations(void **state)
{
	greet();
	assert_int_equal(vu_front_enable(&front, 1, false, 1), 0);
	assert_sent_list(VU_SET_VRING_ENABLE);
	assert_int_equal(vu_front_call_fd(&front, 1, 99, 2), 0);
	assert_sent_list(VU_SET_VRING_CALL);
	assert_int_equal(vu_front_u64(&front, VU_NET_SET_MTU, 1500, 3), 0);
	assert_sent_list(VU_NET_SET_MTU);
	assert_int_equal(vu_front_mem_table(&front, &device, 4), 0);
	assert_sent_list(VU_SET_MEM_TABLE);
	assert_int_equal(answer(VU_SET_VRING_ENABLE, 0).tag, 1);
	assert_int_equal(answer(VU_SET_VRING_CALL, 0).tag, 2);
	assert_int_equal(answer(VU_NET_SET_MTU, 0).tag, 3);
	assert_int_equal(answer(VU_SET_MEM_TABLE, 0).tag, 4);
}

/* Each wrong answer to a message that is awaited ends the session, once. */
static void wrong_answers(void **state)
{
	static const struct {
		uint32_t request, flags, size_bytes, n_fds;
		uint64_t value;
		enum vu_fault fault;
	} cases[] = {
		{VU_SET_MEM_TABLE, 5, 8, 0, 1, VU_REJECTED},
		{VU_SET_MEM_TABLE, 5, 8, 1, 0, VU_FDS_UNWANTED},
		{VU_SET_MEM_TABLE, 5, 7, 0, 0, VU_BAD_SIZE},
		{VU_SET_MEM_TABLE, 5, 9, 0, 0, VU_BAD_SIZE},
		{VU_SET_MEM_TABLE, 5, VU_PAYLOAD_MAX + 1, 0, 0, VU_TOO_LONG},
		{VU_SET_MEM_TABLE, 1, 8, 0, 0, VU_BAD_FLAGS},
		{VU_SET_MEM_TABLE, 0xd, 8, 0, 0, VU_BAD_FLAGS},
		{VU_SET_MEM_TABLE, 6, 8, 0, 0, VU_BAD_VERSION},
		{VU_SET_OWNER, 5, 8, 0, 0, VU_BAD_REQUEST},
		{4711, 5, 8, 0, 0, VU_BAD_REQUEST},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vu_front_event ev;
		struct vu_msg m;

		set_up(NULL);
		greet();
		assert_int_equal(vu_front_mem_table(&front, &device, 7), 0);
		vu_msg_u64(&m, cases[i].request, cases[i].value);
		m.flags = cases[i].flags;
		m.size_bytes = cases[i].size_bytes;
		m.n_fds = cases[i].n_fds;
		vu_front_input(&front, &m, &ev);
		assert_int_equal(ev.kind, VU_FRONT_EV_BROKEN);
		assert_int_equal(ev.fault, cases[i].fault);
		assert_int_equal(ev.request, VU_SET_MEM_TABLE);
		assert_int_equal(front.phase, VU_FRONT_BROKEN);
		assert_int_equal(vu_front_enable(&front, 0, true, 1), -ENOTCONN);
		vu_front_input(&front, &m, &ev);
		assert_int_equal(ev.kind, VU_FRONT_EV_NONE);
	}
}

static void unasked_answers(void **state)
{
	struct vu_front_event ev;

	greet();
	ev = answer(VU_SET_OWNER, 0);
	assert_int_equal(ev.kind, VU_FRONT_EV_BROKEN);
	assert_int_equal(ev.fault, VU_UNEXPECTED);
	set_up(NULL); /* before anything was said */
	assert_int_equal(answer(VU_GET_FEATURES, F_BASE).kind, VU_FRONT_EV_BROKEN);
	set_up(NULL); /* "no" in the greeting */
	assert_int_equal(vu_front_hello(&front), 0);
	answer(VU_GET_FEATURES, F_BASE);
	answer(VU_GET_PROTOCOL_FEATURES, P_ALL);
	answer(VU_GET_QUEUE_NUM, 1);
	assert_int_equal(answer(VU_SET_OWNER, 1).fault, VU_REJECTED);
}

/* Wherever sending fails, the operation says so and the session is over. */
static void unsent(void **state)
{
	for (int at = 1; at <= 6; at++) {
		set_up(NULL);
		greet();
		script.fail_at = at;
		assert_int_equal(vu_front_start_ring(&front, &device, 0, 0, 1), -EPIPE);
		assert_int_equal(front.phase, VU_FRONT_BROKEN);
		assert_int_equal(vu_front_outstanding(&front), 0);
	}
	set_up(NULL);
	script.fail_at = 1;
	assert_int_equal(vu_front_hello(&front), -EPIPE);
	for (int at = 2; at <= 5; at++) { /* while it answers an answer */
		struct vu_front_event ev;

		set_up(NULL);
		script.fail_at = at;
		assert_int_equal(vu_front_hello(&front), 0);
		ev = answer(VU_GET_FEATURES, F_BASE);
		if (at > 2)
			ev = answer(VU_GET_PROTOCOL_FEATURES, P_ALL);
		assert_int_equal(ev.kind, VU_FRONT_EV_BROKEN);
	}
}

static void too_much_outstanding(void **state)
{
	greet();
	for (unsigned i = 0; i < VU_FRONT_AWAITED_MAX; i++) {
		assert_int_equal(vu_front_enable(&front, 0, i & 1, i), 0);
		script.n = 0;
	}
	assert_int_equal(vu_front_enable(&front, 0, true, 0), -ENOBUFS);
	assert_int_equal(script.n, 0);
	for (unsigned i = 0; i < VU_FRONT_AWAITED_MAX; i++)
		assert_int_equal(answer(VU_SET_VRING_ENABLE, 0).tag, i);
	assert_int_equal(vu_front_enable(&front, 0, true, 0), 0);
}

#define T(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_cell_is_set),
		T(greeting),
		T(lacks_features),
		T(lacks_protocol_bits),
		T(priming),
		T(start_replays_all),
		T(stop_gives_the_base),
		T(small_operations),
		T(wrong_answers),
		T(unasked_answers),
		T(unsent),
		T(too_much_outstanding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
