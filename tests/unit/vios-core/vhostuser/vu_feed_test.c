/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_feed_test.c - that a back end hears exactly what is new to it: the session is changed by hand,
 * and the requests that follow are compared. One thread; descriptors are numbers.
 */
#include "vios-core/vhostuser/vu_feed.h"

#include "vios-core/vhostuser/vu_inflight.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BIT(n) (UINT64_C(1) << (n))

struct world {
	struct vu_back back;
	struct vu_feed feed;
	struct vu_msg sent[64];
	unsigned n_sent;
	unsigned signals[128]; /* by descriptor */
	int used_idx_err;
	uint64_t cleared[8]; /* offsets */
	unsigned n_cleared;
};
static struct world w;

static int emit_fn(const struct vu_msg *m, void *user)
{
	assert_in_range(w.n_sent, 0, 63);
	assert_int_equal(vu_msg_check_request(m), VU_OK);
	w.sent[w.n_sent++] = *m;
	return 0;
}

static void signal_fn(int fd, void *user)
{
	if (fd >= 0)
		w.signals[fd]++;
}

static int used_idx_fn(const struct vu_back *b, uint32_t ring, uint16_t *out, void *user)
{
	*out = (uint16_t)(500 + ring);
	return w.used_idx_err;
}

static void clear_fn(int region, uint64_t offset, uint64_t len_bytes, void *user)
{
	assert_int_equal(region, 99);
	assert_int_equal(len_bytes, vu_inflight_part_bytes(VU_INFLIGHT_KEPT_SIZE));
	assert_in_range(w.n_cleared, 0, 7);
	w.cleared[w.n_cleared++] = offset;
}

static const struct vu_feed_io io = {.emit = emit_fn,
	.signal = signal_fn,
	.used_idx = used_idx_fn,
	.region = 99,
	.clear = clear_fn};

/* Answers all that is outstanding, as a back end that agrees to everything. */
static void answer_all(void)
{
	struct vu_front_event ev = {.kind = VU_FRONT_EV_NONE};

	while (vu_feed_awaits(&w.feed)) {
		uint32_t request = w.feed.front.awaited[w.feed.front.first].request;
		struct vu_msg m;

		vu_msg_u64(&m, request,
			vu_msg_rule(request)->answer == VU_ANSWER_ACK ? 0 : UINT64_MAX);
		if (request == VU_GET_VRING_BASE)
			vu_msg_state(&m, request, w.feed.front.awaited[w.feed.front.first].ring, 7);
		vu_msg_make_reply(&m);
		vu_feed_input(&w.feed, &w.back, &m, &io, &ev);
		assert_int_not_equal(ev.kind, VU_FRONT_EV_BROKEN);
	}
}

static void assert_sent(const uint32_t *requests, unsigned n)
{
	assert_int_equal(w.n_sent, n);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(w.sent[i].request, requests[i]);
	w.n_sent = 0;
}

#define assert_sent_list(...)                                                                      \
	do {                                                                                       \
		const uint32_t list[] = {__VA_ARGS__};                                             \
		assert_sent(list, sizeof(list) / sizeof(list[0]));                                 \
	} while (0)

#define RING VU_SET_VRING_NUM, VU_SET_VRING_ADDR, VU_SET_VRING_CALL
#define START RING, VU_SET_VRING_BASE, VU_SET_VRING_KICK, VU_SET_VRING_ENABLE

/* A client with two running rings. */
static void client(void)
{
	struct vu_back *b = &w.back;

	vu_back_init(b, 2);
	vu_back_open(b);
	b->features_told = true;
	b->device.features = BIT(32) | BIT(30);
	b->device.mem = (struct vu_mem_table){.n_regions = 1, .region = {{0, 0x100000, 0, 0}}};
	b->device.mem_fds[0] = 100;
	for (uint32_t i = 0; i < 2; i++) {
		const uint64_t at = 0x10000 * (i + 1);

		b->device.ring[i] = (struct vu_front_ring){.num = 256,
			.has_addr = true,
			.enabled = true,
			.addr = {.desc = at, .avail = at + 0x2000, .used = at + 0x4000},
			.kick_fd = 10 + (int)i,
			.call_fd = 20 + (int)i,
			.err_fd = -1};
		b->ring[i].kicked = true;
	}
}

