/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * two_switches_test.c - two VIOS, a trunk, and a switch outside that joins both uplinks, in random
 * states: which links are there, who is the primary of which VLAN, where each client lives. Frames
 * are carried until none is left. No frame goes in a circle, nobody hears one twice or gets his own
 * back, and whoever can be reached is reached. The seed is printed; NET_SEED replays it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "net/forward.h"

#define CLIENTS 6
#define STATIONS 3 /* outside */
#define EVERYBODY (CLIENTS + STATIONS)
#define VLANS 2
#define STATES 400
#define FRAMES 40
#define HOPS_MAX 64
#define UNKNOWN UINT64_C(0x020000000077)

static uint64_t dice;

static unsigned roll(unsigned n)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice >> 33) % n;
}

static uint64_t mac_of(unsigned who)
{
	return UINT64_C(0x020000000100) + who;
}

static struct world {
	struct fdb *fdb[2];
	struct rules *rules[2];
	struct portset live[2];
	bool carrier[2]; /* between the uplink and the switch outside */
	bool trunk;
	int home[CLIENTS]; /* 0, 1, or -1: nowhere */
	uint16_t vlan[CLIENTS];
	int primary[VLANS + 1]; /* 0, 1, or -1: none */
	bool moved;		/* just now: the switch outside may send to both */
	uint32_t now_s;
} w;

static struct {
	unsigned hops;
	unsigned heard[EVERYBODY]; /* how often */
	unsigned lost;
	unsigned source;
	struct frame frame;
} f;

static void into(unsigned side, uint16_t in_port, uint16_t vlan);

/* Floods: the worst that a switch can do. */
static void outside(uint16_t vlan, int from_side)
{
	for (unsigned s = 0; s < STATIONS; s++)
		if (from_side >= 0 || CLIENTS + s != f.source)
			f.heard[CLIENTS + s]++;
	for (int side = 0; side < 2; side++)
		if (side != from_side && w.carrier[side])
			into((unsigned)side, PORT_UPLINK, vlan);
}

static void leave(unsigned side, uint16_t port, uint16_t vlan)
{
	if (port == PORT_TRUNK)
		into(1 - side, PORT_TRUNK, vlan);
	else if (port == PORT_UPLINK && w.carrier[side])
		outside(vlan, (int)side);
	else if (port == PORT_UPLINK)
		f.lost++;
	else
		f.heard[port]++;
}

static void into(unsigned side, uint16_t in_port, uint16_t vlan)
{
	const struct forward_by by = {
		.fdb = w.fdb[side], .rules = w.rules[side], .live = w.live[side], .now_s = w.now_s};
	struct frame frame = f.frame;
	struct forward to;

	assert_true(++f.hops < HOPS_MAX); /* else it goes in a circle */
	frame.vlan = vlan;
	frame.tag = FRAME_TAGGED | vlan;
	forward_frame(&by, &frame, in_port, &to);
	if (to.reason == DROP_NOT_LIVE && to.over != PORT_NONE) {
		leave(side, to.over, vlan);
		return;
	}
	if (to.reason != DROP_NONE)
		return;
	assert_int_equal(to.vlan, vlan);
	if (to.port != PORT_NONE) {
		leave(side, to.port, vlan);
		return;
	}
	for (uint16_t p = portset_next(&to.set, 0); p != PORT_NONE;
		p = portset_next(&to.set, p + 1u))
		leave(side, p, vlan);
}

static void make_rules(unsigned side)
{
	static const uint16_t all[VLANS] = {1, 2};
	const struct rules_port uplink = {.pvid = 4000, .n_vlans = VLANS, .vlans = all};
	struct vlanset primary = {{0}};

	rules_free(w.rules[side]);
	w.rules[side] = rules_new();
	assert_non_null(w.rules[side]);
	for (uint16_t c = 0; c < CLIENTS; c++) {
		const struct rules_port port = {.pvid = w.vlan[c]};

		assert_int_equal(rules_set(w.rules[side], c, &port), 0);
	}
	assert_int_equal(rules_set(w.rules[side], PORT_UPLINK, &uplink), 0);
	for (unsigned v = 1; v <= VLANS; v++)
		if (w.primary[v] == (int)side)
			vlanset_add(&primary, v);
	rules_set_trunk(w.rules[side], &primary);
	for (unsigned i = 0; w.moved && i < VLANSET_WORDS; i++)
		w.rules[side]->turning.word[i] = ~UINT64_C(0);
}

static void make_live(unsigned side)
{
	w.live[side] = (struct portset){{0}};
	portset_add(&w.live[side], PORT_UPLINK);
	if (w.trunk)
		portset_add(&w.live[side], PORT_TRUNK);
	for (unsigned c = 0; c < CLIENTS; c++)
		if (w.home[c] == (int)side)
			portset_add(&w.live[side], c);
}

