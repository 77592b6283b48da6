/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_back_test.c - a back end's session against a script of front-end messages: what is answered at
 * once, what is owed, what is refused, and where each descriptor ends up. One thread; descriptors
 * are numbers, kept in a set.
 */
#include "vios-core/vhostuser/vu_back.h"

#include "vios-core/vhostuser/vu_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BIT(n) (UINT64_C(1) << (n))
#define VERSION_1 BIT(32)
#define FDS 64

static const struct vu_back_offer offer = {.virtio_features = VERSION_1 | BIT(15),
	.protocol_features = 1,
	.queues = 2,
	.ring_size_max = 256,
	.mtu_max = 1500,
	.drained_rings = BIT(3),
	.config_bytes = 4,
	.config = {1, 2, 3, 4}};

struct world {
	struct vu_back back;
	struct vu_msg sent[16];
	unsigned n_sent;
	bool open[FDS];
	int next_fd;
};
static struct world w;

static void send_fn(const struct vu_msg *m, void *user)
{
	assert_in_range(w.n_sent, 0, 15);
	assert_int_equal(m->flags, VU_FLAG_VERSION | VU_FLAG_REPLY);
	w.sent[w.n_sent++] = *m;
}

static void drop_fn(int fd, void *user)
{
	assert_in_range(fd, 0, FDS - 1);
	assert_true(w.open[fd]); /* never twice */
	w.open[fd] = false;
}

static const struct vu_back_io io = {.send = send_fn, .drop = drop_fn};

static int new_fd(void)
{
	assert_in_range(w.next_fd, 0, FDS - 1);
	w.open[w.next_fd] = true;
	return w.next_fd++;
}

static unsigned n_open(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FDS; i++)
		n += w.open[i];
	return n;
}

static int set_up(void **state)
{
	memset(&w, 0, sizeof(w));
	vu_back_init(&w.back, 4);
	vu_back_open(&w.back);
	return 0;
}

/* As a caller does: what the session did not take is closed. */
static enum vu_fault tell(struct vu_msg *m)
{
	enum vu_fault fault;

	w.n_sent = 0;
	fault = vu_back_message(&w.back, &offer, &io, m);
	for (uint32_t i = 0; i < m->n_fds; i++)
		if (m->fds[i] >= 0)
			drop_fn(m->fds[i], NULL);
	return fault;
}

static enum vu_fault tell_u64(uint32_t request, uint64_t value, bool need_reply)
{
	struct vu_msg m;

	vu_msg_u64(&m, request, value);
	m.flags |= need_reply ? VU_FLAG_NEED_REPLY : 0;
	return tell(&m);
}

static enum vu_fault tell_state(uint32_t request, uint32_t index, uint32_t num)
{
	struct vu_msg m;

	vu_msg_state(&m, request, index, num);
	return tell(&m);
}

static enum vu_fault tell_fd(uint32_t request, uint32_t ring, int fd)
{
	struct vu_msg m;

	vu_msg_vring_fd(&m, request, ring, fd);
	return tell(&m);
}

static enum vu_fault tell_memory(uint64_t user_addr)
{
	const struct vu_mem_table t = {.n_regions = 2,
		.region = {
			{0, 0x100000, user_addr, 0}, {0x100000, 0x1000, user_addr + 0x200000, 0}}};
	const int fds[2] = {new_fd(), new_fd()};
	struct vu_msg m;

	vu_msg_mem_table(&m, &t, fds);
	return tell(&m);
}

static enum vu_fault tell_addr(uint32_t ring, uint64_t at)
{
	const struct vu_vring_addr a = {
		.index = ring, .desc = at, .avail = at + 0x2000, .used = at + 0x4000};
	struct vu_msg m;

	vu_msg_addr(&m, &a);
	return tell(&m);
}

