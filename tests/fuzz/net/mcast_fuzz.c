/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mcast_fuzz.c - hostile frames through what looks behind the Ethernet header: IGMP and MLD
 * messages, checks of addresses, what is learned of them. The input is one frame. Nothing outside
 * of it is read, what is kept is bounded, and what is said to be a group is one.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/guard.h"
#include "net/mcast.h"
#include "net/neigh.h"
#include "net/snoop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(const struct mcast *m)
{
	assert(m->kind <= MCAST_ROUTER && m->n <= MCAST_RECORDS_MAX);
	assert(m->kind == MCAST_REPORT || (!m->n && !m->more));
	for (unsigned i = 0; i < m->n; i++)
		assert(m->joins[i] >> 24 == (m->is_v6 ? m->joins[i] >> 24 : 0x01005E) &&
			(!m->is_v6 || m->joins[i] >> 32 == 0x3333));
	if (m->kind == MCAST_QUERY)
		assert(m->general == !m->group && (!m->group || frame_mac_is_multicast(m->group)));
}

static void check_packet(const uint8_t *bytes, size_t n, const struct frame *frame)
{
	const uint8_t *payload = bytes + frame->payload_offset;
	struct packet p;

	n -= frame->payload_offset;
	if (packet_parse(payload, n, frame->ethertype, &p))
		return;
	assert(p.body > payload && p.body + p.body_bytes <= payload + n);
	assert(ip_is_v4(&p.src) || p.is_v6);
	(void)!packet_sum_is_right(&p);
}

/* A frame from an adapter that may use nothing says nothing that it may use. */
static void check_guard(const uint8_t *bytes, size_t n, const struct frame *frame)
{
	struct guard guard = {.n = 1, .allowed = {{.byte = {0xFD, [15] = 5}}}};
	static struct neigh *neigh; /* large */
	struct neigh_address list[NEIGH_PORT_MAX], others[NEIGH_PORT_MAX];
	unsigned found;

	if (!neigh)
		neigh = neigh_new();
	assert(neigh);
	if (neigh_cares(frame))
		neigh_hear(neigh, bytes, n, frame, 1, 7, 100);
	found = neigh_list(neigh, 7, 100, list);
	assert(found <= 1 && !neigh_list(neigh, 8, 100, others));
	if (guard_check(&guard, bytes, n, frame) == DROP_NONE && found)
		assert(guard_allows(&guard, &list[0].ip, frame->src));
	neigh_flush_port(neigh, 7);
}

static void check_snoop(const struct mcast *m)
{
	static struct snoop *snoop; /* large */
	struct portset to = {{0}};

	if (!snoop)
		snoop = snoop_new();
	assert(snoop);
	snoop_hear(snoop, 1, 7, m, 100);
	for (unsigned i = 0; i < m->n; i++)
		snoop_add_members(snoop, 1, m->joins[i], &to);
	assert(portset_has(&to, 7) == (m->n > 0));
	assert(portset_count(&to) <= 1);
	assert(snoop_counts(snoop, 7).groups <= m->n);
	snoop_age(snoop, 100 + 2 * SNOOP_INTERVAL_MAX_S + SNOOP_RESPONSE_MAX_MS);
	assert(!snoop_counts(snoop, 7).groups && !snoop_counts(snoop, 7).open);
	snoop_reset(snoop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct mcast message;
	struct frame frame;

	assert(copy);
	memcpy(copy, data, size);
	if (!frame_parse(copy, size, &frame)) {
		check_packet(copy, size, &frame);
		check_guard(copy, size, &frame);
		if (mcast_parse(copy, size, &frame, &message))
			check_snoop(&message);
		check_message(&message);
	}
	free(copy);
	return 0;
}
