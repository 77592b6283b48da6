/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wire.h - what viosds multicast to each other: a fixed header and a text. Pure.
 *
 *   0  magic   4 bytes  "VIOS"
 *   4  version 4 bytes  2, big-endian
 *   8  type    4 bytes  big-endian
 *  12  length  4 bytes  of the text that follows, big-endian
 *  16  text             of a summary: JSON, not terminated; of the replicated state: replica_msg.h
 */
#ifndef HA_CLUSTER_WIRE_H
#define HA_CLUSTER_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_VERSION 2u
#define WIRE_HEADER_BYTES 16u
#define WIRE_MESSAGE_MAX 65536u
#define WIRE_TEXT_MAX (WIRE_MESSAGE_MAX - WIRE_HEADER_BYTES)

enum wire_type { WIRE_SUMMARY = 1, WIRE_REPLICA, WIRE_TYPES_END };

enum wire_fault {
	WIRE_OK,
	WIRE_SHORT,    /* not even a header */
	WIRE_NOT_OURS, /* another magic */
	WIRE_VERSION_UNKNOWN,
	WIRE_TYPE_UNKNOWN,
	WIRE_TOO_LONG,
	WIRE_LENGTH_WRONG, /* the header's length is not what came */
	WIRE_N_FAULTS
};

/* 0, or -EMSGSIZE when the text is longer than WIRE_TEXT_MAX. */
int wire_header(enum wire_type type, size_t text_bytes, uint8_t header[WIRE_HEADER_BYTES]);
/* On WIRE_OK *text points into message. */
enum wire_fault wire_open(const uint8_t *message, size_t message_bytes, enum wire_type *type,
	const char **text, size_t *text_bytes);
const char *wire_fault_name(enum wire_fault fault);

#endif
