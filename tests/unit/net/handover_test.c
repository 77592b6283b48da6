/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handover_test.c - clients, and the use of the uplink, go over from one switch to the other and
 * back while frames are under way over the trunk, each side learning of it at another time. Every
 * frame to one station arrives once: none is lost, none twice, and none crosses the trunk more than
 * twice. The seed is printed; NET_SEED replays it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/forward.h"
#include "net/handover.h"
#include "net/held.h"
#include "net/trunk_ring.h"

#define CLIENTS 4
#define VLAN 7
#define FRAMES 4096
#define RUNS 200
#define STEPS 3000
#define OUTSIDE UINT64_C(0x020000000999)
#define STEP_US 10

static uint64_t dice;

static unsigned roll(unsigned n)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice >> 33) % n;
}

static uint64_t mac_of(unsigned client)
{
	return UINT64_C(0x020000000100) + client;
}

struct wire { /* one direction of the trunk */
	unsigned id[FRAMES];
	uint32_t flags[FRAMES];
	unsigned put, taken;
};

static struct side {
	struct fdb *fdb;
	struct rules *rules;
	struct portset live;
	uint64_t left_us[CLIENTS], turned_us;
	bool deaf[CLIENTS]; /* live, but the ring for what it is given has been stopped */
	struct held held;
	struct wire in;
} side[2];

static struct {
	struct frame frame;
	unsigned arrived, crossed;
} sent[FRAMES];

static unsigned n_sent;
static uint64_t now_us;
static int home[CLIENTS], primary; /* or -1: on its way to `next` */
static int next[CLIENTS], next_primary;

static void set_primary(unsigned s, bool is)
{
	side[s].rules->left = side[s].rules->primary;
	memset(&side[s].rules->primary, 0, sizeof(struct vlanset));
	if (is)
		vlanset_add(&side[s].rules->primary, VLAN);
	side[s].turned_us = now_us;
	fdb_flush_port(side[s].fdb, PORT_UPLINK);
	fdb_flush_port(side[s].fdb, PORT_TRUNK);
}

static void make_side(unsigned s)
{
	static const uint16_t vlan = VLAN;
	const struct rules_port uplink = {.pvid = 1, .n_vlans = 1, .vlans = &vlan};
	static const struct vlanset none;

	memset(&side[s], 0, sizeof(side[s]));
	side[s].fdb = fdb_new(1024, 8);
	side[s].rules = rules_new();
	assert_true(side[s].fdb && side[s].rules);
	for (uint16_t c = 0; c < CLIENTS; c++) {
		const struct rules_port port = {.pvid = VLAN};

		assert_int_equal(rules_set(side[s].rules, c, &port), 0);
		assert_int_equal(fdb_static_add(side[s].fdb, mac_of(c), c), 0);
		if (s == 0)
			portset_add(&side[s].live, c);
	}
	assert_int_equal(rules_set(side[s].rules, PORT_UPLINK, &uplink), 0);
	rules_set_trunk(side[s].rules, &none);
	portset_add(&side[s].live, PORT_UPLINK);
	portset_add(&side[s].live, PORT_TRUNK);
	set_primary(s, s == 0);
	side[s].turned_us = 0;
}

static void over(unsigned s, unsigned id, uint32_t flags)
{
	struct wire *wire = &side[1 - s].in;

	assert_true(++sent[id].crossed <= 2); /* else it goes to and fro */
	assert_true(wire->put < FRAMES);
	wire->id[wire->put] = id;
	wire->flags[wire->put++] = flags;
}

static void hold(unsigned s, uint16_t port, unsigned id, uint32_t flags)
{
	const struct held_frame frame = {
		.until_us = now_us + HANDOVER_US, .adapter_id = id, .port = port, .over = flags};

	assert_true(held_put(&side[s].held, &frame));
}

static bool from_trunk; /* what is handled now */

