// SPDX-License-Identifier: BSD-3-Clause
/*
 * rworld.c - the group as Corosync delivers it, disks that lose what was not synced, the frame's
 * witness, lives and deaths, on virtual time. One thread; the simulation owns all of it.
 *
 * The group: a message is sequenced some time after it was sent, and then delivered to both in one
 * order. A cut ends what a node hears of the other at any place of that order; its own are
 * delivered to it all the same, and what was not sequenced is sequenced in the next view.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/rsim.h"

static void deliver_later(struct rsim *s, int to, const struct rmessage *m)
{
	struct rnode *n = &s->node[to];
	uint64_t at_ns =
		s->now_ns + 50000 + rsim_random(s, rsim_random(s, 20) ? 2 * RMS : 30 * RMS);
	struct rmessage *slot = &n->inbox[n->n_inbox];

	if (n->n_inbox == RINBOX)
		abort();
	*slot = *m;
	if (m->bytes) {
		slot->bytes = malloc(m->n);
		memcpy(slot->bytes, m->bytes, m->n);
	}
	if (n->n_inbox > 0 && n->inbox[n->n_inbox - 1].at_ns > at_ns)
		at_ns = n->inbox[n->n_inbox - 1].at_ns;
	slot->at_ns = at_ns;
	n->n_inbox++;
}

static void drop(struct rmessage *list, size_t *n, size_t i)
{
	free(list[i].bytes);
	(*n)--;
	memmove(&list[i], &list[i + 1], (*n - i) * sizeof(list[0]));
}

static bool hears(const struct rsim *s, int a, int b)
{
	return a == b || (s->node[a].joined && s->node[b].joined && !s->cut);
}

static void sequence(struct rsim *s, int from)
{
	struct rnode *n = &s->node[from];
	struct rmessage m = n->sending[0];

	for (int to = 0; to < 2; to++)
		if (hears(s, from, to))
			deliver_later(s, to, &m);
	drop(n->sending, &n->n_sending, 0);
}

static void multicast(struct rsim *s, int from, const uint8_t *bytes, size_t size)
{
	struct rnode *n = &s->node[from];
	struct rmessage *m = &n->sending[n->n_sending];

	if (!n->joined)
		return; /* the daemon has no group to send to */
	if (n->n_sending == RINBOX)
		abort();
	*m = (struct rmessage){.kind = R_MESSAGE, .from = from, .n = size};
	m->bytes = malloc(size);
	memcpy(m->bytes, bytes, size);
	/* Now and then Corosync makes it wait, over a change of views, too. */
	m->at_ns = s->now_ns + rsim_random(s, rsim_random(s, 40) ? RMS : 200 * RMS);
	if (n->n_sending > 0 && m[-1].at_ns > m->at_ns)
		m->at_ns = m[-1].at_ns;
	n->n_sending++;
}

static void view(struct rsim *s, int who)
{
	struct rmessage m = {.kind = R_VIEW, .peer = hears(s, who, 1 - who)};

	if (s->node[who].joined)
		deliver_later(s, who, &m);
}

/* Of what is on its way to `who`, what the other has sent ends at some place. */
static void lose_tail(struct rsim *s, int who)
{
	struct rnode *n = &s->node[who];
	size_t place = rsim_random(s, n->n_inbox + 1);

	for (size_t i = n->n_inbox; i-- > place;)
		if (n->inbox[i].kind == R_MESSAGE && n->inbox[i].from != who)
			drop(n->inbox, &n->n_inbox, i);
}

static void forget_group(struct rsim *s, int who)
{
	struct rnode *n = &s->node[who];

	while (n->n_inbox > 0)
		drop(n->inbox, &n->n_inbox, 0);
	while (n->n_sending > 0)
		drop(n->sending, &n->n_sending, 0);
}

void rworld_cut(struct rsim *s)
{
	s->cut = true;
	for (int i = 0; i < 2; i++) {
		lose_tail(s, i);
		view(s, i);
	}
}

void rworld_heal(struct rsim *s)
{
	s->cut = false;
	for (int i = 0; i < 2; i++)
		view(s, i);
}

