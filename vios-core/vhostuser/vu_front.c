/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_front.c - one session with one back end. Pure: runs in its caller's thread, emits through the
 * caller's function, owns no descriptor.
 *
 *      hello()            features           protocol features          ack of SET_OWNER
 *  NEW -------> FEATURES ----------> PROTOCOL ----------------> OWNER ------------------> READY
 *                  |                    |                         |                         |
 *                  +---- bits lacking --+--- too few queues ------+--> REFUSED              | ack,
 * base: |                    |                         |                         | DONE
 *                  +--------------------+-------------------------+-------------------------+
 *                      wrong request, flags, size; nobody asked; answered "no"; not sent  -->
 * BROKEN
 *
 * REFUSED and BROKEN are final.
 */
#include "vios-core/vhostuser/vu_front.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

/* What an answer was, once its form is right. */
enum input {
	IN_FEATURES,
	IN_PROTOCOL,
	IN_QUEUES,
	IN_OK,
	IN_NO,
	IN_BASE,
	IN_VALUE,
	IN_FAULT,
	INPUT_END
};

struct step {
	struct vu_front *f;
	struct vu_front_event *event;
	struct vu_front_awaited awaited;
	uint64_t value;
};

static int break_session(struct vu_front *f, int err)
{
	f->phase = VU_FRONT_BROKEN;
	f->n_awaited = 0;
	return err;
}

static int emit(struct vu_front *f, const struct vu_msg *m)
{
	int r = f->emit(m, f->user);

	return r < 0 ? break_session(f, r) : 0;
}

static void await(struct vu_front *f, uint32_t request, uint32_t tag, uint32_t ring)
{
	unsigned slot = (f->first + f->n_awaited) % VU_FRONT_AWAITED_MAX;

	assert(f->n_awaited < VU_FRONT_AWAITED_MAX);
	f->awaited[slot] = (struct vu_front_awaited){request, tag, ring};
	f->n_awaited++;
}

/* Sends m so that it is answered: the last message of an operation. */
static int emit_awaited(struct vu_front *f, struct vu_msg *m, uint32_t tag, uint32_t ring)
{
	const struct vu_rule *rule = vu_msg_rule(m->request);

	if (rule && rule->answer == VU_ANSWER_ACK)
		m->flags |= VU_FLAG_NEED_REPLY;
	await(f, m->request, tag, ring);
	return emit(f, m);
}

/* ---- answers ---- */

static void on_fault(struct step *s)
{
	if (s->event->fault == VU_OK)
		s->event->fault = VU_UNEXPECTED;
	s->event->kind = VU_FRONT_EV_BROKEN;
	break_session(s->f, 0);
}

static void on_no(struct step *s)
{
	s->event->fault = VU_REJECTED;
	on_fault(s);
}

static void on_nothing(struct step *s)
{
	s->event->kind = VU_FRONT_EV_NONE;
}

static void refuse(struct step *s, enum vu_fault fault)
{
	s->event->kind = VU_FRONT_EV_REFUSED;
	s->event->fault = fault;
	s->f->phase = VU_FRONT_REFUSED;
	s->f->n_awaited = 0;
}

/* The message could not be sent: nothing more will come of this session. */
static void on_unsent(struct step *s)
{
	s->event->fault = VU_CUT_OFF;
	on_fault(s);
}

static void on_features(struct step *s)
{
	struct vu_msg m;

	s->event->missing_virtio = s->f->want.virtio_features & ~s->value;
	if (s->event->missing_virtio) {
		refuse(s, VU_FEATURES_MISSING);
		return;
	}
	s->f->phase = VU_FRONT_PROTOCOL;
	vu_msg_empty(&m, VU_GET_PROTOCOL_FEATURES);
	if (emit_awaited(s->f, &m, 0, 0) < 0)
		on_unsent(s);
}