static void leave(unsigned s, uint16_t port, unsigned id, uint32_t flags)
{
	if (port == PORT_TRUNK)
		over(s, id, flags);
	else if (port == PORT_UPLINK)
		sent[id].arrived += sent[id].frame.dst == OUTSIDE;
	else if (side[s].deaf[port] && sent[id].frame.dst == mac_of(port))
		hold(s, port, id, TRUNK_UNSERVED | (from_trunk ? TRUNK_BACK : 0));
	else /* floods reach others, too */
		sent[id].arrived += sent[id].frame.dst == mac_of(port);
}

static bool is_served(unsigned s, uint16_t port)
{
	if (!portset_has(&side[s].live, port))
		return false;
	return port == PORT_UPLINK ? vlanset_has(&side[s].rules->primary, VLAN)
				   : !side[s].deaf[port];
}

static void not_live(
	unsigned s, uint16_t in_port, const struct forward *to, unsigned id, uint32_t came)
{
	const struct handover_client facts = {
		.left = side[s].left_us[to->charged] + HANDOVER_US > now_us,
		.left_us = side[s].left_us[to->charged],
		.trunk = true,
		.by_trunk = in_port == PORT_TRUNK,
		.flags = came};
	uint32_t flags;

	switch (handover_client(&facts, &flags)) {
	case HANDOVER_HOLD:
		hold(s, to->charged, id, 0);
		break;
	case HANDOVER_OVER:
		over(s, id, flags);
		break;
	case HANDOVER_DROP:
		break;
	}
}

static void unsent(unsigned s, unsigned id, uint32_t came)
{
	uint32_t flags;
	enum handover what = handover_uplink(came, vlanset_has(&side[s].rules->left, VLAN), &flags);

	if (what == HANDOVER_HOLD)
		hold(s, PORT_UPLINK, id, 0);
	else if (what == HANDOVER_OVER)
		over(s, id, flags);
}

static void take_back(unsigned s, unsigned id)
{
	uint16_t port = fdb_static_get(side[s].fdb, sent[id].frame.dst);

	port = port == PORT_NONE ? PORT_UPLINK : port;
	if (is_served(s, port))
		leave(s, port, id, 0);
	else
		hold(s, port, id, 0);
}

/* As bridge.c. */
static void into(unsigned s, uint16_t in_port, unsigned id, uint32_t came)
{
	const struct forward_by by = {.fdb = side[s].fdb,
		.rules = side[s].rules,
		.live = side[s].live,
		.fresh = side[s].live,
		.now_s = 1};
	struct frame frame = sent[id].frame;
	struct forward to;
	uint32_t flags;

	from_trunk = in_port == PORT_TRUNK;
	if (came & TRUNK_BACK) {
		take_back(s, id);
		return;
	}
	frame.sent = in_port == PORT_TRUNK && !(came & TRUNK_UNSERVED);
	forward_frame(&by, &frame, in_port, &to);
	if (in_port == PORT_TRUNK && to.unsent)
		unsent(s, id, came);
	flags = to.unsent ? TRUNK_UNSERVED : 0;
	if (to.reason == DROP_NOT_LIVE)
		not_live(s, in_port, &to, id, came);
	else if (to.reason == DROP_NONE && to.port != PORT_NONE)
		leave(s, to.port, id, flags);
	else if (to.reason == DROP_NONE)
		for (uint16_t p = portset_next(&to.set, 0); p != PORT_NONE;
			p = portset_next(&to.set, p + 1u))
			leave(s, p, id, flags);
}

struct settling {
	unsigned side;
};

static bool settle(const struct held_frame *frame, void *user)
{
	struct settling *of = user;

	if (is_served(of->side, frame->port))
		leave(of->side, frame->port, frame->adapter_id, 0);
	else if (frame->until_us <= now_us)
		return true;
	else if (frame->over && !portset_has(&side[of->side].live, frame->port))
		over(of->side, frame->adapter_id,
			frame->over | handover_stamp(side[of->side].left_us[frame->port]));
	else
		return false;
	return true;
}

