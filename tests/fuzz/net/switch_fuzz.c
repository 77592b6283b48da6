/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * switch_fuzz.c - hostile frames through the whole forwarding decision. The input is a byte that
 * chooses the rules, then a script of records: a byte for the port and which ports are live, one
 * for the time that passes, one for the length, then the frame. A client's own address must never
 * move, no frame may go back where it came from, to a port that is not live or into another VLAN,
 * whatever tags it has, and no client may fill the table or flood more than it may. Groups are
 * confined, one client is held to one address,
 * each of two uplinks has VLANs of its own, and announcements of clients are made in between:
 * they are in the client's VLANs, from its own address, and of addresses that it may have.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/announce.h"
#include "net/ingress.h"

#define CLIENTS 4
#define UPLINKS 2
#define CLIENT_LIMIT 4
#define STORM 100
#define STORM_BURST 32
#define SECOND UINT64_C(1000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 02:00:00:00:00:00 to :03 */
static uint64_t own_mac(uint16_t port)
{
	return UINT64_C(0x020000000000) + port;
}

static const struct guard one_address = {
	.n = 2,
	.allowed = {{.byte = {[10] = 0xFF, 0xFF, 10, 0, 0, 5}}, {.byte = {0xFD, [15] = 5}}},
};

static struct fdb *make_table(void)
{
	struct fdb *fdb = fdb_new(64, CLIENT_LIMIT);

	assert(fdb);
	for (uint16_t p = 0; p < CLIENTS; p++)
		assert(fdb_static_add(fdb, own_mac(p), p) == 0);
	return fdb;
}

static uint16_t pick_port(uint8_t byte)
{
	unsigned port = byte % (CLIENTS + UPLINKS + 1);

	if (port == CLIENTS + UPLINKS)
		return PORT_TRUNK;
	return (uint16_t)(port < CLIENTS ? port : PORT_UPLINK + port - CLIENTS);
}

static struct portset pick_live(uint8_t byte, uint16_t in_port)
{
	struct portset live = {{0}};

	for (unsigned p = 0; p < CLIENTS; p++)
		if (byte >> (3 + p) & 1)
			portset_add(&live, p);
	if (byte >> 7 & 1)
		portset_add(&live, PORT_UPLINK);
	if (byte >> 2 & 1)
		portset_add(&live, PORT_UPLINK + 1);
	if (byte >> 6 & 1)
		portset_add(&live, PORT_TRUNK);
	portset_add(&live, in_port);
	return live;
}

/* Two bits a client: PVID 1 or 2; VLAN 3 as well, tagged. The last two: the first uplink's; the
 * second one has what that has not. */
static const struct rules *make_rules(uint8_t byte)
{
	static const uint16_t three[] = {3};
	static struct rules *made[256]; /* large, and the same each time */
	struct rules *rules = made[byte];

	if (rules)
		return rules;
	rules = made[byte] = rules_new();
	assert(rules);
	rules->snooping[0] = rules->snooping[1] = true;
	for (uint16_t p = 0; p < CLIENTS + UPLINKS; p++) {
		const bool second = p > CLIENTS;
		const unsigned bit = second ? CLIENTS : p;
		const struct rules_port what = {
			.pvid = (uint16_t)((byte >> bit & 1) ^ second) + 1,
			.n_vlans = (uint16_t)((byte >> (7 - bit) & 1) ^ second),
			.vlans = three,
			.own_mac_only = p == 2,
			.storm_per_s = p == 1 ? STORM : 0,
			.guard = p == 3 ? &one_address : NULL,
		};

		assert(rules_set(rules, p < CLIENTS ? p : (uint16_t)(PORT_UPLINK + p - CLIENTS),
			       &what) == 0);
	}
	rules_set_trunk(rules, &(struct vlanset){{byte & 14}}); /* the primary of some */
	return rules;
}

/* Of the trunk and the uplinks. */
static void check_no_circle(
	const struct ingress *in, uint16_t in_port, uint16_t port, uint16_t vlan)
{
	const bool closed =
		portset_has(&in->by.live, PORT_TRUNK) && !vlanset_has(&in->by.rules->primary, vlan);

	assert(port != PORT_TRUNK || in_port != PORT_TRUNK);
	assert(!closed || (!port_is_uplink(port) && !port_is_uplink(in_port)));
	assert(!port_is_uplink(port) || !port_is_uplink(in_port));
}

