// SPDX-License-Identifier: BSD-3-Clause
/*
 * replica_msg.c - writes and reads the messages of the replicas. Pure. What is read may hold
 * anything: each field is taken by a reader that knows how much is left, each range is checked
 * here.
 */
#include "ha/cluster/replica_msg.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 116u
#define ALL_IDS UINT32_MAX

_Static_assert(
	HEAD_BYTES + 12 + 4 * STAMP_IDS + REPLICA_PIECE <= REPLICA_MESSAGE_MAX, "a chunk fits");
_Static_assert(HEAD_BYTES + 16 + REPLICA_CHANGE_MAX <= REPLICA_MESSAGE_MAX, "a change fits");

struct writer {
	uint8_t *at;
};

static void put(struct writer *w, const void *bytes, size_t n)
{
	memcpy(w->at, bytes, n);
	w->at += n;
}

static void put32(struct writer *w, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*w->at++ = (uint8_t)(value >> shift);
}

static void put64(struct writer *w, uint64_t value)
{
	put32(w, (uint32_t)(value >> 32));
	put32(w, (uint32_t)value);
}

static void put_stamp(struct writer *w, const struct stamp *stamp)
{
	put64(w, stamp->epoch);
	put64(w, stamp->version);
	put(w, stamp->digest, STAMP_DIGEST);
	for (int i = 0; i < 2; i++) {
		put64(w, stamp->done[i].incarnation);
		put64(w, stamp->done[i].seq);
	}
}

static void put_body(struct writer *w, const struct replica_msg *msg)
{
	if (msg->kind == MSG_HAVE)
		put32(w, msg->doubtful);
	if (msg->kind == MSG_PROPOSE) {
		put64(w, msg->seq);
		put64(w, msg->base);
	}
	if (msg->kind == MSG_CHUNK) {
		put32(w, msg->total);
		put32(w, msg->offset);
		put32(w, msg->changed.all ? ALL_IDS : msg->changed.n);
		for (uint32_t i = 0; i < msg->changed.n; i++)
			put32(w, msg->changed.id[i]);
	}
	if (msg->n_data > 0)
		put(w, msg->data, msg->n_data);
}

uint8_t *replica_msg_write(const struct replica_msg *msg, size_t *n_bytes)
{
	uint8_t *bytes = malloc(REPLICA_MESSAGE_MAX);
	struct writer w = {bytes};

	if (!bytes)
		return NULL;
	put32(&w, (uint32_t)msg->kind);
	put64(&w, msg->from.incarnation);
	put64(&w, msg->from.count);
	put64(&w, msg->to.incarnation);
	put64(&w, msg->to.count);
	put_stamp(&w, &msg->stamp);
	put_body(&w, msg);
	*n_bytes = (size_t)(w.at - bytes);
	return bytes;
}

struct reader {
	const uint8_t *at;
	size_t left;
	bool short_of; /* something was asked for that is not there */
};

static const uint8_t *take(struct reader *r, size_t n)
{
	const uint8_t *at = r->at;

	if (n > r->left) {
		r->short_of = true;
		return NULL;
	}
	r->at += n;
	r->left -= n;
	return at;
}

static uint32_t take32(struct reader *r)
{
	const uint8_t *at = take(r, 4);

	return at ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
		  : 0;
}

static uint64_t take64(struct reader *r)
{
	uint64_t high = take32(r);

	return high << 32 | take32(r);
}

static bool take_stamp(struct reader *r, struct stamp *stamp)
{
	stamp->epoch = take64(r);
	stamp->version = take64(r);
	const uint8_t *digest = take(r, STAMP_DIGEST);
	if (digest)
		memcpy(stamp->digest, digest, STAMP_DIGEST);
	for (int i = 0; i < 2; i++) {
		stamp->done[i].incarnation = take64(r);
		stamp->done[i].seq = take64(r);
	}
	/* As the witness and JSON have them; so that adding one never overflows. */
	return !r->short_of && stamp->epoch < INT64_MAX && stamp->version < INT64_MAX;
}

static bool take_data(struct reader *r, struct replica_msg *msg, size_t max)
{
	msg->n_data = r->left;
	msg->data = take(r, r->left);
	return msg->n_data > 0 && msg->n_data <= max;
}

static bool take_ids(struct reader *r, struct stamp_ids *ids)
{
	uint32_t n = take32(r);

	ids->all = n == ALL_IDS;
	ids->n = ids->all ? 0 : n;
	if (ids->n > STAMP_IDS)
		return false;
	for (uint32_t i = 0; i < ids->n; i++)
		ids->id[i] = take32(r);
	return !r->short_of;
}

static bool take_chunk(struct reader *r, struct replica_msg *msg)
{
	msg->total = take32(r);
	msg->offset = take32(r);
	if (!take_ids(r, &msg->changed) || !take_data(r, msg, REPLICA_PIECE))
		return false;
	return msg->total <= REPLICA_TEXT_MAX && msg->offset < msg->total &&
	       msg->n_data <= msg->total - msg->offset;
}

static bool take_body(struct reader *r, struct replica_msg *msg)
{
	uint32_t flags;

	switch (msg->kind) {
	case MSG_HAVE:
		flags = take32(r);
		msg->doubtful = flags & 1;
		return flags <= 1;
	case MSG_ACK:
		return true;
	case MSG_PROPOSE:
		msg->seq = take64(r);
		msg->base = take64(r);
		return msg->seq > 0 && take_data(r, msg, REPLICA_CHANGE_MAX);
	case MSG_CHUNK:
		return take_chunk(r, msg);
	}
	return false;
}

bool replica_msg_read(const uint8_t *bytes, size_t n_bytes, struct replica_msg *msg)
{
	struct reader r = {.at = bytes, .left = n_bytes};

	memset(msg, 0, sizeof(*msg));
	if (n_bytes > REPLICA_MESSAGE_MAX)
		return false;
	msg->kind = (enum replica_kind)take32(&r);
	msg->from.incarnation = take64(&r);
	msg->from.count = take64(&r);
	msg->to.incarnation = take64(&r);
	msg->to.count = take64(&r);
	if (msg->from.incarnation == 0 || !take_stamp(&r, &msg->stamp))
		return false;
	return take_body(&r, msg) && !r.short_of && r.left == 0;
}