static int greet(struct vu_front *f)
{
	struct vu_msg m;
	int r;

	vu_msg_u64(&m, VU_SET_PROTOCOL_FEATURES, f->want.protocol_features);
	r = emit(f, &m);
	if (r < 0)
		return r;
	if (f->want.protocol_features & BIT(VU_PROTOCOL_MQ)) {
		vu_msg_empty(&m, VU_GET_QUEUE_NUM);
		r = emit_awaited(f, &m, 0, 0);
		if (r < 0)
			return r;
	}
	vu_msg_empty(&m, VU_SET_OWNER);
	return emit_awaited(f, &m, 0, 0);
}

static void on_protocol(struct step *s)
{
	s->event->missing_protocol = s->f->want.protocol_features & ~s->value;
	if (s->event->missing_protocol) {
		refuse(s, VU_FEATURES_MISSING);
		return;
	}
	s->f->phase = VU_FRONT_OWNER;
	if (greet(s->f) < 0)
		on_unsent(s);
}

static void on_queues(struct step *s)
{
	if (s->value < s->f->want.queues)
		refuse(s, VU_BAD_VALUE);
}

static void on_owner(struct step *s)
{
	s->f->phase = VU_FRONT_READY;
	s->event->kind = VU_FRONT_EV_READY;
}

static void on_done(struct step *s)
{
	s->event->kind = VU_FRONT_EV_DONE;
}

static void on_base(struct step *s)
{
	s->event->kind = VU_FRONT_EV_DONE;
	s->event->base = (uint16_t)s->value;
}

typedef void handler_fn(struct step *s);

/* clang-format off */
static handler_fn *const table[VU_FRONT_PHASE_END][INPUT_END] = {
/*			FEATURES     PROTOCOL     QUEUES      OK          NO          BASE        VALUE       FAULT */
[VU_FRONT_NEW] =      { on_fault,    on_fault,    on_fault,   on_fault,   on_fault,   on_fault,   on_fault,   on_fault },
[VU_FRONT_FEATURES] = { on_features, on_fault,    on_fault,   on_fault,   on_fault,   on_fault,   on_fault,   on_fault },
[VU_FRONT_PROTOCOL] = { on_fault,    on_protocol, on_fault,   on_fault,   on_fault,   on_fault,   on_fault,   on_fault },
[VU_FRONT_OWNER] =    { on_fault,    on_fault,    on_queues,  on_owner,   on_no,      on_fault,   on_fault,   on_fault },
[VU_FRONT_READY] =    { on_fault,    on_fault,    on_fault,   on_done,    on_no,      on_base,    on_done,    on_fault },
[VU_FRONT_REFUSED] =  { on_nothing,  on_nothing,  on_nothing, on_nothing, on_nothing, on_nothing, on_nothing, on_nothing },
[VU_FRONT_BROKEN] =   { on_nothing,  on_nothing,  on_nothing, on_nothing, on_nothing, on_nothing, on_nothing, on_nothing },
};
/* clang-format on */

bool vu_front_table_complete(void)
{
	for (int phase = 0; phase < VU_FRONT_PHASE_END; phase++)
		for (int in = 0; in < INPUT_END; in++)
			if (!table[phase][in])
				return false;
	return true;
}

static enum input classify_base(struct step *s, const struct vu_msg *m)
{
	struct vu_vring_state state;

	if (!vu_msg_get_state(m, &state))
		s->event->fault = VU_BAD_SIZE;
	else if (state.index != s->awaited.ring)
		s->event->fault = VU_BAD_INDEX;
	else if (state.num > UINT16_MAX)
		s->event->fault = VU_BAD_VALUE;
	else
		s->value = state.num;
	return s->event->fault ? IN_FAULT : IN_BASE;
}

/* Checks an answer against what is awaited and reads its value. */
static enum input classify(struct step *s, const struct vu_msg *m)
{
	const struct vu_rule *rule = vu_msg_rule(s->awaited.request);

