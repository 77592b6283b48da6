/* SPDX-License-Identifier: BSD-3-Clause */
/* snoop_test.c - who gets what is sent to a group: the whole decision, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "net/ingress.h"
#include "tests/unit/net/packets.h"

#define MAC(port) (UINT64_C(0x027669000000) + (port)) /* own address of a client */
#define OUTSIDE UINT64_C(0x025555000001)
#define U PORT_UPLINK

static struct ingress *in;
static struct rules *rules;
static uint32_t now_s;
static bool trunk;
static const struct ip group = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 239, 1, 2, 3}};
static struct ip group6;

static void at(uint32_t s)
{
	struct portset live = {{0}};

	now_s = s;
	for (unsigned p = 0; p < 4; p++)
		portset_add(&live, p);
	portset_add(&live, U);
	if (trunk)
		portset_add(&live, PORT_TRUNK);
	ingress_begin(in, rules, &live, s * UINT64_C(1000000));
	snoop_age(in->snoop, s);
}

/* Clients a, b, c of VLAN 1 and d of VLAN 2; the uplink is in both. */
static int set_up(void **state)
{
	const uint16_t two = 2;
	const struct rules_port one = {.pvid = 1}, other = {.pvid = 2},
				uplink = {.pvid = 1, .n_vlans = 1, .vlans = &two};

	in = test_calloc(1, sizeof(*in));
	rules = rules_new();
	rules->snooping[0] = true;
	in->by.fdb = fdb_new(1024, 8);
	in->snoop = snoop_new();
	group6 = v6(0xFF0E, 0x1234);
	ingress_init(in, 1000000);
	for (uint16_t p = 0; p < 4; p++)
		if (rules_set(rules, p, p == 3 ? &other : &one) ||
			fdb_static_add(in->by.fdb, MAC(p), p))
			return -1;
	if (rules_set(rules, U, &uplink))
		return -1;
	at(1);
	for (uint16_t p = 0; p < 4; p++)
		snoop_port_came(in->snoop, p, now_s);
	at(1000);
	return 0;
}

static int tear_down(void **state)
{
	trunk = false;
	fdb_free(in->by.fdb);
	rules_free(rules);
	snoop_free(in->snoop);
	test_free(in);
	return 0;
}

/* "ab u", or the reason why it goes nowhere. */
static const char *send(uint16_t port, const struct bytes *b)
{
	static char where[64];
	struct ingress_frame what = {b->at, b->n, b->n, SIZE_MAX};
	struct forward out;
	struct frame frame;
	bool pruned;
	size_t n = 0;

	ingress_decide(in, port, &what, &frame, &out, &pruned);
	if (out.reason != DROP_NONE)
		return drop_name(out.reason);
	assert_int_equal(out.port, PORT_NONE);
	for (uint16_t p = portset_next(&out.set, 0); p != PORT_NONE;
		p = portset_next(&out.set, p + 1u))
		where[n++] = p == U ? 'u' : p == PORT_TRUNK ? 't' : (char)('a' + p);
	where[n] = '\0';
	return where;
}

static uint64_t mac_of(uint16_t port)
{
	return port == U ? OUTSIDE : MAC(port);
}

static struct ip address_of(uint16_t port, bool is_v6)
{
	struct ip ip = v4(10, 0, 0, port == U ? 99u : port + 1u);

	if (is_v6)
		ip_link_local(mac_of(port), &ip);
	return ip;
}

static const char *data(uint16_t port, struct ip to)
{
	struct ip from = address_of(port, !ip_is_v4(&to));
	struct bytes b = ethernet(
		mcast_mac(&to), mac_of(port), ip_is_v4(&to) ? PACKET_TYPE_IPV4 : PACKET_TYPE_IPV6);

	add_ip(&b, &from, &to, PACKET_UDP, 8, 8);
	add(&b, (uint8_t[8]){0}, 8);
	return send(port, &b);
}

static const char *say(uint16_t port, struct ip to, const uint8_t *body, size_t n)
{
	struct ip from = address_of(port, !ip_is_v4(&to));
	struct bytes b = message(mac_of(port), mcast_mac(&to), &from, &to, 1, body, n);

	return send(port, &b);
}

