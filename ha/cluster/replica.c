// SPDX-License-Identifier: BSD-3-Clause
/*
 * replica.c - one VIOS's copy of the pair's state. Pure; the owner's one thread; the replica owns
 * its records, actions carry copies.
 *
 * WHAT IS HELD. `cur` is durable here. It is `sure` when it is known to be committed: both VIOS
 * have it on disk, or the witness has it. `next` is being made: it becomes cur, or is dropped.
 *
 * A SESSION. At each view of the group each VIOS multicasts HAVE: its id (incarnation, count; the
 * count grows with each acquaintance) and its stamp, which does not change while it is offered.
 * Every other message names both ids, and is ignored when either is not what the receiver knows: so
 * what was sent before a partition, a restart or a merge means nothing afterwards. The newer
 * (epoch, then version; a draw: the lower node id) sends its text in CHUNKs; the other keeps its
 * own aside, stores, and both say ACK with what they have on disk. Two equal ACKs begin the pair,
 * at the same place of the group's order on both.
 *
 * A CHANGE BY THE PAIR. PROPOSE is delivered to both in one order. Each applies the first one,
 * stores the result, and says ACK with its stamp, digest included. It is committed, and the next
 * one begins, when our own is stored and the peer's ACK is equal; a different one is a divergence,
 * and a session begins anew. So two VIOS differ by one change at most. A VIOS whose peer leaves in
 * between keeps what it has stored: the peer may have acknowledged it.
 *
 * A CHANGE ALONE. Both sides of a partition believe that they are alone, so it is the witness that
 * decides. The change is stored as an intent with the next epoch, then the witness is raised from
 * where we know it to be (compare and raise), then it is committed. After a crash an intent on disk
 * is finished, or found to be overtaken; until then the VIOS neither serves nor meets its peer.
 * What was stored with a peer and is not sure is claimed in the same way, before anything else.
 *
 *                          witness knows nothing newer
 *                  .------------------------------> ALONE   commits by claims, asks once a second
 *    start ----> SEEK <----- witness away --------- /
 *      |    (no peer) '---- witness is newer -----> STALE   commits nothing; may_serve() says what
 *      |          ^                                         it must not serve
 *      |          | the peer leaves, from everywhere
 *      v          |
 *    HELLO -- both have said HAVE --> MEET ------- equal ACKs ------> PAIR   commits with the peer
 *   (a peer)  '-- the peer's newer --> RECEIVE -- stored --> MEET      |
 *      ^                                                               |
 *      '---- a HAVE with another id, a divergence, no progress --------'
 *
 * The work, whatever the state:
 *
 *    IDLE -- a proposal --> PAIR_STORE -- stored --> ACK -- the peer's ACK --> IDLE, committed
 *      |                         '--- the session ends: IDLE, cur is not sure ---'
 *      |---- a snapshot --> COPY_STORE -- stored --> IDLE
 *      '---- alone --> CLAIM_STORE -- stored --> CLAIM -- the witness has it --> IDLE, committed
 *                                                  '-- overtaken --> IDLE, cur as before
 */
#include "ha/cluster/replica_in.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_NS (3000 * REPLICA_MS)
#define SIDE_NS (700 * REPLICA_MS) /* so that the two do not begin anew at the same time */

struct what { /* of an event */
	const struct replica_msg *msg;
	const struct replica_request *request;
	enum replica_heard heard;
	const struct replica_witness *witness;
	bool own;
};

static void ignore(struct replica *r, const struct what *w)
{
}

static void on_peer(struct replica *r, const struct what *w)
{
	replica_session_begin(r);
	r->settle_ns = REPLICA_NEVER;
}

static void on_no_peer(struct replica *r, const struct what *w)
{
	replica_session_begin(r);
	r->settle_ns = REPLICA_NEVER;
	r->state = R_SEEK;
	r->known = false;
	r->poll_ns = r->now_ns;
}

static void on_have(struct replica *r, const struct what *w)
{
	if (!w->own)
		replica_have(r, w->msg);
}

static void on_ack(struct replica *r, const struct what *w)
{
	replica_ack(r, w->msg, w->own);
}

static void on_rubbish(struct replica *r, const struct what *w)
{
	r->rubbish++;
	if (!r->rubbish_logged)
		replica_log(r, true, "replica-rubbish: from=%s kind=%d; ignored",
			r->rules.peer_name, w->msg ? (int)w->msg->kind : 0);
	r->rubbish_logged = true;
}

