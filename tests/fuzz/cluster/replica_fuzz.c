/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * replica_fuzz.c - any sequence of events into one replica: a hostile peer that knows the session's
 * ids, a disk and a witness that answer or do not. What must hold whatever is said to it:
 *
 *	at most one store and one question are open; nothing is acknowledged or multicast as stored
 *before it is; nothing is committed alone unless the witness has taken it; each request is answered
 *once; a copy is stored only if it is valid and has its digest; every epoch and version only goes
 *up as long as the peer's copies do not say otherwise
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ha/cluster/replica_in.h"

#define REQUESTS 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	bool had;    /* a state before this event: `before` */
	bool adopts; /* one in this event that was not made to be committed alone: `adopted` */
	bool claims; /* the last intent that was stored: `claim` */
	struct stamp before, adopted, claim;
	const uint8_t *at;
	size_t left;
	struct replica *r;
	struct replica_actions out;
	uint64_t now_ns;
	bool stores, asked, raises, linked;
	struct replica_action question;
	struct stamp storing, stored[64]; /* the last ones that are on disk */
	size_t n_stored;
	struct stamp_mark taken; /* by the witness, from us */
	struct replica_witness witness;
	struct replica_id mine, its; /* of the session */
	bool answered[REQUESTS];
	uint32_t requests;
};

static uint8_t next(struct run *f)
{
	if (f->left == 0)
		return 0;
	f->left--;
	return *f->at++;
}

static int apply(const char *text, size_t text_bytes, const char *change, size_t change_bytes,
	struct replica_applied *out, void *user)
{
	memset(out, 0, sizeof(*out));
	out->verdict = change[0] & 1   ? REPLICA_CHANGED
		       : change[0] & 2 ? REPLICA_FAULTY
				       : REPLICA_UNCHANGED;
	if (out->verdict != REPLICA_CHANGED)
		return 0;
	out->text_bytes = text_bytes < 4096 ? text_bytes + change_bytes : 1;
	out->text = malloc(out->text_bytes + text_bytes + change_bytes);
	memcpy(out->text, text, text_bytes);
	memcpy(out->text + text_bytes, change, change_bytes);
	return 0;
}

static bool valid(const char *text, size_t text_bytes, void *user)
{
	return text[0] == '0';
}

static bool on_disk(const struct run *f, const struct stamp *stamp)
{
	for (size_t i = 0; i < f->n_stored && i < 64; i++)
		if (stamp_equal(&f->stored[i], stamp))
			return true;
	return false;
}

static void on_disk_now(struct run *f, const struct stamp *stamp)
{
	f->stored[f->n_stored++ % 64] = *stamp;
}

static void on_multicast(struct run *f, const struct replica_action *a)
{
	struct replica_msg msg;

	assert(replica_msg_read(a->bytes, a->n_bytes, &msg));
	f->mine = msg.from;
	if (msg.kind == MSG_ACK || msg.kind == MSG_HAVE)
		assert(on_disk(f, &msg.stamp));
}

static void on_store(struct run *f, const struct replica_action *a)
{
	if (a->record.intent) {
		f->claims = true;
		f->claim = a->record.stamp;
	}
	uint8_t digest[STAMP_DIGEST];

	assert(!f->stores && a->record.text_bytes > 0);
	stamp_digest(a->record.text, a->record.text_bytes, digest);
	assert(memcmp(digest, a->record.stamp.digest, STAMP_DIGEST) == 0);
	assert(a->record.text[0] == '0');
	f->stores = true;
	f->storing = a->record.stamp;
}

static void on_question(struct run *f, const struct replica_action *a)
{
	assert(!f->asked && f->linked);
	f->asked = true;
	f->raises = a->what == REPLICA_WITNESS_RAISE;
	f->question = *a;
	f->question.bytes = NULL;
}

static void on_answer(struct run *f, const struct replica_action *a)
{
	assert(a->request > 0 && a->request <= f->requests && !f->answered[a->request - 1]);
	assert(a->sentence[0]);
	f->answered[a->request - 1] = true;
	if (a->outcome == REPLICA_DONE)
		assert(on_disk(f, &a->record.stamp));
	/* A change of nothing leaves the state that was committed before, or is now known to be. */
	if (a->outcome == REPLICA_DONE && a->alone)
		assert(stamp_same_text(&a->record.stamp, &f->taken) ||
			stamp_same_text(&a->record.stamp, &f->witness.mark) ||
			(f->had && stamp_equal(&a->record.stamp, &f->before)) ||
			(f->adopts && stamp_equal(&a->record.stamp, &f->adopted)));
}

static void on_adopt(struct run *f, const struct replica_action *a)
{
	assert(on_disk(f, &a->record.stamp));
	f->adopts = !f->claims || !stamp_equal(&a->record.stamp, &f->claim);
	f->adopted = a->record.stamp;
}

static void act(struct run *f)
{
	assert(f->out.error == 0);
	for (size_t i = 0; i < f->out.n; i++) {
		const struct replica_action *a = &f->out.v[i];

		if (a->what == REPLICA_MULTICAST)
			on_multicast(f, a);
		else if (a->what == REPLICA_STORE)
			on_store(f, a);
		else if (a->what == REPLICA_WITNESS_GET || a->what == REPLICA_WITNESS_RAISE)
			on_question(f, a);
		else if (a->what == REPLICA_ANSWER)
			on_answer(f, a);
		else if (a->what == REPLICA_ADOPT)
			on_adopt(f, a);
	}
	replica_actions_clear(&f->out);
}

