/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * probe_fuzz.c - a frame from the uplink, as the answer to a probe. The first byte says how many
 * targets there are, the rest is the frame. What is taken for an answer is addressed to the uplink,
 * without a tag, and names the target; nothing is an answer if nobody is asked, and so is no probe.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/probe.h"

#define MAC UINT64_C(0x02aabbccddee)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct probe_table all = {
	.mac = MAC,
	.n = PROBE_TARGETS,
	.target =
		{
			{.byte = {[10] = 0xFF, 0xFF, 10, 0, 0, 1}},
			{.byte = {0xFD, [15] = 1}},
			{.byte = {[10] = 0xFF, 0xFF, 10, 0, 0, 2}},
			{.byte = {0xFE, 0x80, [15] = 1}},
			{.byte = {[10] = 0xFF, 0xFF, 10, 0, 0, 3}},
			{.byte = {0xFD, [15] = 2}},
			{.byte = {[10] = 0xFF, 0xFF, 169, 254, 0, 1}},
			{.byte = {0xFD, [15] = 3}},
		},
};

static bool has(const uint8_t *bytes, size_t n, const uint8_t *what, size_t what_bytes)
{
	for (size_t i = 0; i + what_bytes <= n; i++)
		if (!memcmp(bytes + i, what, what_bytes))
			return true;
	return false;
}

static void check(const struct probe_table *table, const uint8_t *bytes, size_t n,
	const struct frame *frame, int target)
{
	const struct ip *ip = &table->target[target];
	uint8_t mac[6];

	frame_mac_bytes(MAC, mac);
	assert(target < table->n);
	assert(frame->vlan == 0 && !frame->nested);
	assert(frame->dst == MAC || frame->dst == FRAME_MAC_BROADCAST);
	assert(probe_cares(table, frame));
	if (ip_is_v4(ip)) {
		assert(frame->ethertype == PACKET_TYPE_ARP);
		assert(has(bytes + 14, n - 14, ip->byte + 12, 4));
		assert(has(bytes + 14, n - 14, mac, 6));
	} else {
		assert(frame->ethertype == PACKET_TYPE_IPV6);
		assert(has(bytes + 14, n - 14, ip->byte, 16));
	}
}

static void check_probes(const struct probe_table *table)
{
	uint8_t out[PROBE_ND_BYTES];
	struct frame frame;

	for (unsigned i = 0; i < table->n; i++) {
		unsigned n = probe_frame(table, i, out);

		assert(n <= sizeof(out) && frame_parse(out, n, &frame) == 0);
		assert(frame.src == MAC && frame_mac_is_multicast(frame.dst));
		assert(probe_answer(table, out, n, &frame) < 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct probe_table table = all;
	struct frame frame;
	uint8_t *bytes;
	int target;

	if (size < 1)
		return 0;
	table.n = data[0] % (PROBE_TARGETS + 1);
	bytes = malloc(size); /* so that what reads beyond it is seen */
	assert(bytes);
	memcpy(bytes, data + 1, size - 1);
	if (frame_parse(bytes, size - 1, &frame) == 0) {
		target = probe_answer(&table, bytes, size - 1, &frame);
		if (target >= 0)
			check(&table, bytes, size - 1, &frame, target);
	}
	check_probes(&table);
	free(bytes);
	return 0;
}