/* What the port gets is of the VLAN that was decided, as the port itself sees it. */
static void check_egress(const struct rules *rules, uint16_t port, uint16_t vlan,
	const struct frame *frame, const uint8_t *bytes, size_t len_bytes)
{
	uint32_t edit = rules_edit(rules, port, vlan, frame->tag);
	size_t skip = FRAME_MACS_BYTES + (edit & FRAME_EDIT_STRIP ? FRAME_VLAN_TAG_BYTES : 0),
	       n = FRAME_MACS_BYTES;
	uint8_t *edited = malloc(len_bytes + FRAME_VLAN_TAG_BYTES);
	struct frame again;

	assert(edited && len_bytes >= skip);
	memcpy(edited, bytes, n);
	if (edit & FRAME_EDIT_PUSH) {
		frame_tag_bytes(edit, edited + n);
		n += FRAME_VLAN_TAG_BYTES;
	}
	memcpy(edited + n, bytes + skip, len_bytes - skip);
	n += len_bytes - skip;
	assert(n == len_bytes + (size_t)frame_edit_bytes(edit));
	assert(frame_parse(edited, n, &again) == 0);
	assert(rules_member(rules, vlan, port));
	assert(!again.tag == (rules->pvid[port] == vlan));
	assert((again.tag ? again.vlan : rules->pvid[port]) == vlan);
	assert(again.src == frame->src && again.dst == frame->dst &&
		again.ethertype == frame->ethertype);
	free(edited);
}

static uint64_t began_us, sent[FLOOD_KINDS]; /* of one input */

static void check_storm(const struct ingress *in, uint16_t in_port, const struct forward *out)
{
	if (in_port != 1 || out->reason != DROP_NONE || out->port != PORT_NONE)
		return;
	if (in->now_us < began_us || in->now_us > began_us + 10 * SECOND) {
		began_us = in->now_us;
		memset(sent, 0, sizeof(sent));
	}
	/* One copy of a frame to nobody known is no flood. */
	if (out->kind == FLOOD_UNKNOWN && portset_count(&out->set) == 1)
		return;
	sent[out->kind]++;
	assert(sent[out->kind] <= 2 * STORM_BURST + 10 * STORM);
}

static void check(const struct ingress *in, uint16_t in_port, const struct frame *frame,
	const struct forward *out, const uint8_t *bytes, size_t len_bytes)
{
	const struct portset *live = &in->by.live;

	assert(out->reason < DROP_COUNT);
	if (out->reason != DROP_NONE) {
		if (out->over != PORT_NONE)
			check_no_circle(in, in_port, out->over, out->vlan);
		assert(out->charged == in_port ||
			(out->reason == DROP_NOT_LIVE && out->charged < CLIENTS));
		return;
	}
	assert(rules_member(in->by.rules, out->vlan, in_port));
	if (out->port != PORT_NONE) {
		assert(out->port != in_port && portset_has(live, out->port));
		check_no_circle(in, in_port, out->port, out->vlan);
		check_egress(in->by.rules, out->port, out->vlan, frame, bytes, len_bytes);
		return;
	}
	assert(portset_count(&out->set) > 0 && !portset_has(&out->set, in_port));
	for (uint16_t p = portset_next(&out->set, 0); p != PORT_NONE;
		p = portset_next(&out->set, p + 1u)) {
		assert(portset_has(live, p));
		check_no_circle(in, in_port, p, out->vlan);
		check_egress(in->by.rules, p, out->vlan, frame, bytes, len_bytes);
	}
}

static void check_table(const struct fdb *fdb, uint32_t now_s)
{
	for (uint16_t p = 0; p < CLIENTS; p++) {
		assert(fdb_static_get(fdb, own_mac(p)) == p);
		for (uint16_t vlan = 1; vlan <= 3; vlan++)
			assert(fdb_get(fdb, own_mac(p), vlan, now_s) == PORT_NONE);
		assert(fdb_learned_count(fdb, p) <= (p == 2 ? 0 : CLIENT_LIMIT));
	}
	assert(fdb_learned_count(fdb, PORT_UPLINK) + fdb_learned_count(fdb, PORT_UPLINK + 1) <= 64);
}

/* What the uplink gets, as the switch outside sees it. */
static void check_announcement(
	const struct ingress *in, uint16_t port, const struct announce_out *out, size_t len_bytes)
{
	const struct rules *rules = in->by.rules;
	const uint8_t *bytes = out->bytes;
	struct frame frame;
	struct packet p;
	uint16_t vlan;

	assert(len_bytes <= ANNOUNCE_BYTES_MAX && !frame_parse(bytes, len_bytes, &frame));
	vlan = frame.tag ? frame.vlan : rules->pvid[out->uplink];
	assert(port_is_uplink(out->uplink));
	assert(rules_member(rules, vlan, port) && rules_member(rules, vlan, out->uplink));
	assert(frame.src == own_mac(port) && frame_mac_is_multicast(frame.dst));
	assert(!!frame.tag == (vlan != rules->pvid[out->uplink]));
	if (!packet_parse(bytes + frame.payload_offset, len_bytes - frame.payload_offset,
		    frame.ethertype, &p))
		assert(packet_sum_is_right(&p));
	if (port == 3)
		assert(guard_check(&one_address, bytes, len_bytes, &frame) == DROP_NONE);
}