/* A round of the worker: what is held first, then some of what is in the ring. */
static void work(unsigned s, unsigned most)
{
	struct settling of = {.side = s};

	memset(&side[s].rules->turning, 0, sizeof(struct vlanset));
	if (now_us < side[s].turned_us + HANDOVER_US)
		vlanset_add(&side[s].rules->turning, VLAN);
	else
		memset(&side[s].rules->left, 0, sizeof(struct vlanset));
	held_settle(&side[s].held, settle, &of);
	for (; most && side[s].in.taken < side[s].in.put; most--) {
		const unsigned i = side[s].in.taken++;

		into(s, PORT_TRUNK, side[s].in.id[i], side[s].in.flags[i]);
	}
}

static void move_client(unsigned c)
{
	if (home[c] >= 0 && !side[home[c]].deaf[c] && roll(2)) {
		side[home[c]].deaf[c] = true; /* in a moment the other one, and then it has left */
	} else if (home[c] >= 0) {
		side[home[c]].deaf[c] = false;
		side[home[c]].left_us[c] = now_us;
		portset_remove(&side[home[c]].live, c);
		next[c] = 1 - home[c];
		home[c] = -1;
	} else {
		portset_add(&side[next[c]].live, c);
		home[c] = next[c];
	}
}

static void move_primary(void)
{
	if (primary >= 0) {
		set_primary((unsigned)primary, false);
		next_primary = 1 - primary;
		primary = -1;
	} else {
		set_primary((unsigned)next_primary, true);
		primary = next_primary;
	}
}

/* A client sends to another one or out; or the outside does, by the uplink that is in use. */
static void send_one(void)
{
	const unsigned from = roll(CLIENTS + 1), to = roll(CLIENTS + 1);

	if (from == to || n_sent == FRAMES || (from < CLIENTS ? home[from] < 0 : primary < 0))
		return;
	sent[n_sent].arrived = sent[n_sent].crossed = 0;
	sent[n_sent].frame = (struct frame){.src = from < CLIENTS ? mac_of(from) : OUTSIDE,
		.dst = to < CLIENTS ? mac_of(to) : OUTSIDE,
		.vlan = VLAN,
		.tag = FRAME_TAGGED | VLAN,
		.ethertype = 0x0800};
	n_sent++;
	if (from < CLIENTS) {
		sent[n_sent - 1].frame.vlan = 0;
		sent[n_sent - 1].frame.tag = 0;
	}
	into((unsigned)(from < CLIENTS ? home[from] : primary),
		(uint16_t)(from < CLIENTS ? from : PORT_UPLINK), n_sent - 1, 0);
	sent[n_sent - 1].frame.vlan = VLAN; /* as it is on the trunk */
	sent[n_sent - 1].frame.tag = FRAME_TAGGED | VLAN;
}

/* All moves have ended, and nothing is under way. */
static void finish(void)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		while (home[i] < 0 || side[home[i]].deaf[i])
			move_client(i);
	if (primary < 0)
		move_primary();
	for (unsigned i = 0; i < 10; i++)
		work(i % 2, FRAMES);
}

/* A move that has begun ends soon; the next one begins when what is under way has settled. */
static void one_run(void)
{
	uint64_t quiet_us = 0;

	n_sent = 0;
	primary = 0;
	now_us = 1000000;
	memset(home, 0, sizeof(home));
	make_side(0);
	make_side(1);
	for (unsigned step = 0; step < STEPS; step++, now_us += STEP_US) {
		const unsigned what = roll(40), c = roll(CLIENTS);

		if (what < CLIENTS && (home[c] < 0 || side[home[c]].deaf[c]))
			move_client(c);
		else if (what == CLIENTS && primary < 0)
			move_primary();
		else if (what == CLIENTS + 1 && now_us > quiet_us) {
			quiet_us = now_us + 5000; /* clients may come back soon */
			for (unsigned i = 0; i < CLIENTS; i++)
				if (home[i] >= 0 && roll(2))
					move_client(i);
			if (primary >= 0 && roll(2) && now_us > side[0].turned_us + HANDOVER_US)
				move_primary();
		} else if (what < 30)
			send_one();
		else
			work(roll(2), roll(20));
		if (step == STEPS / 2) {
			finish();
			now_us += 4 * HANDOVER_US;
		}
	}
	finish();
}