static uint64_t asked(uint32_t request)
{
	uint64_t value = 0;
	struct vu_msg m;

	vu_msg_empty(&m, request);
	assert_int_equal(tell(&m), VU_OK);
	assert_int_equal(w.n_sent, 1);
	assert_int_equal(w.sent[0].request, request);
	assert_true(vu_msg_get_u64(&w.sent[0], &value));
	return value;
}

static void start_ring(uint32_t ring)
{
	assert_int_equal(tell_state(VU_SET_VRING_NUM, ring, 256), VU_OK);
	assert_int_equal(tell_state(VU_SET_VRING_BASE, ring, 77), VU_OK);
	assert_int_equal(tell_addr(ring, 0x10000 * (ring + 1)), VU_OK);
	assert_int_equal(tell_fd(VU_SET_VRING_CALL, ring, new_fd()), VU_OK);
	assert_int_equal(tell_fd(VU_SET_VRING_KICK, ring, new_fd()), VU_OK);
}

static void start(void)
{
	assert_int_equal(
		tell_u64(VU_SET_PROTOCOL_FEATURES, BIT(VU_PROTOCOL_REPLY_ACK), false), VU_OK);
	assert_int_equal(tell_u64(VU_SET_FEATURES, VERSION_1 | BIT(30), false), VU_OK);
	assert_int_equal(tell_memory(0), VU_OK);
	start_ring(0);
}

static void answers_from_the_offer(void **state)
{
	assert_int_equal(asked(VU_GET_FEATURES), VERSION_1 | BIT(15) | BIT(30));
	assert_int_equal(asked(VU_GET_PROTOCOL_FEATURES), 1 | BIT(VU_PROTOCOL_REPLY_ACK));
	assert_int_equal(asked(VU_GET_QUEUE_NUM), 2);
	assert_int_equal(w.back.owed.request, 0);
}

static void refuses_what_was_not_offered(void **state)
{
	struct vu_msg m;

	assert_int_equal(tell_u64(VU_SET_FEATURES, BIT(34), false), VU_BAD_VALUE); /* packed */
	assert_int_equal(tell_u64(VU_SET_PROTOCOL_FEATURES, BIT(5), false), VU_BAD_VALUE);
	assert_int_equal(tell_u64(VU_NET_SET_MTU, 1501, false), VU_BAD_VALUE);
	assert_int_equal(tell_u64(VU_NET_SET_MTU, 1500, false), VU_OK);
	assert_int_equal(tell_state(VU_SET_VRING_NUM, 0, 512), VU_BAD_VALUE);
	assert_int_equal(tell_state(VU_SET_VRING_NUM, 4, 256), VU_BAD_INDEX);
	/* ADD_MEM_REG: "no" to a client that listens, the end for one that would not know */
	vu_msg_empty(&m, VU_ADD_MEM_REG);
	m.size_bytes = 40;
	m.fds[m.n_fds++] = new_fd();
	assert_int_equal(tell(&m), VU_BAD_REQUEST);
	assert_int_equal(
		tell_u64(VU_SET_PROTOCOL_FEATURES, BIT(VU_PROTOCOL_REPLY_ACK), false), VU_OK);
	m.flags |= VU_FLAG_NEED_REPLY;
	m.n_fds = 0;
	assert_int_equal(tell(&m), VU_OK);
	assert_int_equal(w.n_sent, 1);
	assert_int_equal(w.sent[0].payload[0], 1);
	vu_msg_empty(&m, VU_GET_STATUS); /* must be answered, and cannot be */
	assert_int_equal(tell(&m), VU_BAD_REQUEST);
	vu_msg_empty(&m, 4711);
	assert_int_equal(tell(&m), VU_BAD_REQUEST);
	assert_int_equal(n_open(), 0);
}