static void on_chunk(struct replica *r, const struct what *w)
{
	if (!w->own && !replica_chunk(r, w->msg))
		on_rubbish(r, w);
}

static void on_propose(struct replica *r, const struct what *w)
{
	if (!replica_enqueue(r, w->msg, w->own))
		on_rubbish(r, w);
}

static void on_request(struct replica *r, const struct what *w)
{
	replica_open_add(r, w->request);
}

static void on_witness(struct replica *r, const struct what *w)
{
	replica_witness_heard(r, w->heard, w->witness);
}

uint64_t replica_patience_ns(const struct replica *r)
{
	return PROGRESS_NS + (r->side == 0 ? 0 : SIDE_NS);
}

/* The peer hears from us anew, unless it is we who are busy. */
static void tick_meeting(struct replica *r, const struct what *w)
{
	if (r->have_sent && r->work == W_IDLE &&
		r->progress_ns + replica_patience_ns(r) <= r->now_ns)
		replica_session_begin(r);
}

static void tick_pair(struct replica *r, const struct what *w)
{
	if (r->work == W_ACK && r->work_since_ns + replica_patience_ns(r) <= r->now_ns)
		replica_session_begin(r);
}

typedef void handler(struct replica *r, const struct what *w);

/* clang-format off */
static handler *const table[R_N_STATES][E_N_EVENTS] = {
	/*               PEER     NO_PEER     HAVE     ACK     PROPOSE     CHUNK       REQUEST     WITNESS     TICK */
	[R_NEW]     = { ignore,  ignore,     ignore,  ignore, ignore,     ignore,     on_request, ignore,     ignore },
	[R_SEEK]    = { on_peer, on_no_peer, ignore,  ignore, ignore,     ignore,     on_request, on_witness, ignore },
	[R_ALONE]   = { on_peer, on_no_peer, ignore,  ignore, ignore,     ignore,     on_request, on_witness, ignore },
	[R_STALE]   = { on_peer, on_no_peer, ignore,  ignore, ignore,     ignore,     on_request, on_witness, ignore },
	[R_HELLO]   = { on_peer, on_no_peer, on_have, ignore, ignore,     ignore,     on_request, on_witness, tick_meeting },
	[R_MEET]    = { on_peer, on_no_peer, on_have, on_ack, ignore,     ignore,     on_request, on_witness, tick_meeting },
	[R_RECEIVE] = { on_peer, on_no_peer, on_have, on_ack, ignore,     on_chunk,   on_request, on_witness, tick_meeting },
	[R_PAIR]    = { on_peer, on_no_peer, on_have, on_ack, on_propose, on_rubbish, on_request, on_witness, tick_pair },
};
/* clang-format on */

bool replica_table_complete(void)
{
	for (int s = 0; s < R_N_STATES; s++)
		for (int e = 0; e < E_N_EVENTS; e++)
			if (!table[s][e])
				return false;
	return replica_work_complete();
}

/* Requests that wait for what will not come soon are told so at once. */
static void refuse_hopeless(struct replica *r)
{
	bool hopeless = r->state == R_STALE ||
			(r->state == R_SEEK && (!r->reachable || r->broken)) ||
			(r->state == R_PAIR && replica_behind(r));
	char why[REPLICA_SENTENCE];

	if (!hopeless)
		return;
	replica_reason(r, why);
	replica_open_refuse(r, why);
}

static void advance(struct replica *r)
{
	replica_work_retry(r);
	refuse_hopeless(r);
	if (r->state == R_HELLO)
		replica_hello(r);
	if (r->state == R_ALONE)
		replica_alone_advance(r);
	if (r->state == R_PAIR)
		replica_pair_advance(r);
	replica_witness_advance(r);
	replica_open_expire(r);
}

static void run(struct replica *r, uint64_t now_ns, enum replica_event event, const struct what *w,
	struct replica_actions *out)
{
	r->now_ns = now_ns;
	r->out = out;
	table[r->state][event](r, w);
	if (r->state != R_NEW && !out->error)
		advance(r);
	r->out = NULL;
}