static void test_random_moves(void **state)
{
	const char *seed = getenv("NET_SEED");
	unsigned crossed_again = 0;

	dice = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
	printf("NET_SEED=%llu\n", (unsigned long long)dice);
	for (unsigned run = 0; run < RUNS; run++) {
		one_run();
		for (unsigned id = 0; id < n_sent; id++) {
			assert_int_equal(sent[id].arrived, 1);
			crossed_again += sent[id].crossed > 1;
		}
		for (unsigned s = 0; s < 2; s++) {
			assert_int_equal(side[s].held.n, 0);
			fdb_free(side[s].fdb);
			rules_free(side[s].rules);
		}
	}
	assert_true(crossed_again > RUNS); /* or it has shown nothing */
}

static void test_client(void **state)
{
	uint32_t flags;

#define CLIENT(...) handover_client(&(const struct handover_client){__VA_ARGS__}, &flags)
	assert_int_equal(CLIENT(.expected = true, .trunk = true), HANDOVER_HOLD);
	assert_int_equal(CLIENT(.trunk = false), HANDOVER_DROP);
	assert_int_equal(CLIENT(.trunk = false, .left = true), HANDOVER_DROP);
	assert_int_equal(CLIENT(.trunk = true), HANDOVER_OVER);
	assert_int_equal(flags, 0);
	assert_int_equal(CLIENT(.trunk = true, .left = true), HANDOVER_OVER);
	assert_int_equal(flags, TRUNK_UNSERVED);
	assert_int_equal(CLIENT(.trunk = true, .by_trunk = true), HANDOVER_DROP);
	assert_int_equal(CLIENT(.trunk = true, .by_trunk = true, .left = true), HANDOVER_OVER);
	assert_int_equal(flags, TRUNK_UNSERVED | TRUNK_BACK);
	/* What says that it left there waits here, unless it has left here since. */
	for (uint64_t base_us = 0; base_us < 8192000; base_us += 100000) {
		assert_int_equal(CLIENT(.trunk = true, .by_trunk = true, .left = true,
					 .left_us = base_us + 150000,
					 .flags = TRUNK_UNSERVED | handover_stamp(base_us)),
			HANDOVER_OVER);
		assert_int_equal(
			flags & (TRUNK_UNSERVED | TRUNK_BACK), TRUNK_UNSERVED | TRUNK_BACK);
		assert_int_equal(
			CLIENT(.trunk = true, .by_trunk = true, .left = true, .left_us = base_us,
				.flags = TRUNK_UNSERVED | handover_stamp(base_us + 150000)),
			HANDOVER_HOLD);
		assert_int_equal(
			CLIENT(.trunk = true, .by_trunk = true, .left = true, .left_us = base_us,
				.flags = TRUNK_UNSERVED | handover_stamp(base_us)),
			HANDOVER_HOLD);
	}
	assert_int_equal(CLIENT(.trunk = true, .by_trunk = true, .left = true,
				 .flags = TRUNK_UNSERVED | TRUNK_BACK),
		HANDOVER_HOLD);
#undef CLIENT
}

static void test_uplink(void **state)
{
	uint32_t flags;

	assert_int_equal(handover_uplink(0, true, &flags), HANDOVER_DROP);
	assert_int_equal(handover_uplink(0, false, &flags), HANDOVER_DROP);
	assert_int_equal(handover_uplink(TRUNK_UNSERVED, false, &flags), HANDOVER_HOLD);
	assert_int_equal(handover_uplink(TRUNK_UNSERVED, true, &flags), HANDOVER_OVER);
	assert_int_equal(flags, TRUNK_UNSERVED | TRUNK_BACK);
	assert_int_equal(handover_uplink(TRUNK_UNSERVED | TRUNK_BACK, true, &flags), HANDOVER_HOLD);
	assert_int_equal(
		handover_uplink(TRUNK_UNSERVED | TRUNK_BACK, false, &flags), HANDOVER_HOLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_uplink),
		cmocka_unit_test(test_random_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