/* Its Corosync dies, or it is there again. */
void rworld_corosync(struct rsim *s, int who, bool joined)
{
	struct rnode *n = &s->node[who];

	if (n->joined == joined)
		return;
	forget_group(s, who);
	n->joined = joined;
	if (!joined && n->up) {
		replica_view(n->r, s->now_ns, false, &n->out);
		rworld_act(s, who);
	}
	if (!joined)
		lose_tail(s, 1 - who);
	for (int i = 0; i < 2; i++)
		if (!s->cut || i == who)
			view(s, i);
}

/* --- disk --- */

static void keep(struct replica_record *to, const struct replica_record *from)
{
	*to = *from;
	to->text = malloc(from->text_bytes);
	memcpy(to->text, from->text, from->text_bytes);
}

static void reach_disk(struct rnode *n)
{
	free(n->file[RFILES - 1].text);
	memmove(n->file + 1, n->file, (RFILES - 1) * sizeof(n->file[0]));
	n->file[0] = n->writing;
	memset(&n->writing, 0, sizeof(n->writing));
	n->writes = false;
}

static void store(struct rsim *s, int who, const struct replica_record *record)
{
	struct rnode *n = &s->node[who];

	rsim_promise(s, !n->writes, "two stores at once");
	if (n->writes)
		return;
	keep(&n->writing, record);
	n->writes = true;
	n->written_ns =
		s->now_ns + 100000 + rsim_random(s, rsim_random(s, 30) ? 8 * RMS : 900 * RMS);
}

static void stored(struct rsim *s, int who)
{
	struct rnode *n = &s->node[who];
	bool ok = rsim_random(s, 100) != 0;

	if (ok || rsim_random(s, 2))
		reach_disk(n);
	if (n->writes) {
		free(n->writing.text);
		n->writes = false;
	}
	replica_stored(n->r, s->now_ns, ok, &n->out);
	rworld_act(s, who);
}

/* --- witness --- */

static struct witness_mark to_witness(const struct stamp_mark *m)
{
	struct witness_mark w = {.epoch = m->epoch, .version = m->version};

	memcpy(w.digest, m->digest, sizeof(w.digest));
	return w;
}

static void ask(struct rsim *s, int who, const struct replica_action *a)
{
	struct rnode *n = &s->node[who];
	struct rquestion *q = &n->question;

	rsim_promise(s, !q->open, "two questions at once");
	rsim_promise(s, n->linked, "a question without a connection");
	*q = (struct rquestion){.open = true,
		.raise = a->what == REPLICA_WITNESS_RAISE,
		.in_step = a->in_step,
		.expect = a->expect,
		.wanted = a->wanted,
		.changed = a->changed,
		.life = n->life};
	q->arrives_ns =
		s->now_ns + 30000 + rsim_random(s, rsim_random(s, 20) ? 3 * RMS : 300 * RMS);
	q->answered_ns = RNEVER;
}

static void arrive(struct rsim *s, int who, struct rquestion *q)
{
	static const char *const names[] = {"vios1", "vios2"};
	struct witness_mark expect = to_witness(&q->expect), wanted = to_witness(&q->wanted);
	struct witness_ids changed = {.all = q->changed.all, .n = q->changed.n};

	memcpy(changed.id, q->changed.id, sizeof(changed.id));
	q->arrived = true;
	q->answered_ns = s->now_ns + rsim_random(s, 2 * RMS);
	if (!q->raise)
		return;
	q->refused = witness_raise(&s->witness, names[who], &expect, &wanted, &changed,
			     q->in_step) != WITNESS_RAISED;
	rsim_say(s,
		q->refused   ? "raise refused"
		: q->in_step ? "in step"
			     : "raised",
		(uint64_t)who, q->wanted.version);
}