struct replica *replica_new(const struct replica_rules *rules)
{
	struct replica *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->rules = *rules;
	r->side = rules->node < rules->peer_node ? 0 : 1;
	r->self = (struct replica_id){rules->incarnation, 1};
	r->retry_ns = r->settle_ns = REPLICA_NEVER;
	return r;
}

void replica_free(struct replica *r)
{
	if (!r)
		return;
	replica_record_clear(&r->cur);
	replica_record_clear(&r->next);
	replica_record_clear(&r->adopted);
	free(r->result);
	free(r->inbox);
	replica_unqueue(r, r->n_queue);
	for (size_t i = 0; i < r->n_open; i++)
		free(r->open[i].change);
	free(r);
}

/* An intent is finished before anything else. */
static void load(
	struct replica *r, const struct replica_record *newest, const struct replica_record *base)
{
	bool unfinished = newest->intent && !r->doubtful;

	r->unfinished = unfinished;
	r->baseless = unfinished && !base;

	replica_record_copy(r, &r->cur, unfinished && base ? base : newest);
	r->cur.intent = false;
	if (r->baseless)
		r->cur.stamp = (struct stamp){0}; /* nothing to go back to: older than all */
	if (unfinished && replica_record_copy(r, &r->next, newest)) {
		r->work = W_CLAIM;
		r->look_first = true;
	}
}

void replica_start(struct replica *r, uint64_t now_ns, const struct replica_record *newest,
	const struct replica_record *base, bool doubtful, struct replica_actions *out)
{
	r->now_ns = now_ns;
	r->out = out;
	r->doubtful = doubtful;
	load(r, newest, base);
	r->state = R_SEEK;
	if (!out->error)
		advance(r);
	r->out = NULL;
}

void replica_view(struct replica *r, uint64_t now_ns, bool peer, struct replica_actions *out)
{
	run(r, now_ns, peer ? E_PEER : E_NO_PEER, &(struct what){0}, out);
}

static bool same_id(const struct replica_id *a, const struct replica_id *b)
{
	return a->incarnation == b->incarnation && a->count == b->count;
}

/* Of the session that both are in? */
static bool is_current(const struct replica *r, const struct replica_msg *msg, bool own)
{
	if (msg->kind == MSG_HAVE)
		return true;
	return r->peer.incarnation != 0 && same_id(&msg->from, own ? &r->self : &r->peer) &&
	       same_id(&msg->to, own ? &r->peer : &r->self);
}

void replica_deliver(struct replica *r, uint64_t now_ns, uint32_t node, const uint8_t *bytes,
	size_t n_bytes, struct replica_actions *out)
{
	static const enum replica_event events[] = {[MSG_HAVE] = E_HAVE,
		[MSG_ACK] = E_ACK,
		[MSG_PROPOSE] = E_PROPOSE,
		[MSG_CHUNK] = E_CHUNK};
	struct replica_msg msg;
	struct what w = {.msg = &msg, .own = node == r->rules.node};

	if (node != r->rules.node && node != r->rules.peer_node)
		return;
	if (!replica_msg_read(bytes, n_bytes, &msg)) {
		w.msg = NULL;
		r->out = out;
		on_rubbish(r, &w);
		r->out = NULL;
	} else if (is_current(r, &msg, w.own)) {
		run(r, now_ns, events[msg.kind], &w, out);
	}
}

void replica_propose(struct replica *r, uint64_t now_ns, uint64_t request, const char *change,
	size_t change_bytes, int64_t base, struct replica_actions *out)
{
	struct replica_request q = {request, change, change_bytes, base};

	run(r, now_ns, E_REQUEST, &(struct what){.request = &q}, out);
}

void replica_stored(struct replica *r, uint64_t now_ns, bool ok, struct replica_actions *out)
{
	r->now_ns = now_ns;
	r->out = out;
	replica_work_stored(r, ok);
	if (!out->error)
		advance(r);
	r->out = NULL;
}

void replica_witness(struct replica *r, uint64_t now_ns, enum replica_heard heard,
	const struct replica_witness *witness, struct replica_actions *out)
{
	run(r, now_ns, E_WITNESS, &(struct what){.heard = heard, .witness = witness}, out);
}

void replica_tick(struct replica *r, uint64_t now_ns, struct replica_actions *out)
{
	run(r, now_ns, E_TICK, &(struct what){0}, out);
}
