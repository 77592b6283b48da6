// SPDX-License-Identifier: BSD-3-Clause
/*
 * wire.c - writes and checks the header of a multicast. Pure. Any process on a node of the cluster
 * that may talk to Corosync can send to the group, so a message is hostile until its header has
 * been checked.
 */
#include "ha/cluster/wire.h"

#include <errno.h>
#include <string.h>

static const uint8_t magic[4] = {'V', 'I', 'O', 'S'};

static const char *const fault_names[WIRE_N_FAULTS] = {
	[WIRE_OK] = "ok",
	[WIRE_SHORT] = "shorter-than-a-header",
	[WIRE_NOT_OURS] = "wrong-magic",
	[WIRE_VERSION_UNKNOWN] = "unknown-version",
	[WIRE_KIND_UNKNOWN] = "unknown-kind",
	[WIRE_TOO_LONG] = "too-long",
	[WIRE_LENGTH_WRONG] = "length-differs",
};

static void put_be32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

static uint32_t get_be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

int wire_header(enum wire_kind kind, size_t body_bytes, uint8_t header[WIRE_HEADER_BYTES])
{
	if (body_bytes > WIRE_BODY_MAX)
		return -EMSGSIZE;
	memcpy(header, magic, sizeof(magic));
	put_be32(header + 4, WIRE_VERSION);
	put_be32(header + 8, kind);
	put_be32(header + 12, (uint32_t)body_bytes);
	return 0;
}

enum wire_fault wire_open(const uint8_t *message, size_t message_bytes, struct wire_body *out)
{
	uint32_t kind;

	if (message_bytes < WIRE_HEADER_BYTES)
		return WIRE_SHORT;
	if (memcmp(message, magic, sizeof(magic)) != 0)
		return WIRE_NOT_OURS;
	if (get_be32(message + 4) != WIRE_VERSION)
		return WIRE_VERSION_UNKNOWN;
	kind = get_be32(message + 8);
	if (kind != WIRE_SUMMARY && kind != WIRE_REPLICA && kind != WIRE_LOOK)
		return WIRE_KIND_UNKNOWN;
	if (message_bytes > WIRE_MESSAGE_MAX)
		return WIRE_TOO_LONG;
	if (get_be32(message + 12) != message_bytes - WIRE_HEADER_BYTES)
		return WIRE_LENGTH_WRONG;
	*out = (struct wire_body){
		.kind = (enum wire_kind)kind,
		.bytes = message + WIRE_HEADER_BYTES,
		.n_bytes = message_bytes - WIRE_HEADER_BYTES,
	};
	return WIRE_OK;
}

const char *wire_fault_name(enum wire_fault fault)
{
	return fault_names[fault];
}