	s->event->fault = vu_msg_check_answer(m, s->awaited.request, true);
	if (s->event->fault)
		return IN_FAULT;
	if (s->awaited.request == VU_GET_VRING_BASE)
		return classify_base(s, m);
	if (!vu_msg_get_u64(m, &s->value)) {
		s->event->fault = VU_BAD_SIZE;
		return IN_FAULT;
	}
	if (rule && rule->answer == VU_ANSWER_ACK)
		return s->value == 0 ? IN_OK : IN_NO;
	switch (s->awaited.request) {
	case VU_GET_FEATURES:
		return IN_FEATURES;
	case VU_GET_PROTOCOL_FEATURES:
		return IN_PROTOCOL;
	case VU_GET_QUEUE_NUM:
		return IN_QUEUES;
	default:
		return IN_VALUE;
	}
}

void vu_front_input(struct vu_front *f, const struct vu_msg *m, struct vu_front_event *event)
{
	struct step s = {.f = f, .event = event};
	enum input in = IN_FAULT;

	*event = (struct vu_front_event){.request = m->request};
	if (f->n_awaited > 0) {
		s.awaited = f->awaited[f->first];
		f->first = (f->first + 1) % VU_FRONT_AWAITED_MAX;
		f->n_awaited--;
		event->request = s.awaited.request;
		event->tag = s.awaited.tag;
		event->ring = s.awaited.ring;
		in = classify(&s, m);
	}
	table[f->phase][in](&s);
}

unsigned vu_front_outstanding(const struct vu_front *f)
{
	return f->n_awaited;
}

/* ---- operations ---- */

void vu_front_init(struct vu_front *f, const struct vu_front_want *want,
	int (*emit_fn)(const struct vu_msg *m, void *user), void *user)
{
	memset(f, 0, sizeof(*f));
	f->emit = emit_fn;
	f->user = user;
	f->want = *want;
	f->want.virtio_features |= BIT(VU_F_PROTOCOL_FEATURES);
	f->want.protocol_features |= BIT(VU_PROTOCOL_REPLY_ACK);
	f->phase = VU_FRONT_NEW;
}

int vu_front_hello(struct vu_front *f)
{
	struct vu_msg m;

	if (f->phase != VU_FRONT_NEW)
		return -ENOTCONN;
	f->phase = VU_FRONT_FEATURES;
	vu_msg_empty(&m, VU_GET_FEATURES);
	return emit_awaited(f, &m, 0, 0);
}

/* An operation puts its messages; each goes out when the next is put, so that the last can ask for
 * an answer. */
static void put(struct vu_front *f, const struct vu_msg *m)
{
	if (f->has_held && !f->err)
		f->err = emit(f, &f->held);
	f->held = *m;
	f->has_held = true;
}

static int begin(struct vu_front *f, uint32_t ring)
{
	f->has_held = false;
	f->err = 0;
	if (f->phase != VU_FRONT_READY)
		return -ENOTCONN;
	if (ring >= VU_RINGS_MAX)
		return -EINVAL;
	return f->n_awaited < VU_FRONT_AWAITED_MAX ? 0 : -ENOBUFS;
}

static int finish(struct vu_front *f, uint32_t tag, uint32_t ring)
{
	f->has_held = false;
	return f->err ? f->err : emit_awaited(f, &f->held, tag, ring);
}

/* What a ring needs before it can be started: NUM, ADDR, CALL, and ERR if there is one. */
static void put_ring(struct vu_front *f, const struct vu_front_ring *r, uint32_t ring)
{
	struct vu_vring_addr addr = r->addr;
	struct vu_msg m;

	vu_msg_state(&m, VU_SET_VRING_NUM, ring, r->num);
	put(f, &m);
	if (r->has_addr) {
		addr.index = ring;
		vu_msg_addr(&m, &addr);
		put(f, &m);
	}
	vu_msg_vring_fd(&m, VU_SET_VRING_CALL, ring, r->call_fd);
	put(f, &m);
	if (r->err_fd >= 0) {
		vu_msg_vring_fd(&m, VU_SET_VRING_ERR, ring, r->err_fd);
		put(f, &m);
	}
}

