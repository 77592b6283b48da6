/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Takes an Ethernet header apart: addresses, VLAN, type, and a hash over the flow. Any worker runs
 * it on bytes that a guest or the wire wrote, so each read states how many bytes it needs, and the
 * bytes are the caller's copy, which nobody else changes.
 */
#include "net/frame.h"

#include <errno.h>

struct reader {
	const uint8_t *at;
	size_t left_bytes;
};

static bool reader_skip(struct reader *r, size_t bytes)
{
	if (bytes > r->left_bytes)
		return false;
	r->at += bytes;
	r->left_bytes -= bytes;
	return true;
}

static uint16_t peek16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint64_t frame_mac_number(const uint8_t mac[6])
{
	uint64_t number = 0;

	for (unsigned i = 0; i < 6; i++)
		number = number << 8 | mac[i];
	return number;
}

void frame_mac_bytes(uint64_t number, uint8_t mac[6])
{
	for (unsigned i = 0; i < 6; i++)
		mac[i] = (uint8_t)(number >> (40 - 8 * i));
}

/* FNV-1a: a few dozen bytes, and the result only chooses a queue. */
static uint32_t mix(uint32_t hash, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ bytes[i]) * UINT32_C(16777619);
	return hash;
}

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

/* Adds the ports, where there are whole ones at offset. */
static uint32_t mix_ports(uint32_t hash, const struct reader *r, size_t offset, uint8_t protocol)
{
	if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP)
		return hash;
	if (r->left_bytes < offset + 4)
		return hash;
	return mix(hash, r->at + offset, 4);
}

static uint32_t flow_ipv4(uint32_t hash, const struct reader *r)
{
	size_t header_bytes;

	if (r->left_bytes < 20)
		return hash;
	hash = mix(hash, r->at + 12, 8);
	header_bytes = (size_t)(r->at[0] & 0x0F) * 4;
	/* A fragment but the first has no ports, so no fragment may count them: a flow stays
	 * together. */
	if (header_bytes < 20 || (peek16(r->at + 6) & 0x3FFF))
		return hash;
	return mix_ports(hash, r, header_bytes, r->at[9]);
}

static uint32_t flow_ipv6(uint32_t hash, const struct reader *r)
{
	if (r->left_bytes < 40)
		return hash;
	return mix_ports(mix(hash, r->at + 8, 32), r, 40, r->at[6]);
}

static uint32_t flow_of(const uint8_t *macs, const struct reader *payload, uint16_t ethertype)
{
	uint32_t hash = mix(UINT32_C(2166136261), macs, 12);

	if (ethertype == 0x0800)
		return flow_ipv4(hash, payload);
	if (ethertype == 0x86DD)
		return flow_ipv6(hash, payload);
	return hash;
}

/* 0x9100: what some stacks used before 802.1ad */
static bool is_tag(uint16_t ethertype)
{
	return ethertype == FRAME_TYPE_VLAN || ethertype == FRAME_TYPE_SERVICE_VLAN ||
	       ethertype == 0x9100;
}

int frame_parse(const uint8_t *bytes, size_t len_bytes, struct frame *out)
{
	struct reader r = {bytes, len_bytes};

	if (!reader_skip(&r, FRAME_HEADER_BYTES))
		return -EBADMSG;
	out->dst = frame_mac_number(bytes);
	out->src = frame_mac_number(bytes + 6);
	out->ethertype = peek16(bytes + 12);
	out->tag = 0;
	out->vlan = 0;
	out->nested = out->sent = false;
	if (out->ethertype == FRAME_TYPE_VLAN) {
		if (!reader_skip(&r, FRAME_VLAN_TAG_BYTES))
			return -EBADMSG;
		out->tag = FRAME_TAGGED | peek16(bytes + 14);
		out->vlan = out->tag & 0x0FFF;
		out->ethertype = peek16(bytes + 16);
		out->nested = is_tag(out->ethertype);
	}
	out->payload_offset = (uint16_t)(r.at - bytes);
	out->flow = flow_of(bytes, &r, out->ethertype);
	return 0;
}