static void answer(struct rsim *s, int who)
{
	struct rnode *n = &s->node[who];
	struct replica_witness w = {
		.mark = {.epoch = s->witness.mark.epoch, .version = s->witness.mark.version}};

	memcpy(w.mark.digest, s->witness.mark.digest, sizeof(w.mark.digest));
	memcpy(w.holder, s->witness.holder, sizeof(w.holder));
	w.changed.all = s->witness.changed.all;
	w.changed.n = s->witness.changed.n;
	memcpy(w.changed.id, s->witness.changed.id, sizeof(w.changed.id));
	n->question.open = false;
	replica_witness(n->r, s->now_ns, n->question.refused ? REPLICA_W_REFUSED : REPLICA_W_OK, &w,
		&n->out);
	rworld_act(s, who);
}

/* What was asked and has not arrived may still do so. */
static void lose_answer(struct rsim *s, int who)
{
	struct rnode *n = &s->node[who];

	if (n->question.open && !n->question.arrived && rsim_random(s, 2)) {
		n->ghost = n->question;
		n->ghost.arrives_ns += rsim_random(s, 400 * RMS);
	}
	n->question.open = false;
}

void rworld_link(struct rsim *s, int who, bool linked)
{
	struct rnode *n = &s->node[who];

	if (n->linked == linked || (linked && (!s->framed || !n->up)))
		return;
	n->linked = linked;
	if (!linked)
		lose_answer(s, who);
	if (!n->up)
		return;
	replica_witness(n->r, s->now_ns, linked ? REPLICA_W_BACK : REPLICA_W_AWAY, NULL, &n->out);
	rworld_act(s, who);
}

void rworld_framed(struct rsim *s, bool up)
{
	s->framed = up;
	for (int i = 0; i < 2; i++) {
		rworld_link(s, i, up);
		if (!up)
			s->node[i].ghost.open = false; /* its sockets are gone */
	}
}

/* --- lives --- */

static void load(struct rsim *s, int who)
{
	struct rnode *n = &s->node[who];
	struct replica_record fresh = {.text = (char *)"0\n", .text_bytes = 2},
			      *newest = &n->file[0];
	const struct replica_record *base = NULL;

	stamp_digest(fresh.text, fresh.text_bytes, fresh.stamp.digest);
	if (!newest->text)
		newest = &fresh;
	for (int i = RFILES - 1; newest->intent && i > 0; i--)
		if (n->file[i].text && stamp_equal(&n->file[i].stamp, &newest->base))
			base = &n->file[i];
	if (newest->intent && !base && newest->base.version == 0)
		base = &fresh;
	replica_start(n->r, s->now_ns, newest, base, false, &n->out);
}

void rworld_start(struct rsim *s, int who)
{
	struct rnode *n = &s->node[who];
	struct replica_rules rules = {
		.name = who ? "vios2" : "vios1",
		.peer_name = who ? "vios1" : "vios2",
		.node = (uint32_t)who + 1,
		.peer_node = 2 - (uint32_t)who,
		.incarnation = ++s->lives,
		.apply = rapply,
		.valid = rvalid,
	};

	rsim_say(s, "start", (uint64_t)who, n->file[0].stamp.version);
	n->r = replica_new(&rules);
	n->up = true;
	n->life = s->lives;
	n->born_ns = s->now_ns;
	n->change_ns = RNEVER;
	load(s, who);
	rworld_act(s, who);
	rworld_link(s, who, true);
	n->joined = false;
	rworld_corosync(s, who, true);
}

void rworld_crash(struct rsim *s, int who)
{
	struct rnode *n = &s->node[who];

	rsim_say(s, "crash", (uint64_t)who, 0);
	s->crashes++;
	n->up = false;
	n->change_ns = RNEVER;
	rworld_corosync(s, who, false);
	rworld_link(s, who, false);
	if (n->writes && rsim_random(s, 2))
		reach_disk(n);
	if (n->writes)
		free(n->writing.text);
	n->writes = false;
	replica_actions_clear(&n->out);
	replica_free(n->r);
	n->r = NULL;
	free(n->text);
	n->text = NULL;
}

/* --- actions --- */

