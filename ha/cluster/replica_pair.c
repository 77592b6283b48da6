// SPDX-License-Identifier: BSD-3-Clause
/*
 * replica_pair.c - a session of the two replicas: acquaintance, the newer state's copy, changes in
 * agreed order. Pure; runs within an event of replica.c.
 */
#include "ha/cluster/replica_in.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_NS (500 * REPLICA_MS)

static bool same_id(const struct replica_id *a, const struct replica_id *b)
{
	return a->incarnation == b->incarnation && a->count == b->count;
}

void replica_unqueue(struct replica *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(r->queue[i].change);
	r->n_queue -= n;
	memmove(r->queue, r->queue + n, r->n_queue * sizeof(r->queue[0]));
}

/* What was delivered and not applied is dropped: nobody can have acknowledged it. What was applied
 * here stays, as it may have been acknowledged there. */
void replica_session_reset(struct replica *r)
{
	memset(&r->peer, 0, sizeof(r->peer));
	r->self_has_acked = r->peer_has_acked = false;
	replica_unqueue(r, r->n_queue);
	free(r->inbox);
	r->inbox = NULL;
	r->n_inbox = 0;
	replica_open_unsend(r);
	r->orphan = true;
	if (r->work == W_ACK)
		replica_next_is_cur(r);
}

void replica_session_begin(struct replica *r)
{
	replica_session_reset(r);
	r->self.count++;
	r->have_sent = false;
	r->state = R_HELLO;
	r->progress_ns = r->now_ns;
}

static void say_have(struct replica *r)
{
	struct replica_msg msg = {.kind = MSG_HAVE, .stamp = r->cur.stamp, .doubtful = r->doubtful};

	r->have = r->cur.stamp;
	r->have_sent = true;
	replica_multicast(r, &msg);
}

void replica_say_ack(struct replica *r, const struct stamp *stamp)
{
	struct replica_msg msg = {.kind = MSG_ACK, .stamp = *stamp};

	replica_multicast(r, &msg);
}

/* Only when nothing is under way: what we say we have must not change before the peer has used it.
 */
void replica_hello(struct replica *r)
{
	if (r->have_sent || r->work != W_IDLE)
		return;
	say_have(r);
	r->progress_ns = r->now_ns;
	if (r->peer.incarnation != 0)
		replica_meet(r);
}

static void send_copy(struct replica *r)
{
	replica_log(r, false, "replica-copy-sent: to=%s epoch=%" PRIu64 " version=%" PRIu64,
		r->rules.peer_name, r->cur.stamp.epoch, r->cur.stamp.version);
	for (size_t at = 0; at < r->cur.text_bytes; at += REPLICA_PIECE) {
		size_t left = r->cur.text_bytes - at;
		struct replica_msg msg = {
			.kind = MSG_CHUNK,
			.stamp = r->cur.stamp,
			.changed = r->cur.changed,
			.total = (uint32_t)r->cur.text_bytes,
			.offset = (uint32_t)at,
			.data = (const uint8_t *)r->cur.text + at,
			.n_data = left < REPLICA_PIECE ? left : REPLICA_PIECE,
		};

		replica_multicast(r, &msg);
	}
}

/* One of two that has forgotten something is believed only in what the other cannot know. */
static bool ours_is_newer(const struct replica *r)
{
	int order = stamp_compare(&r->cur.stamp, &r->peer_have);

	if (r->doubtful && !r->peer_doubtful && r->peer_have.epoch >= r->cur.stamp.epoch)
		return false;
	if (!r->doubtful && r->peer_doubtful && r->cur.stamp.epoch >= r->peer_have.epoch)
		return true;
	return order != 0 ? order > 0 : r->side == 0;
}

void replica_meet(struct replica *r)
{
	r->progress_ns = r->now_ns;
	if (!stamp_equal(&r->cur.stamp, &r->peer_have)) {
		if (!ours_is_newer(r)) {
			r->state = R_RECEIVE;
			return;
		}
		send_copy(r);
	}
	r->state = R_MEET;
	replica_say_ack(r, &r->cur.stamp);
}