static void acknowledgements_are_owed(void **state)
{
	/* before REPLY_ACK was negotiated the flag means nothing */
	assert_int_equal(tell_u64(VU_SET_FEATURES, VERSION_1, true), VU_OK);
	assert_int_equal(w.back.owed.request, 0);
	start();
	assert_int_equal(w.back.owed.request, 0);
	assert_int_equal(tell_u64(VU_SET_FEATURES, VERSION_1, true), VU_OK);
	assert_int_equal(w.n_sent, 0);
	assert_int_equal(w.back.owed.request, VU_SET_FEATURES);
	vu_back_settle_owed(&w.back, &io, 0);
	assert_int_equal(w.n_sent, 1);
	assert_int_equal(w.sent[0].request, VU_SET_FEATURES);
	assert_int_equal(w.sent[0].payload[0], 0);
	assert_int_equal(w.back.owed.request, 0);
}

static void stopping_a_ring(void **state)
{
	struct vu_vring_state s;

	start();
	assert_true(vu_back_runnable(&w.back));
	assert_int_equal(tell_state(VU_GET_VRING_BASE, 0, 0), VU_OK);
	assert_false(vu_back_runnable(&w.back));
	assert_int_equal(w.n_sent, 0);
	assert_int_equal(w.back.owed.request, VU_GET_VRING_BASE);
	assert_int_equal(w.back.device.ring[0].kick_fd, -1);
	vu_back_settle_owed(&w.back, &io, 4711);
	assert_true(vu_msg_get_state(&w.sent[0], &s));
	assert_int_equal(s.index, 0);
	assert_int_equal(s.num, 4711);
}

/* Everything that a ring needs, taken away one by one. */
static void startable_rings(void **state)
{
	struct vu_ring_layout l;

	assert_false(vu_back_ring_layout(&w.back, 0, &l));
	start();
	assert_true(vu_back_ring_layout(&w.back, 0, &l));
	assert_int_equal(vu_ring_used_idx_offset(&l), 0x14002);
	assert_false(vu_back_ring_layout(&w.back, 1, &l)); /* never told */
	assert_int_equal(tell_addr(0, 0xff000), VU_OK);	   /* reaches out of its region */
	assert_false(vu_back_ring_layout(&w.back, 0, &l));
	assert_int_equal(tell_addr(0, 0x10000), VU_OK);
	assert_true(vu_back_ring_layout(&w.back, 0, &l));
	assert_int_equal(tell_memory(UINT64_C(1) << 40), VU_OK); /* the memory moves away */
	assert_false(vu_back_ring_layout(&w.back, 0, &l));
	assert_int_equal(tell_memory(0), VU_OK);
	assert_true(vu_back_ring_layout(&w.back, 0, &l));
	vu_back_close(&w.back, &io);
	assert_false(vu_back_ring_layout(&w.back, 0, &l));
}

static void versions_say_what_is_new(void **state)
{
	uint32_t version, setup, call;

	start();
	version = w.back.version;
	setup = w.back.ring[0].setup_version;
	call = w.back.ring[0].call_version;
	/* the same again is nothing new */
	assert_int_equal(tell_u64(VU_SET_FEATURES, VERSION_1 | BIT(30), false), VU_OK);
	assert_int_equal(tell_state(VU_SET_VRING_NUM, 0, 256), VU_OK);
	assert_int_equal(tell_addr(0, 0x10000), VU_OK);
	assert_int_equal(tell_state(VU_SET_VRING_ENABLE, 0, 1), VU_OK);
	assert_int_equal(w.back.version, version);
	assert_int_equal(w.back.ring[0].setup_version, setup);
	assert_int_equal(tell_fd(VU_SET_VRING_CALL, 0, new_fd()), VU_OK);
	assert_int_equal(w.back.ring[0].setup_version, setup); /* a running ring goes on */
	assert_int_equal(w.back.ring[0].call_version, call + 1);
	assert_int_not_equal(w.back.version, version);
	assert_int_equal(tell_addr(0, 0x20000), VU_OK);
	assert_int_not_equal(w.back.ring[0].setup_version, setup);
	assert_int_equal(w.back.ring[1].setup_version, 0);
}