static const char *query(uint16_t port)
{
	const uint8_t body[12] = {0x11, 100, 0, 0, 0, 0, 0, 0, 2, 125};

	return say(port, v4(224, 0, 0, 1), body, 12);
}

static const char *query6(uint16_t port)
{
	uint8_t body[28] = {130, 0, 0, 0, 0x27, 0x10};

	body[24] = 2;
	body[25] = 125;
	return say(port, v6(0xFF02, 1), body, 28);
}

static const char *report_v2(uint16_t port, struct ip to)
{
	uint8_t body[8] = {0x16};

	memcpy(body + 4, to.byte + 12, 4);
	return say(port, to, body, 8);
}

static const char *report_v3(uint16_t port, uint8_t type, uint8_t n_sources, struct ip to)
{
	uint8_t body[24] = {0x22, 0, 0, 0, 0, 0, 0, 1, type, 0, 0, n_sources};

	memcpy(body + 12, to.byte + 12, 4);
	return say(port, v4(224, 0, 0, 22), body, 16 + 4u * n_sources);
}

static const char *report6(uint16_t port, struct ip to)
{
	uint8_t body[24] = {131};

	memcpy(body + 8, &to, 16);
	return say(port, to, body, 24);
}

static const char *report6_v2(uint16_t port, uint8_t type, struct ip to)
{
	uint8_t body[28] = {143, 0, 0, 0, 0, 0, 0, 1, type};

	memcpy(body + 12, &to, 16);
	return say(port, v6(0xFF02, 22), body, 28);
}

/* Asks, and lets the time pass that hosts have to answer. */
static void ask(void)
{
	query(U);
	query6(U);
	at(now_s + 11);
}

/* Nobody here knows who wants it on the other side. */
static void test_trunk(void **state)
{
	struct vlanset primary = {0};

	vlanset_add(&primary, 1);
	rules_set_trunk(rules, &primary);
	trunk = true;
	at(now_s);
	ask();
	report_v2(0, group);
	assert_string_equal(data(1, group), "aut");
}

static void test_nobody_asks(void **state)
{
	/* Without a querier nobody would say again what it wants: all get all. */
	report_v2(0, group);
	assert_string_equal(data(1, group), "acu");
	assert_string_equal(data(U, group6), "abc");
	query(U);
	assert_string_equal(data(1, group), "acu"); /* they have not answered yet */
	at(now_s + 11);
	report_v2(0, group);
	assert_string_equal(data(1, group), "au");
	assert_string_equal(data(1, group6), "acu"); /* the other family's querier is another */
	assert_string_equal(data(3, group), "u");    /* as is another VLAN's */
	assert_int_equal(snoop_queriers(in->snoop, now_s), 1);
	/* It has gone. */
	at(now_s + 260);
	assert_string_equal(data(1, group), "acu");
	rules->snooping[0] = false;
	query(U);
	at(now_s + 11);
	assert_string_equal(data(1, group), "acu");
}

static void test_members(void **state)
{
	ask();
	assert_string_equal(data(U, group), "no_listener");
	assert_string_equal(data(1, group), "u");
	assert_string_equal(report_v2(0, group), "u"); /* to routers only */
	assert_string_equal(data(U, group), "a");
	assert_string_equal(data(1, group), "au");
	assert_string_equal(data(0, group), "u");
	assert_string_equal(report_v3(2, 4, 0, group), "u");
	assert_string_equal(data(1, group), "acu");
	assert_string_equal(report6(1, group6), "u");
	assert_string_equal(report6_v2(2, 4, group6), "u");
	assert_string_equal(data(U, group6), "bc");
	/* It ages, but not before the querier has asked twice. */
	at(now_s + 125);
	ask();
	report_v2(0, group);
	assert_string_equal(data(1, group), "acu");
	at(now_s + 114);
	ask();
	at(now_s + 16);
	assert_string_equal(data(1, group), "au");
	assert_string_equal(data(U, group6), "no_listener");
}

static void test_records(void **state)
{
	ask();
	report_v3(0, 3, 0, group); /* leaves */
	report_v3(0, 6, 1, group); /* does not want one source */
	assert_string_equal(data(U, group), "no_listener");
	report_v3(0, 5, 1, group); /* wants one source */
	assert_string_equal(data(U, group), "a");
	report_v3(1, 1, 1, group);
	report_v3(2, 2, 0, group);
	assert_string_equal(data(U, group), "abc");
}