static void act(struct rsim *s, int who, const struct replica_action *a)
{
	if (a->what == REPLICA_MULTICAST)
		multicast(s, who, a->bytes, a->n_bytes);
	else if (a->what == REPLICA_STORE)
		store(s, who, &a->record);
	else if (a->what == REPLICA_WITNESS_GET || a->what == REPLICA_WITNESS_RAISE)
		ask(s, who, a);
	else if (a->what == REPLICA_ANSWER)
		rcheck_answer(s, who, a);
	else if (a->what == REPLICA_ADOPT)
		rcheck_adopt(s, who, a);
	else if (s->trace && a->what == REPLICA_LOG)
		rsim_say(s, a->sentence, (uint64_t)who, 0);
}

void rworld_act(struct rsim *s, int who)
{
	struct replica_actions out = s->node[who].out;

	memset(&s->node[who].out, 0, sizeof(out));
	rsim_promise(s, out.error == 0, "no memory");
	for (size_t i = 0; i < out.n; i++)
		act(s, who, &out.v[i]);
	replica_actions_clear(&out);
	if (s->node[who].up)
		rcheck_serve(s, who);
}

/* --- time --- */

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t question_ns(const struct rquestion *q)
{
	return !q->open ? RNEVER : q->arrived ? q->answered_ns : q->arrives_ns;
}

uint64_t rworld_next_ns(const struct rsim *s)
{
	uint64_t t = RNEVER;

	for (int i = 0; i < 2; i++) {
		const struct rnode *n = &s->node[i];

		t = sooner(t, n->change_ns);
		t = sooner(t, question_ns(&n->ghost));
		t = sooner(t, question_ns(&n->question));
		if (n->n_inbox > 0)
			t = sooner(t, n->inbox[0].at_ns);
		if (n->n_sending > 0)
			t = sooner(t, n->sending[0].at_ns);
		if (n->writes)
			t = sooner(t, n->written_ns);
		if (n->up)
			t = sooner(t, replica_next_ns(n->r));
	}
	return t;
}

static void receive(struct rsim *s, int who)
{
	struct rnode *n = &s->node[who];
	struct rmessage m = n->inbox[0];

	n->inbox[0].bytes = NULL;
	drop(n->inbox, &n->n_inbox, 0);
	if (m.kind == R_VIEW)
		replica_view(n->r, s->now_ns, m.peer, &n->out);
	else
		replica_deliver(n->r, s->now_ns, (uint32_t)m.from + 1, m.bytes, m.n, &n->out);
	free(m.bytes);
	rworld_act(s, who);
}

static void step_witness(struct rsim *s, int who)
{
	struct rnode *n = &s->node[who];

	if (question_ns(&n->ghost) <= s->now_ns) {
		if (!n->ghost.arrived)
			arrive(s, who, &n->ghost);
		n->ghost.open = false;
	}
	if (question_ns(&n->question) > s->now_ns)
		return;
	if (!n->question.arrived)
		arrive(s, who, &n->question);
	else
		answer(s, who);
}

static void step_node(struct rsim *s, int who)
{
	struct rnode *n = &s->node[who];

	if (n->change_ns <= s->now_ns)
		rworld_start(s, who);
	step_witness(s, who);
	if (n->n_sending > 0 && n->sending[0].at_ns <= s->now_ns)
		sequence(s, who);
	if (n->up && n->n_inbox > 0 && n->inbox[0].at_ns <= s->now_ns)
		receive(s, who);
	if (n->up && n->writes && n->written_ns <= s->now_ns)
		stored(s, who);
	if (n->up && replica_next_ns(n->r) <= s->now_ns) {
		replica_tick(n->r, s->now_ns, &n->out);
		rworld_act(s, who);
	}
}

void rworld_step(struct rsim *s)
{
	for (int i = 0; i < 2; i++)
		step_node(s, i);
}

void rworld_free(struct rsim *s)
{
	for (int i = 0; i < 2; i++) {
		struct rnode *n = &s->node[i];

		if (n->up)
			rworld_crash(s, i);
		forget_group(s, i);
		for (int k = 0; k < RFILES; k++)
			free(n->file[k].text);
	}
	free(s->committed);
}