/* Epoch E is in the peer's state: so the witness has given E away, and if to us, the peer has our
 * change. Either way ours is not to be raised any more. */
static void drop_overtaken(struct replica *r, const struct stamp *peer)
{
	if (r->work != W_CLAIM || peer->epoch < r->next.stamp.epoch)
		return;
	replica_next_drop(r, "an unfinished change, overtaken by the other VIOS");
}

void replica_have(struct replica *r, const struct replica_msg *msg)
{
	bool known = r->peer.incarnation != 0;

	if (known && msg->from.incarnation == r->peer.incarnation &&
		msg->from.count <= r->peer.count)
		return;
	if (known) {
		replica_session_reset(r);
		r->state = R_HELLO;
		if (r->work != W_IDLE || !stamp_equal(&r->have, &r->cur.stamp))
			replica_session_begin(r);
	}
	r->peer = msg->from;
	r->peer_have = msg->stamp;
	r->peer_doubtful = msg->doubtful;
	drop_overtaken(r, &msg->stamp);
	if (!r->have_sent)
		return;
	if (!same_id(&msg->to, &r->self))
		say_have(r);
	replica_meet(r);
}

static void diverged(struct replica *r, const struct stamp *ours)
{
	char mine[STAMP_HEX], theirs[STAMP_HEX];

	stamp_hex(ours->digest, mine);
	stamp_hex(r->peer_acked.digest, theirs);
	replica_log(r, true,
		"replica-diverged: %s epoch=%" PRIu64 " version=%" PRIu64
		" digest=%.16s, %s epoch=%" PRIu64 " version=%" PRIu64
		" digest=%.16s; the newer is copied",
		r->rules.name, ours->epoch, ours->version, mine, r->rules.peer_name,
		r->peer_acked.epoch, r->peer_acked.version, theirs);
	replica_session_begin(r);
}

/* The witness is asked first: whoever has told it last may have been the peer. */
static void settle_in(struct replica *r, uint64_t ns)
{
	r->known = false;
	r->settle_ns = r->now_ns + ns;
}

static void enter_pair(struct replica *r)
{
	r->state = R_PAIR;
	r->self_has_acked = r->peer_has_acked = false;
	r->doubtful = false;
	settle_in(r, r->side == 0 ? 0 : 3 * SETTLE_NS);
	replica_log(r, false, "replica-in-step: with=%s epoch=%" PRIu64 " version=%" PRIu64,
		r->rules.peer_name, r->cur.stamp.epoch, r->cur.stamp.version);
	replica_certain(r, false);
}

static void judge_meeting(struct replica *r)
{
	if (r->peer_has_acked && !stamp_equal(&r->peer_acked, &r->cur.stamp))
		diverged(r, &r->cur.stamp);
	else if (r->peer_has_acked && r->self_has_acked &&
		 stamp_equal(&r->self_acked, &r->cur.stamp))
		enter_pair(r);
}

static void judge_change(struct replica *r)
{
	if (!r->peer_has_acked || r->work == W_PAIR_STORE)
		return;
	r->peer_has_acked = false;
	if (r->work != W_ACK) {
		diverged(r, &r->cur.stamp);
	} else if (!stamp_equal(&r->peer_acked, &r->next.stamp)) {
		diverged(r, &r->next.stamp);
	} else {
		replica_commit(r, false);
		settle_in(r, r->side == 0 ? SETTLE_NS : 3 * SETTLE_NS);
	}
}

void replica_judge_acks(struct replica *r)
{
	if (r->state == R_MEET)
		judge_meeting(r);
	else if (r->state == R_PAIR)
		judge_change(r);
}