static void enabled_rings(void **state)
{
	/* "Ring states": without F_PROTOCOL_FEATURES rings start enabled, with it disabled */
	assert_int_equal(tell_u64(VU_SET_FEATURES, VERSION_1 | BIT(30), false), VU_OK);
	assert_false(w.back.device.ring[0].enabled);
	assert_int_equal(tell_state(VU_SET_VRING_ENABLE, 0, 1), VU_OK);
	assert_true(w.back.device.ring[0].enabled);
	assert_int_equal(tell_state(VU_SET_VRING_ENABLE, 0, 2), VU_BAD_VALUE);
	set_up(NULL);
	assert_int_equal(tell_u64(VU_SET_FEATURES, VERSION_1, false), VU_OK);
	assert_true(w.back.device.ring[3].enabled);
}

static void drained_rings_go_on(void **state)
{
	assert_int_equal(tell_u64(VU_SET_FEATURES, VERSION_1 | BIT(30), false), VU_OK);
	for (uint32_t ring = 0; ring < 4; ring++) {
		assert_int_equal(tell_state(VU_SET_VRING_ENABLE, ring, 0), VU_OK);
		assert_false(w.back.device.ring[ring].enabled); /* never was */
		assert_int_equal(tell_state(VU_SET_VRING_ENABLE, ring, 1), VU_OK);
		assert_int_equal(tell_state(VU_SET_VRING_ENABLE, ring, 0), VU_OK);
		assert_int_equal(w.back.device.ring[ring].enabled, ring == 3);
	}
}

static void descriptors_are_kept_once(void **state)
{
	start();
	assert_int_equal(n_open(), 4); /* two regions, call, kick */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(tell_fd(VU_SET_VRING_CALL, 0, new_fd()), VU_OK);
		assert_int_equal(tell_fd(VU_SET_VRING_KICK, 0, new_fd()), VU_OK);
		assert_int_equal(tell_memory(0), VU_OK);
		assert_int_equal(n_open(), 4);
	}
	assert_int_equal(tell_fd(VU_SET_VRING_ERR, 0, new_fd()), VU_OK);
	assert_int_equal(n_open(), 5);
	assert_int_equal(tell_fd(VU_SET_VRING_ERR, 0, -1), VU_OK); /* none any more */
	assert_int_equal(n_open(), 4);
	assert_int_equal(tell_fd(VU_SET_VRING_CALL, 9, new_fd()), VU_BAD_INDEX);
	assert_int_equal(n_open(), 4);
	assert_int_equal(tell_fd(VU_SET_VRING_ERR, 1, new_fd()), VU_OK);
	vu_back_close(&w.back, &io);
	assert_int_equal(n_open(), 0);
}

/* The next client is another one: nothing of the last one's is left, and no version is used again.
 */
static void next_client(void **state)
{
	uint32_t epoch, version, mem_version;

	start();
	epoch = w.back.epoch;
	version = w.back.version;
	mem_version = w.back.mem_version;
	vu_back_close(&w.back, &io);
	assert_false(w.back.connected);
	assert_false(w.back.features_told);
	assert_int_equal(w.back.protocol, 0);
	assert_int_equal(w.back.device.mem.n_regions, 0);
	assert_int_equal(w.back.device.ring[0].num, 0);
	assert_int_equal(w.back.device.n_rings, 4);
	vu_back_open(&w.back);
	assert_int_equal(w.back.epoch, epoch + 1);
	assert_true(w.back.version > version);
	assert_true(w.back.mem_version > mem_version);
}

static enum vu_fault tell_config(uint32_t request, uint32_t offset, const char *bytes, uint32_t n)
{
	struct vu_config c = {.offset = offset, .size_bytes = n};
	struct vu_msg m;

	memcpy(c.bytes, bytes, n);
	vu_config_put(&m, request, &c);
	m.flags |= request == VU_SET_CONFIG ? VU_FLAG_NEED_REPLY : 0;
	return tell(&m);
}