int vu_front_prime(struct vu_front *f, const struct vu_front_device *d, uint32_t tag)
{
	struct vu_msg m;
	int err = begin(f, 0);

	if (err)
		return err;
	vu_msg_u64(&m, VU_SET_FEATURES, d->features | BIT(VU_F_PROTOCOL_FEATURES));
	put(f, &m);
	if (d->mem.n_regions > 0) {
		vu_msg_mem_table(&m, &d->mem, d->mem_fds);
		put(f, &m);
		for (uint32_t i = 0; i < d->n_rings && i < VU_RINGS_MAX; i++)
			if (d->ring[i].num > 0)
				put_ring(f, &d->ring[i], i);
	}
	return finish(f, tag, 0);
}

int vu_front_mem_table(struct vu_front *f, const struct vu_front_device *d, uint32_t tag)
{
	struct vu_msg m;
	int err = begin(f, 0);

	if (err)
		return err;
	if (d->mem.n_regions == 0)
		return -EINVAL;
	vu_msg_mem_table(&m, &d->mem, d->mem_fds);
	put(f, &m);
	return finish(f, tag, 0);
}

int vu_front_start_ring(struct vu_front *f, const struct vu_front_device *d, uint32_t ring,
	uint16_t base, uint32_t tag)
{
	const struct vu_front_ring *r;
	struct vu_msg m;
	int err = begin(f, ring);

	if (err)
		return err;
	r = &d->ring[ring];
	if (r->num == 0 || !r->has_addr || d->mem.n_regions == 0)
		return -EINVAL;
	put_ring(f, r, ring);
	vu_msg_state(&m, VU_SET_VRING_BASE, ring, base);
	put(f, &m);
	vu_msg_vring_fd(&m, VU_SET_VRING_KICK, ring, r->kick_fd);
	put(f, &m);
	vu_msg_state(&m, VU_SET_VRING_ENABLE, ring, r->enabled);
	put(f, &m);
	return finish(f, tag, ring);
}

int vu_front_stop_ring(struct vu_front *f, uint32_t ring, uint32_t tag)
{
	struct vu_msg m;
	int err = begin(f, ring);

	if (err)
		return err;
	vu_msg_state(&m, VU_SET_VRING_ENABLE, ring, 0);
	put(f, &m);
	vu_msg_state(&m, VU_GET_VRING_BASE, ring, 0);
	put(f, &m);
	return finish(f, tag, ring);
}

int vu_front_enable(struct vu_front *f, uint32_t ring, bool on, uint32_t tag)
{
	struct vu_msg m;
	int err = begin(f, ring);

	if (err)
		return err;
	vu_msg_state(&m, VU_SET_VRING_ENABLE, ring, on);
	put(f, &m);
	return finish(f, tag, ring);
}

int vu_front_call_fd(struct vu_front *f, uint32_t ring, int fd, uint32_t tag)
{
	struct vu_msg m;
	int err = begin(f, ring);

	if (err)
		return err;
	vu_msg_vring_fd(&m, VU_SET_VRING_CALL, ring, fd);
	put(f, &m);
	return finish(f, tag, ring);
}

int vu_front_inflight(struct vu_front *f, const struct vu_inflight *inflight, int fd, uint32_t tag)
{
	struct vu_msg m;
	int err = begin(f, 0);

	if (err)
		return err;
	vu_msg_inflight(&m, VU_SET_INFLIGHT_FD, inflight);
	m.fds[m.n_fds++] = fd;
	put(f, &m);
	return finish(f, tag, 0);
}

int vu_front_u64(struct vu_front *f, uint32_t request, uint64_t value, uint32_t tag)
{
	struct vu_msg m;
	int err = begin(f, 0);

	if (err)
		return err;
	vu_msg_u64(&m, request, value);
	put(f, &m);
	return finish(f, tag, 0);
}