static void announce(const struct ingress *in, uint16_t port)
{
	const struct announce what = {
		.rules = in->by.rules,
		.neigh = in->neigh,
		.port = port,
		.mac = own_mac(port),
		.now_s = in->by.now_s,
	};
	struct announce_out out;
	int n;

	for (unsigned i = 0; (n = announce_frame(&what, i, &out)) >= 0; i++) {
		assert(i < ANNOUNCE_VLANS_MAX + ANNOUNCE_IPS_MAX);
		if (n)
			check_announcement(in, port, &out, (size_t)n);
	}
}

static void check_groups(const struct snoop *snoop)
{
	unsigned n = 0;

	for (uint16_t p = 0; p < CLIENTS; p++) {
		assert(snoop_counts(snoop, p).groups <= SNOOP_PORT_GROUPS);
		n += snoop_counts(snoop, p).groups;
	}
	for (uint16_t vlan = 1; vlan <= 3; vlan++) {
		struct portset to = {{0}};

		snoop_add_routers(snoop, vlan, &to);
		assert(!portset_has(&to, PORT_UPLINK) && !portset_has(&to, PORT_UPLINK + 1) &&
			portset_count(&to) <= CLIENTS);
	}
	assert(snoop_counts(snoop, PORT_UPLINK).groups <= n);
}

static void one_frame(
	struct ingress *in, uint8_t choice, const uint8_t *bytes, size_t len_bytes, uint64_t now_us)
{
	uint16_t in_port = pick_port(choice);
	struct portset live = pick_live(choice, in_port);
	uint8_t *copy = malloc(len_bytes ? len_bytes : 1);
	struct ingress_frame what = {
		copy, len_bytes, len_bytes, choice & 1 ? 200 : SIZE_MAX, false};
	struct forward out;
	struct frame frame;
	bool pruned;

	assert(copy);
	memcpy(copy, bytes, len_bytes);
	ingress_begin(in, in->by.rules, &live, now_us);
	ingress_decide(in, in_port, &what, &frame, &out, &pruned);
	assert(frame.vlan <= 4095 && frame.payload_offset <= len_bytes);
	assert(!pruned || port_is_uplink(out.port) || out.port == PORT_TRUNK);
	check(in, in_port, &frame, &out, copy, len_bytes);
	check_storm(in, in_port, &out);
	check_table(in->by.fdb, in->by.now_s);
	check_groups(in->snoop);
	if (in_port == 3 && out.reason == DROP_NONE)
		assert(guard_check(&one_address, copy, len_bytes, &frame) == DROP_NONE);
	free(copy);
}

/* Large: made once, and emptied for each input. */
static void share_tables(struct ingress *in)
{
	static struct snoop *snoop;
	static struct neigh *neigh;

	if (!snoop) {
		snoop = snoop_new();
		neigh = neigh_new();
	}
	assert(snoop && neigh);
	snoop_reset(snoop);
	for (uint16_t p = 0; p < CLIENTS; p++) {
		snoop_port_came(snoop, p, 0);
		neigh_flush_port(neigh, p);
	}
	snoop_age(snoop, UINT32_MAX);
	in->snoop = snoop;
	in->neigh = neigh;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ingress *in = calloc(1, sizeof(*in));
	uint64_t now_us = SECOND;

	assert(in);
	began_us = 0;
	in->by.rules = make_rules(size ? data[0] : 0);
	in->by.fdb = make_table();
	share_tables(in);
	ingress_init(in, now_us);
	if (size) {
		data++;
		size--;
	}
	while (size >= 3) {
		uint8_t choice = data[0];
		size_t len_bytes = data[2] < size - 3 ? data[2] : size - 3;

		/* A few microseconds, or seconds. */
		now_us += data[1] < 128 ? data[1] : (data[1] - 128) * SECOND;
		if (choice == 0xFF)
			fdb_age(in->by.fdb, (uint32_t)(now_us / SECOND));
		else if (choice == 0xFE)
			fdb_flush_port(in->by.fdb, pick_port(data[1]));
		else if (choice == 0xFD)
			snoop_port_came(in->snoop, data[1] % CLIENTS, (uint32_t)(now_us / SECOND));
		else if (choice == 0xFC)
			announce(in, data[1] % CLIENTS);
		else if (choice == 0xFB)
			snoop_age(in->snoop, (uint32_t)(now_us / SECOND));
		else
			one_frame(in, choice, data + 3, len_bytes, now_us);
		data += 3 + len_bytes;
		size -= 3 + len_bytes;
	}
	for (uint16_t p = 0; p < CLIENTS; p++)
		announce(in, p);
	fdb_free(in->by.fdb);
	free(in);
	return 0;
}