static void a_configuration_space(void **state)
{
	struct vu_config c;

	assert_int_equal(tell_config(VU_GET_CONFIG, 2, "xxxx", 4), VU_OK);
	assert_int_equal(w.n_sent, 1);
	assert_int_equal(vu_config_get(&w.sent[0], &c), VU_OK);
	assert_int_equal(c.offset, 2);
	assert_int_equal(c.size_bytes, 4);
	assert_memory_equal(c.bytes, "\3\4\0\0", 4); /* nothing is behind its end */
	assert_int_equal(tell_config(VU_GET_CONFIG, UINT32_MAX, "x", 1), VU_OK);
	assert_int_equal(vu_config_get(&w.sent[0], &c), VU_OK);
	assert_int_equal(c.bytes[0], 0);
	assert_int_equal(
		tell_u64(VU_SET_PROTOCOL_FEATURES, BIT(VU_PROTOCOL_REPLY_ACK), false), VU_OK);
	assert_int_equal(tell_config(VU_SET_CONFIG, 1, "\2\3", 2), VU_OK); /* as it is */
	assert_int_equal(w.back.owed.request, VU_SET_CONFIG);
	vu_back_settle_owed(&w.back, &io, 0);
	assert_int_equal(tell_config(VU_SET_CONFIG, 1, "\2\4", 2), VU_OK);
	assert_int_equal(w.n_sent, 1);
	assert_int_equal(w.sent[0].payload[0], 1); /* no */
	assert_int_equal(w.back.owed.request, 0);
	assert_int_equal(tell_config(VU_SET_CONFIG, 3, "\4\0", 2), VU_OK);
	assert_int_equal(w.sent[0].payload[0], 1);
	assert_int_equal(tell_config(VU_SET_CONFIG, UINT32_MAX, "\4", 1), VU_OK);
	assert_int_equal(w.sent[0].payload[0], 1);
}

static void a_driver_that_begins_anew(void **state)
{
	start();
	assert_true(w.back.ring[0].anew);
	w.back.ring[0].anew = false; /* it runs */
	assert_int_equal(tell_state(VU_GET_VRING_BASE, 0, 0), VU_OK);
	vu_back_settle_owed(&w.back, &io, 80);
	assert_int_equal(tell_state(VU_SET_VRING_BASE, 0, 80), VU_OK);
	assert_int_equal(tell_addr(0, 0x10000), VU_OK);
	assert_int_equal(tell_state(VU_SET_VRING_NUM, 0, 256), VU_OK);
	assert_int_equal(tell_fd(VU_SET_VRING_KICK, 0, new_fd()), VU_OK);
	assert_false(w.back.ring[0].anew); /* it goes on */
	assert_int_equal(tell_state(VU_SET_VRING_BASE, 0, 79), VU_OK);
	assert_true(w.back.ring[0].anew);
	w.back.ring[0].anew = false;
	assert_int_equal(tell_state(VU_SET_VRING_BASE, 0, 0), VU_OK);
	assert_true(w.back.ring[0].anew);
	w.back.ring[0].anew = false;
	assert_int_equal(tell_addr(0, 0x20000), VU_OK);
	assert_true(w.back.ring[0].anew);
	w.back.ring[0].anew = false;
	assert_int_equal(tell_state(VU_SET_VRING_NUM, 0, 128), VU_OK);
	assert_true(w.back.ring[0].anew);
	w.back.ring[0].anew = false;
	vu_back_close(&w.back, &io);
	assert_true(w.back.ring[0].anew);
}

#define T(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(answers_from_the_offer),
		T(refuses_what_was_not_offered),
		T(acknowledgements_are_owed),
		T(stopping_a_ring),
		T(startable_rings),
		T(versions_say_what_is_new),
		T(enabled_rings),
		T(drained_rings_go_on),
		T(descriptors_are_kept_once),
		T(next_client),
		T(a_configuration_space),
		T(a_driver_that_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