static int set_up(void **state)
{
	const struct vu_front_want want = {.virtio_features = BIT(32)};

	memset(&w, 0, sizeof(w));
	client();
	assert_int_equal(vu_feed_greet(&w.feed, &want, &io), 0);
	answer_all();
	assert_int_equal(w.feed.front.phase, VU_FRONT_READY);
	w.n_sent = 0;
	return 0;
}

static void primed(void)
{
	assert_true(vu_feed_behind(&w.feed, &w.back));
	assert_int_equal(vu_feed_prime(&w.feed, &w.back, &io), 0);
	answer_all();
	assert_false(vu_feed_behind(&w.feed, &w.back));
	w.n_sent = 0;
}

static void live(void)
{
	primed();
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0);
	answer_all();
	assert_false(vu_feed_outdated(&w.feed, &w.back));
	w.n_sent = 0;
	memset(w.signals, 0, sizeof(w.signals));
}

static void standby_hears_no_kick(void **state)
{
	assert_int_equal(vu_feed_prime(&w.feed, &w.back, &io), 0);
	assert_sent_list(VU_SET_FEATURES, VU_SET_MEM_TABLE, RING, RING);
}

static void nothing_to_hear(void **state)
{
	w.back.features_told = false; /* a client that has said nothing yet */
	assert_false(vu_feed_behind(&w.feed, &w.back));
	assert_true(vu_feed_outdated(&w.feed, &w.back));
}

static void start_signals_everybody(void **state)
{
	struct vu_vring_state s;

	primed();
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0);
	assert_true(vu_msg_get_state(&w.sent[3], &s));
	assert_int_equal(s.num, 500); /* from used->idx, whatever the client once said */
	assert_true(vu_msg_get_state(&w.sent[9], &s));
	assert_int_equal(s.num, 501);
	assert_sent_list(START, START);
	for (int fd = 0; fd < 2; fd++) {
		assert_int_equal(w.signals[10 + fd], 1);
		assert_int_equal(w.signals[20 + fd], 1);
	}
	answer_all();
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0); /* nothing is new */
	assert_int_equal(w.n_sent, 0);
}

static void only_startable_rings(void **state)
{
	w.back.ring[1].kicked = false;
	primed();
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0);
	assert_sent_list(START);
	answer_all();
	w.back.ring[1].kicked = true; /* later */
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0);
	assert_sent_list(START);
	assert_true(w.feed.ring[1].started);
}

/* A client that has cut its memory off: no path can run the ring, and none is blamed. */
static void memory_gone(void **state)
{
	primed();
	w.used_idx_err = -ENODATA;
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0);
	assert_int_equal(w.n_sent, 0);
	assert_false(w.feed.ring[0].started);
}

static void live_hears_the_difference(void **state)
{
	live();
	w.back.device.ring[0].enabled = false;
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0);
	assert_sent_list(VU_SET_VRING_ENABLE);
	w.back.ring[1].call_version++;
	w.back.version++;
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0);
	assert_sent_list(VU_SET_VRING_CALL);
	assert_int_equal(w.signals[21], 0); /* the old one may still be called */
	answer_all();
	assert_int_equal(w.signals[21], 1); /* or the client could wait for ever */
	assert_int_equal(w.signals[20], 0);
	w.back.mem_version++;
	w.back.version++;
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0);
	assert_sent_list(VU_SET_MEM_TABLE);
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0); /* each only once */
	assert_int_equal(w.n_sent, 0);
	assert_false(vu_feed_behind(&w.feed, &w.back));
}

static void outdated_rings(void **state)
{
	live();
	w.back.ring[0].setup_version++;
	assert_true(vu_feed_outdated(&w.feed, &w.back));
	w.back.ring[0].setup_version--;
	w.back.ring[1].kicked = false; /* stopped */
	assert_true(vu_feed_outdated(&w.feed, &w.back));
	w.back.ring[1].kicked = true;
	w.back.device.mem.region[0].user_addr = UINT64_C(1) << 40; /* its memory went away */
	assert_true(vu_feed_outdated(&w.feed, &w.back));
	w.back.device.mem.region[0].user_addr = 0;
	assert_false(vu_feed_outdated(&w.feed, &w.back));
	w.back.device.features |= BIT(15); /* a guest that has negotiated anew */
	assert_true(vu_feed_outdated(&w.feed, &w.back));
	w.back.device.features &= ~BIT(15);
	w.back.epoch++;
	assert_true(vu_feed_outdated(&w.feed, &w.back));
	assert_true(vu_feed_behind(&w.feed, &w.back));
}

