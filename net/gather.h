/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gather.h - large receive: TCP frames from the wire that follow each other become one long frame
 * (RFC 9293 3.1), which offload.h passes on as a driver's own. Pure.
 *
 * Nothing is kept longer than a burst. A flow's frames stay in their order, whatever is between
 * them. What was on the wire can be made of the long frame again, but for IPv4's identification
 * and the push flags of all but the last.
 */
#ifndef VIOS_NET_GATHER_H
#define VIOS_NET_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/offload.h"

enum gather_kind {
	GATHER_OTHER,	/* no TCP: nobody waits for it */
	GATHER_PIECE,	/* may be joined with those before and after it */
	GATHER_ALONE,	/* TCP that stays as it is, and ends what is gathered of its flow */
	GATHER_UNKNOWN, /* might be of any flow */
};

struct gather_piece {
	uint8_t ip_version, l2_bytes, l3_bytes, l4_bytes;
	bool ends; /* the last one: pushed */
	uint32_t payload_bytes;
	uint32_t number; /* of its first byte */
};

/* A long frame that grows at its end; its headers are those of its first piece. */
struct gather {
	struct gather_piece first;
	uint32_t payload_bytes;
	unsigned n_pieces;
	bool closed;
};

/* bytes: the whole frame; padding behind the IP packet is no part of the piece. sums_are_right:
 * somebody has checked them; else they are checked here, and what is wrong stays alone. *out: for
 * GATHER_PIECE, and as far as gather_same_flow() goes for GATHER_ALONE. */
enum gather_kind gather_read(
	const uint8_t *bytes, size_t len_bytes, bool sums_are_right, struct gather_piece *out);

static inline unsigned gather_header_bytes(const struct gather_piece *piece)
{
	return (unsigned)(piece->l2_bytes + piece->l3_bytes + piece->l4_bytes);
}

/* held, bytes: the frames of a and b. */
bool gather_same_flow(const uint8_t *held, const struct gather_piece *a, const uint8_t *bytes,
	const struct gather_piece *b);

void gather_begin(struct gather *gather, const struct gather_piece *first);
/* Whether the piece goes on where the long frame ends; held: the frame of its first piece. */
bool gather_joins(const struct gather *gather, const uint8_t *held, const uint8_t *bytes,
	const struct gather_piece *piece);
void gather_add(struct gather *gather, const struct gather_piece *piece);
/* More than one piece: the headers in held are made those of the whole; *out: what is left to do
 * for it. */
void gather_finish(const struct gather *gather, uint8_t *held, struct offload *out);

#endif