static void test_leaving(void **state)
{
	uint8_t leave[8] = {0x17}, specific[8] = {0x11, 10};

	memcpy(leave + 4, group.byte + 12, 4);
	memcpy(specific + 4, group.byte + 12, 4);
	ask();
	report_v2(0, group);
	report_v2(1, group);
	assert_string_equal(say(0, v4(224, 0, 0, 2), leave, 8), "u");
	assert_string_equal(data(U, group), "ab"); /* till the querier has asked who is left */
	assert_string_equal(say(U, group, specific, 8), "ab");
	at(now_s + 1);
	report_v2(1, group);
	at(now_s + 2);
	assert_string_equal(data(U, group), "b");
}

static void test_link_local(void **state)
{
	const struct ip solicited = {{0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF, 1, 2, 3}};
	struct bytes other = ethernet(UINT64_C(0x01005E010203), MAC(0), 0x88CC);

	ask();
	assert_string_equal(data(U, v4(224, 0, 0, 251)), "abc");
	assert_string_equal(data(0, v6(0xFF02, 0xFB)), "bcu");
	assert_string_equal(data(0, solicited), "bcu"); /* neighbour discovery */
	other.n = 60;
	assert_string_equal(send(0, &other), "bcu"); /* no IP */
	/* Where IP says another group than the frame's address, that counts. */
	report_v2(0, group);
	assert_string_equal(data(U, v4(224, 1, 2, 3)), "a");
}

static void test_routers(void **state)
{
	const uint8_t hello[8] = {0x20};
	const struct ip pim = v4(224, 0, 0, 13), from = v4(10, 0, 0, 3);
	struct bytes b = ethernet(mcast_mac(&pim), MAC(2), PACKET_TYPE_IPV4);

	ask();
	assert_string_equal(query(1), "acu"); /* b is a router */
	assert_string_equal(report_v2(0, group), "bu");
	assert_string_equal(data(U, v4(239, 9, 9, 9)), "b");
	assert_string_equal(report_v2(U, group), "b");
	add_ip(&b, &from, &pim, 103, 1, 8);
	add(&b, hello, 8);
	assert_string_equal(send(2, &b), "abu");
	assert_string_equal(data(U, v4(239, 9, 9, 9)), "bc");
	at(now_s + 200);
	ask();
	at(now_s + 70);
	assert_string_equal(data(U, v4(239, 9, 9, 9)), "no_listener");
}

static void test_just_come(void **state)
{
	ask();
	report_v2(0, group);
	snoop_port_came(in->snoop, 1, now_s);
	assert_string_equal(data(U, group), "ab");
	assert_true(snoop_counts(in->snoop, 1).open);
	/* What it wanted where it was is forgotten. */
	snoop_port_came(in->snoop, 0, now_s);
	at(now_s + 125);
	ask();
	at(now_s + 125);
	assert_string_equal(data(U, group), "no_listener");
}

static void test_limits(void **state)
{
	ask();
	for (unsigned i = 0; i < SNOOP_PORT_GROUPS; i++)
		report_v2(0, v4(239, 2, 0, i));
	assert_int_equal(snoop_counts(in->snoop, 0).groups, SNOOP_PORT_GROUPS);
	assert_false(snoop_counts(in->snoop, 0).open);
	assert_string_equal(data(U, v4(239, 8, 8, 8)), "no_listener");
	/* One more is not kept: it gets all rather than too little. */
	report_v2(0, v4(239, 3, 0, 0));
	assert_int_equal(snoop_counts(in->snoop, 0).groups, SNOOP_PORT_GROUPS);
	assert_int_equal(snoop_counts(in->snoop, 0).refused, 1);
	assert_string_equal(data(U, v4(239, 8, 8, 8)), "a");
	report_v2(0, v4(239, 2, 0, 1)); /* one that is kept goes on */
	assert_int_equal(snoop_counts(in->snoop, 0).refused, 1);
	/* A full table. */
	for (unsigned i = 0; i < 65536; i++)
		snoop_hear(in->snoop, 2, (uint16_t)(3 + i / 60 % 200),
			&(struct mcast){.kind = MCAST_REPORT, .n = 1, .joins = {i + 1}}, now_s);
	assert_true(snoop_counts(in->snoop, U).groups <= SNOOP_GROUPS);
	assert_true(snoop_counts(in->snoop, U).groups > SNOOP_GROUPS / 2);
	at(now_s + 300);
	assert_int_equal(snoop_counts(in->snoop, U).groups, 0);
	for (uint16_t p = 0; p < PORT_CLIENTS; p++)
		assert_int_equal(snoop_counts(in->snoop, p).groups, 0);
}