static void stop_disables_all_first(void **state)
{
	live();
	assert_int_equal(vu_feed_stop(&w.feed), 0);
	assert_sent_list(VU_SET_VRING_ENABLE, VU_SET_VRING_ENABLE, VU_SET_VRING_ENABLE,
		VU_GET_VRING_BASE, VU_SET_VRING_ENABLE, VU_GET_VRING_BASE);
	answer_all();
	vu_feed_stopped(&w.feed);
	assert_true(vu_feed_behind(&w.feed, &w.back)); /* rte_vhost has forgotten everything */
	assert_int_equal(vu_feed_prime(&w.feed, &w.back, &io), 0);
	assert_sent_list(VU_SET_FEATURES, VU_SET_MEM_TABLE, RING, RING);
	answer_all();
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0);
	assert_sent_list(START, START);
}

static void lost_connection(void **state)
{
	live();
	vu_feed_reset(&w.feed);
	assert_int_equal(vu_feed_awaits(&w.feed), 0);
	assert_true(vu_feed_behind(&w.feed, &w.back));
	vu_feed_attach(&w.feed, &io);
	assert_int_equal(vu_feed_prime(&w.feed, &w.back, &io), -ENOTCONN);
	assert_int_equal(vu_feed_stop(&w.feed), 0); /* nothing is started there */
	assert_int_equal(w.n_sent, 0);
}

static void no_region_for_who_needs_none(void **state)
{
	live();
	assert_int_equal(w.n_cleared, 0);
	assert_true(w.back.ring[0].anew);
}

/* A back end that must have INFLIGHT_SHMFD: told with the rest, and cleared where a driver is new.
 */
static void the_region_of_requests_in_flight(void **state)
{
	const struct vu_front_want want = {
		.virtio_features = BIT(32), .protocol_features = BIT(VU_PROTOCOL_INFLIGHT_SHMFD)};
	struct vu_inflight told;

	assert_int_equal(vu_feed_greet(&w.feed, &want, &io), 0);
	answer_all();
	w.n_sent = 0;
	assert_int_equal(vu_feed_prime(&w.feed, &w.back, &io), 0);
	assert_int_equal(w.sent[w.n_sent - 1].fds[0], 99);
	assert_true(vu_msg_get_inflight(&w.sent[w.n_sent - 1], &told));
	assert_int_equal(told.n_queues, VU_RINGS_MAX);
	assert_int_equal(told.queue_size, 1024);
	assert_int_equal(told.mmap_size, VU_RINGS_MAX * (16448 + 32768));
	assert_sent_list(VU_SET_FEATURES, VU_SET_MEM_TABLE, RING, RING, VU_SET_INFLIGHT_FD);
	answer_all();
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0);
	assert_int_equal(w.n_cleared, 2);
	assert_int_equal(w.cleared[0], 0);
	assert_int_equal(w.cleared[1], 16448);
	/* the next owner of the rings finds what this one had */
	answer_all();
	assert_int_equal(vu_feed_greet(&w.feed, &want, &io), 0);
	answer_all();
	primed();
	w.back.ring[1].anew = true;
	assert_int_equal(vu_feed_sync(&w.feed, &w.back, &io), 0);
	assert_int_equal(w.n_cleared, 3);
	assert_int_equal(w.cleared[2], 16448);
}

#define T(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(standby_hears_no_kick),
		T(nothing_to_hear),
		T(start_signals_everybody),
		T(only_startable_rings),
		T(memory_gone),
		T(live_hears_the_difference),
		T(outdated_rings),
		T(stop_disables_all_first),
		T(lost_connection),
		T(no_region_for_who_needs_none),
		T(the_region_of_requests_in_flight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
