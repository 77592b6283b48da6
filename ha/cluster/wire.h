/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wire.h - what viosds multicast to each other: a fixed header and a text. Pure.
 *
 *   0  magic   4 bytes  "VIOS"
 *   4  version 4 bytes  1, big-endian
 *   8  length  4 bytes  of the text that follows, big-endian
 *  12  text             JSON, not terminated
 */
#ifndef HA_CLUSTER_WIRE_H
#define HA_CLUSTER_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_VERSION 2u
#define WIRE_HEADER_BYTES 16u
#define WIRE_MESSAGE_MAX 65536u
#define WIRE_BODY_MAX (WIRE_MESSAGE_MAX - WIRE_HEADER_BYTES)

enum wire_kind { WIRE_SUMMARY = 1, WIRE_REPLICA = 2, WIRE_LOOK = 3 };

enum wire_fault {
	WIRE_OK,
	WIRE_SHORT,    /* not even a header */
	WIRE_NOT_OURS, /* another magic */
	WIRE_VERSION_UNKNOWN,
	WIRE_KIND_UNKNOWN,
	WIRE_TOO_LONG,
	WIRE_LENGTH_WRONG, /* the header's length is not what came */
	WIRE_N_FAULTS
};

struct wire_body {
	enum wire_kind kind;
	const uint8_t *bytes; /* points into the message */
	size_t n_bytes;
};

/* 0, or -EMSGSIZE when the body is longer than WIRE_BODY_MAX. */
int wire_header(enum wire_kind kind, size_t body_bytes, uint8_t header[WIRE_HEADER_BYTES]);
enum wire_fault wire_open(const uint8_t *message, size_t message_bytes, struct wire_body *out);
const char *wire_fault_name(enum wire_fault fault);

#endif