/* --- events --- */

static struct stamp some_stamp(struct run *f)
{
	uint8_t kind = next(f);
	struct stamp stamp = {0};

	if (kind < 128 && f->n_stored > 0)
		stamp = f->stored[(f->n_stored - 1 - kind % 3 % f->n_stored) % 64];
	if (kind & 4)
		stamp.epoch += next(f) % 4;
	if (kind & 8)
		stamp.version += next(f) % 4;
	if (kind & 16)
		stamp_digest("0copy", 5, stamp.digest);
	return stamp;
}

static void peer_says(struct run *f)
{
	struct replica_msg msg = {.kind = next(f) % 4 + 1, .from = f->its, .to = f->mine};
	uint8_t how = next(f);
	uint8_t *bytes;
	size_t n;

	if (msg.kind == MSG_HAVE && how & 1)
		msg.from.count = ++f->its.count;
	msg.doubtful = msg.kind == MSG_HAVE && how & 2;
	msg.stamp = how & 4 && f->stores ? f->storing : some_stamp(f);
	msg.seq = (uint64_t)(how >> 4) + 1;
	msg.base = how & 8 ? REPLICA_ANY_BASE : next(f);
	msg.total = 5;
	msg.offset = how & 32 ? 3 : 0;
	msg.data = (const uint8_t *)(how & 64 ? "1copy" : "0copy") + msg.offset;
	msg.n_data = how & 128 ? 3 - msg.offset % 2 : 5 - msg.offset;
	if (msg.offset + msg.n_data > msg.total)
		msg.n_data = msg.total - msg.offset;
	if (msg.kind == MSG_HAVE || msg.kind == MSG_ACK)
		msg.n_data = 0;
	bytes = replica_msg_write(&msg, &n);
	if (how == 255)
		bytes[next(f) % n] ^= next(f);
	replica_deliver(f->r, f->now_ns, how == 254 ? 1 : 2, bytes, n, &f->out);
	free(bytes);
}

static void disk_answers(struct run *f)
{
	bool ok = next(f) % 8 != 0;

	if (!f->stores)
		return;
	f->stores = false;
	if (ok)
		on_disk_now(f, &f->storing);
	replica_stored(f->r, f->now_ns, ok, &f->out);
}

static void witness_answers(struct run *f)
{
	uint8_t how = next(f);

	if (!f->asked)
		return;
	f->asked = false;
	if (f->raises && how % 4 != 0) {
		f->witness.mark = f->taken = f->question.wanted;
		f->witness.holder[0] = f->question.in_step ? 0 : 'v';
	} else if (how & 64) {
		f->witness.mark.epoch += how % 3;
		f->witness.mark.version += how % 2;
	}
	replica_witness(f->r, f->now_ns,
		how % 4 == 0 && f->raises ? REPLICA_W_REFUSED : REPLICA_W_OK, &f->witness, &f->out);
}

static void propose(struct run *f)
{
	char change[2] = {(char)next(f), 'c'};

	if (f->requests == REQUESTS)
		return;
	f->requests++;
	replica_propose(f->r, f->now_ns, f->requests, change, sizeof(change), next(f) % 8 ? -1 : 1,
		&f->out);
}

static void event(struct run *f)
{
	const struct replica_record *held = replica_state(f->r);
	uint8_t what = next(f);

	f->adopts = false;
	f->had = held != NULL;
	if (held)
		f->before = held->stamp;
	switch (what % 9) {
	case 0:
		f->linked = !f->linked;
		f->asked = false;
		replica_witness(f->r, f->now_ns, f->linked ? REPLICA_W_BACK : REPLICA_W_AWAY, NULL,
			&f->out);
		break;
	case 1:
		replica_view(f->r, f->now_ns, what & 16, &f->out);
		break;
	case 2:
	case 3:
		peer_says(f);
		break;
	case 4:
		disk_answers(f);
		break;
	case 5:
		witness_answers(f);
		break;
	case 6:
		propose(f);
		break;
	case 7:
		f->now_ns += next(f) * 40 * REPLICA_MS;
		replica_tick(f->r, f->now_ns, &f->out);
		break;
	default: /* its own words come back, or any bytes */
		replica_deliver(f->r, f->now_ns, what & 16 ? 1 : 2, f->at,
			f->left < what ? f->left : what, &f->out);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run f;
	struct replica_rules rules = {.name = "vios1",
		.peer_name = "vios2",
		.node = 1,
		.peer_node = 2,
		.incarnation = 7,
		.apply = apply,
		.valid = valid};
	struct replica_record first = {.text = (char *)"0", .text_bytes = 1};

	memset(&f, 0, sizeof(f));
	f.at = data;
	f.left = size;
	f.its = (struct replica_id){9, 1};
	f.r = replica_new(&rules);
	stamp_digest("0", 1, first.stamp.digest);
	first.stamp.version = next(&f) % 4;
	on_disk_now(&f, &first.stamp);
	replica_start(f.r, f.now_ns, &first, NULL, next(&f) % 8 == 7, &f.out);
	act(&f);
	while (f.left > 0) {
		event(&f);
		act(&f);
		assert(replica_role(f.r) <= REPLICA_WAITING);
	}
	replica_free(f.r);
	return 0;
}