/* What was learned stays: it may be wrong now. */
static void new_state(void)
{
	w.now_s += 1 + roll(400);
	w.trunk = roll(4) > 0;
	w.moved = roll(4) == 0;
	for (unsigned v = 1; v <= VLANS; v++)
		w.primary[v] = (int)roll(5) % 3 - 1;
	for (unsigned c = 0; c < CLIENTS; c++)
		w.home[c] = (int)roll(7) % 3 - 1;
	for (unsigned side = 0; side < 2; side++) {
		w.carrier[side] = roll(4) > 0;
		make_rules(side);
		make_live(side);
		/* As trunk.c does when the primary has moved. */
		fdb_flush_port(w.fdb[side], PORT_UPLINK);
		fdb_flush_port(w.fdb[side], PORT_TRUNK);
	}
}

/* The side by whose uplink a client of this side is reached; -1: by none. */
static int way_out(int side, uint16_t vlan)
{
	int at = w.trunk ? w.primary[vlan] : side;

	return at >= 0 && w.carrier[at] ? at : -1;
}

static bool is_reachable(unsigned from, unsigned to, uint16_t vlan)
{
	int a = from < CLIENTS ? w.home[from] : -1, b = to < CLIENTS ? w.home[to] : -1;

	if (from == to || (from < CLIENTS && a < 0) || (to < CLIENTS && b < 0))
		return false;
	if ((from < CLIENTS && w.vlan[from] != vlan) || (to < CLIENTS && w.vlan[to] != vlan))
		return false;
	if (from >= CLIENTS && to >= CLIENTS)
		return true;
	if (from >= CLIENTS)
		return way_out(b, vlan) >= 0;
	if (to >= CLIENTS)
		return way_out(a, vlan) >= 0;
	return a == b || w.trunk || (w.carrier[0] && w.carrier[1]);
}

static void send(unsigned from, uint64_t dst, uint16_t vlan)
{
	f.hops = f.lost = 0;
	f.source = from;
	for (unsigned i = 0; i < EVERYBODY; i++)
		f.heard[i] = 0;
	f.frame = (struct frame){.src = mac_of(from), .dst = dst, .ethertype = 0x0800};
	if (from < CLIENTS)
		into((unsigned)w.home[from], (uint16_t)from, vlan);
	else
		outside(vlan, -1);
}

/* dst: everybody's number, or EVERYBODY: all of the VLAN. */
static void check(unsigned from, unsigned dst, uint16_t vlan)
{
	for (unsigned to = 0; to < EVERYBODY; to++) {
		bool meant = dst == EVERYBODY || dst == to;

		/* It may come by both uplinks: this switch outside does not know where it is. */
		if (w.moved && w.trunk && from >= CLIENTS && dst < CLIENTS) {
			assert_true(
				to == dst ? f.heard[to] <= 2 : to >= CLIENTS || f.heard[to] == 0);
			assert_true(to != dst || f.heard[to] >= is_reachable(from, to, vlan));
			continue;
		}
		/* Own frames come back to stations: that is the switch outside. */
		if (to == from && to >= CLIENTS)
			continue;
		assert_true(f.heard[to] <= 1);
		if (meant && is_reachable(from, to, vlan))
			assert_int_equal(f.heard[to], 1);
		else if (to < CLIENTS && (dst < CLIENTS || !is_reachable(from, to, vlan)))
			assert_int_equal(f.heard[to], 0);
	}
}

static void one_frame(void)
{
	unsigned from = roll(EVERYBODY), dst = roll(EVERYBODY + 2);
	uint16_t vlan = from < CLIENTS ? w.vlan[from] : (uint16_t)(1 + roll(VLANS));

	if (from < CLIENTS && w.home[from] < 0)
		return;
	if (dst > EVERYBODY) {
		send(from, UNKNOWN, vlan);
		dst = EVERYBODY;
	} else {
		send(from, dst == EVERYBODY ? FRAME_MAC_BROADCAST : mac_of(dst), vlan);
	}
	check(from, dst, vlan);
}

static void make_world(void)
{
	for (unsigned c = 0; c < CLIENTS; c++)
		w.vlan[c] = (uint16_t)(1 + c % VLANS);
	for (unsigned side = 0; side < 2; side++) {
		w.fdb[side] = fdb_new(1024, 8);
		assert_non_null(w.fdb[side]);
		for (uint16_t c = 0; c < CLIENTS; c++)
			assert_int_equal(fdb_static_add(w.fdb[side], mac_of(c), c), 0);
	}
}

static void test_random_states(void **state)
{
	const char *seed = getenv("NET_SEED");

	dice = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
	printf("NET_SEED=%llu\n", (unsigned long long)dice);
	make_world();
	for (unsigned i = 0; i < STATES; i++) {
		new_state();
		for (unsigned k = 0; k < FRAMES; k++)
			one_frame();
	}
	for (unsigned side = 0; side < 2; side++) {
		fdb_free(w.fdb[side]);
		rules_free(w.rules[side]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