/* Those that would be believed only by who does not look. */
static void test_broken_messages(void **state)
{
	const struct ip all = v4(224, 0, 0, 1), from = v4(10, 0, 0, 9);
	const uint8_t body[8] = {0x11, 100};
	struct bytes good = message(OUTSIDE, mcast_mac(&all), &from, &all, 1, body, 8), b;
	uint8_t query_far[28] = {130, 0, 0, 0, 0x27, 0x10}, seldom[12] = {0x11, 100};

	b = good;
	b.at[36] ^= 1; /* its checksum */
	send(U, &b);
	b = good;
	b.n -= 1;
	send(U, &b);
	b = good;
	frame_mac_bytes(UINT64_C(0x01005E000005), b.at); /* not to all hosts */
	send(U, &b);
	b = message(OUTSIDE, UINT64_C(0x333300000001), &(struct ip){{0xFD}},
		&(struct ip){{0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}, 1, query_far,
		28);
	send(U, &b); /* not from the link */
	at(now_s + 11);
	assert_int_equal(snoop_queriers(in->snoop, now_s), 0);
	assert_int_equal(snoop_counts(in->snoop, U).queries, 0);
	/* One that asks twice a day is no querier. */
	seldom[9] = 0xFF;
	say(U, all, seldom, 12);
	at(now_s + 11);
	assert_int_equal(snoop_queriers(in->snoop, now_s), 0);
	send(U, &good);
	at(now_s + 11);
	assert_int_equal(snoop_queriers(in->snoop, now_s), 1);
	/* From no address: all answer, but nobody is a router. */
	b = message(MAC(1), mcast_mac(&all),
		&(struct ip){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}}, &all, 1, body, 8);
	send(1, &b);
	assert_string_equal(data(U, v4(239, 9, 9, 9)), "no_listener");
}

static void test_too_many_records(void **state)
{
	uint8_t body[400] = {0x22, 0, 0, 0, 0, 0, 0, 40};

	ask();
	for (unsigned i = 0; i < 40; i++)
		memcpy(body + 8 + 8 * i, (const uint8_t[]){4, 0, 0, 0, 239, 7, 0, (uint8_t)i}, 8);
	say(0, v4(224, 0, 0, 22), body, 8 + 8 * 40);
	assert_int_equal(snoop_counts(in->snoop, 0).groups, 40);
	assert_false(snoop_counts(in->snoop, 0).open);
	/* It says that there are more than there are. */
	body[7] = 41;
	say(0, v4(224, 0, 0, 22), body, 8 + 8 * 40);
	assert_true(snoop_counts(in->snoop, 0).open);
}

static void test_storm(void **state)
{
	ask();
	rules->storm_per_s[0] = 100;
	for (unsigned i = 0; i < 32; i++)
		assert_string_equal(report_v2(0, v4(239, 2, 0, i)), "u");
	assert_string_equal(report_v2(0, v4(239, 2, 0, 40)), "storm_multicast");
	assert_int_equal(snoop_counts(in->snoop, 0).groups, 32);
}

#define SNOOP_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SNOOP_TEST(test_trunk),
		SNOOP_TEST(test_nobody_asks),
		SNOOP_TEST(test_members),
		SNOOP_TEST(test_records),
		SNOOP_TEST(test_leaving),
		SNOOP_TEST(test_link_local),
		SNOOP_TEST(test_routers),
		SNOOP_TEST(test_just_come),
		SNOOP_TEST(test_limits),
		SNOOP_TEST(test_broken_messages),
		SNOOP_TEST(test_too_many_records),
		SNOOP_TEST(test_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