void replica_ack(struct replica *r, const struct replica_msg *msg, bool own)
{
	if (own && r->state == R_PAIR)
		return;
	if (own) {
		r->self_acked = msg->stamp;
		r->self_has_acked = true;
	} else {
		r->peer_acked = msg->stamp;
		r->peer_has_acked = true;
	}
	replica_judge_acks(r);
}

static bool piece_fits(struct replica *r, const struct replica_msg *msg)
{
	if (r->work != W_IDLE || !stamp_equal(&msg->stamp, &r->peer_have) ||
		msg->offset != r->n_inbox || (msg->offset > 0 && msg->total != r->inbox_total))
		return false;
	if (msg->offset > 0)
		return true;
	r->inbox = malloc(msg->total);
	r->inbox_total = msg->total;
	if (!r->inbox)
		r->out->error = -ENOMEM;
	return r->inbox;
}

static bool copy_is_right(struct replica *r)
{
	uint8_t digest[STAMP_DIGEST];

	stamp_digest(r->inbox, r->n_inbox, digest);
	return memcmp(digest, r->peer_have.digest, STAMP_DIGEST) == 0 &&
	       r->rules.valid(r->inbox, r->n_inbox, r->rules.user);
}

/* False: rubbish. */
bool replica_chunk(struct replica *r, const struct replica_msg *msg)
{
	if (!piece_fits(r, msg))
		return false;
	memcpy(r->inbox + r->n_inbox, msg->data, msg->n_data);
	r->n_inbox += msg->n_data;
	r->progress_ns = r->now_ns;
	if (r->n_inbox < r->inbox_total)
		return true;
	bool right = copy_is_right(r);
	if (right) {
		if (memcmp(r->cur.stamp.digest, msg->stamp.digest, STAMP_DIGEST) != 0)
			replica_keep_aside(r, &r->cur, "the other VIOS has a newer state");
		replica_record_clear(&r->next);
		r->next.stamp = msg->stamp;
		r->next.changed = msg->changed;
		r->next.text = r->inbox;
		r->next.text_bytes = r->n_inbox;
		r->inbox = NULL;
		replica_ask_store(r, W_COPY_STORE);
	}
	free(r->inbox);
	r->inbox = NULL;
	r->n_inbox = 0;
	return right;
}

bool replica_enqueue(struct replica *r, const struct replica_msg *msg, bool own)
{
	char *change;

	if (r->n_queue == REPLICA_QUEUE_MAX)
		return false;
	change = replica_copy(r, msg->data, msg->n_data);
	if (change)
		r->queue[r->n_queue++] = (struct replica_queued){
			.side = own ? r->side : 1 - r->side,
			.who = {msg->from.incarnation, msg->seq},
			.base = msg->base,
			.change = change,
			.n_change = msg->n_data,
		};
	return true;
}

static void take_head(struct replica *r)
{
	const struct replica_queued *p = &r->queue[0];
	bool own = p->side == r->side && r->n_open > 0 && r->open[0].seq == p->who.seq;
	enum replica_outcome outcome;
	char why[REPLICA_SENTENCE], *result;

	if (replica_apply(r, p, &result, &outcome, why)) {
		replica_result_keep(r, result);
		replica_ask_store(r, W_PAIR_STORE);
	} else if (own) {
		replica_answer(r, 0, outcome, "%s", why);
		replica_result_give(r, result);
	} else {
		free(result);
	}
	replica_unqueue(r, 1);
}

void replica_pair_advance(struct replica *r)
{
	while (r->work == W_IDLE && r->n_queue > 0 && !r->out->error)
		take_head(r);
	if (r->n_open == 0 || r->open[0].sent)
		return;
	struct replica_msg msg = {
		.kind = MSG_PROPOSE,
		.seq = r->open[0].seq,
		.base = r->open[0].base,
		.data = (const uint8_t *)r->open[0].change,
		.n_data = r->open[0].n_change,
	};
	r->open[0].sent = r->open[0].sent_ever = true;
	replica_multicast(r, &msg);
}
