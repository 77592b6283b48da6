/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_back.c - the back end's half of vhost-user towards a client. Pure; the caller owns the struct
 * and carries out the operations.
 */
#include "vios-core/vhostuser/vu_back.h"

#include "vios-core/vhostuser/vu_config.h"

#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

/* One message at work. */
struct job {
	struct vu_back *s;
	const struct vu_back_offer *offer;
	const struct vu_back_io *io;
	struct vu_msg *m;
	bool declined;
};

void vu_back_init(struct vu_back *s, uint32_t n_rings)
{
	const uint32_t epoch = s->epoch;
	const uint32_t version = s->version, mem_version = s->mem_version;

	memset(s, 0, sizeof(*s));
	s->epoch = epoch;
	s->version = version + 1; /* never again a number that a path has heard */
	s->mem_version = mem_version + 1;
	s->device.n_rings = n_rings;
	for (uint32_t i = 0; i < VU_REGIONS_MAX; i++)
		s->device.mem_fds[i] = -1;
	for (uint32_t i = 0; i < VU_RINGS_MAX; i++) {
		struct vu_front_ring *r = &s->device.ring[i];

		r->kick_fd = r->call_fd = r->err_fd = -1;
		s->ring[i].anew = true;
	}
}

void vu_back_open(struct vu_back *s)
{
	s->epoch++;
	s->connected = true;
}

static void drop(const struct vu_back_io *io, int *fd)
{
	if (*fd >= 0)
		io->drop(*fd, io->user);
	*fd = -1;
}

static void drop_memory(struct vu_back *s, const struct vu_back_io *io)
{
	for (uint32_t i = 0; i < VU_REGIONS_MAX; i++)
		drop(io, &s->device.mem_fds[i]);
	s->device.mem.n_regions = 0;
}

void vu_back_close(struct vu_back *s, const struct vu_back_io *io)
{
	drop_memory(s, io);
	for (uint32_t i = 0; i < VU_RINGS_MAX; i++) {
		drop(io, &s->device.ring[i].kick_fd);
		drop(io, &s->device.ring[i].call_fd);
		drop(io, &s->device.ring[i].err_fd);
	}
	vu_back_init(s, s->device.n_rings);
}

/* ---- answers ---- */

static void answer_u64(struct job *j, uint64_t value)
{
	struct vu_msg reply;

	vu_msg_u64(&reply, j->m->request, value);
	vu_msg_make_reply(&reply);
	j->io->send(&reply, j->io->user);
}

static bool wants_ack(const struct job *j)
{
	return vu_msg_wants_answer(j->m, j->s->protocol & BIT(VU_PROTOCOL_REPLY_ACK));
}

void vu_back_settle_owed(struct vu_back *s, const struct vu_back_io *io, uint16_t base)
{
	struct vu_msg reply;

	if (s->owed.request == VU_GET_VRING_BASE)
		s->ring[s->owed.ring].left = base;
	if (s->owed.request == VU_GET_VRING_BASE)
		vu_msg_state(&reply, VU_GET_VRING_BASE, s->owed.ring, base);
	else
		vu_msg_u64(&reply, s->owed.request, 0);
	vu_msg_make_reply(&reply);
	io->send(&reply, io->user);
	s->owed = (struct vu_back_owed){0};
}

/* ---- messages ---- */

static enum vu_fault get_features(struct job *j)
{
	answer_u64(j, j->offer->virtio_features | BIT(VU_F_PROTOCOL_FEATURES));
	return VU_OK;
}

static enum vu_fault set_features(struct job *j)
{
	struct vu_back *s = j->s;
	uint64_t value = 0;

	vu_msg_get_u64(j->m, &value);
	if (value & ~(j->offer->virtio_features | BIT(VU_F_PROTOCOL_FEATURES)))
		return VU_BAD_VALUE;
	/* "Ring states": without protocol features rings start out enabled. */
	for (uint32_t i = 0; !(value & BIT(VU_F_PROTOCOL_FEATURES)) && i < VU_RINGS_MAX; i++)
		s->device.ring[i].enabled = true;
	if (!s->features_told || s->device.features != value)
		s->version++;
	s->features_told = true;
	s->device.features = value;
	return VU_OK;
}

static enum vu_fault get_protocol(struct job *j)
{
	answer_u64(j, j->offer->protocol_features | BIT(VU_PROTOCOL_REPLY_ACK));
	return VU_OK;
}

static enum vu_fault set_protocol(struct job *j)
{
	uint64_t value = 0;

	vu_msg_get_u64(j->m, &value);
	if (value & ~(j->offer->protocol_features | BIT(VU_PROTOCOL_REPLY_ACK)))
		return VU_BAD_VALUE;
	j->s->protocol = value;
	return VU_OK;
}

static enum vu_fault get_queue_num(struct job *j)
{
	answer_u64(j, j->offer->queues);
	return VU_OK;
}

static enum vu_fault nothing(struct job *j)
{
	return VU_OK;
}

static enum vu_fault set_mem_table(struct job *j)
{
	struct vu_back *s = j->s;
	struct vu_mem_table table;
	enum vu_fault fault = vu_msg_get_mem_table(j->m, &table);

	if (fault)
		return fault;
	drop_memory(s, j->io);
	s->device.mem = table;
	for (uint32_t i = 0; i < table.n_regions; i++) {
		s->device.mem_fds[i] = j->m->fds[i];
		j->m->fds[i] = -1;
	}
	s->version++;
	s->mem_version++;
	return VU_OK;
}

static enum vu_fault set_num(struct job *j)
{
	struct vu_vring_state state = {0};
	struct vu_front_ring *r;

	vu_msg_get_state(j->m, &state);
	r = &j->s->device.ring[state.index];
	if (r->num == state.num)
		return VU_OK;
	r->num = state.num;
	j->s->ring[state.index].anew = true;
	j->s->ring[state.index].setup_version++;
	j->s->version++;
	return VU_OK;
}

static enum vu_fault set_addr(struct job *j)
{
	struct vu_vring_addr addr = {0};
	struct vu_front_ring *r;

	vu_msg_get_addr(j->m, &addr);
	r = &j->s->device.ring[addr.index];
	if (r->has_addr && r->addr.desc == addr.desc && r->addr.avail == addr.avail &&
		r->addr.used == addr.used && r->addr.flags == addr.flags && r->addr.log == addr.log)
		return VU_OK;
	r->addr = addr;
	r->has_addr = true;
	j->s->ring[addr.index].anew = true;
	j->s->ring[addr.index].setup_version++;
	j->s->version++;
	return VU_OK;
}

/*
 * A client that stops and goes on says what it was answered. Any other base is a driver's that has
 * begun anew, and so may 0 be: if it does go on there, nothing has come back yet, and all that was
 * taken is still in the available ring.
 */
static enum vu_fault set_base(struct job *j)
{
	struct vu_vring_state state = {0};
	struct vu_back_ring *r;

	vu_msg_get_state(j->m, &state);
	r = &j->s->ring[state.index];
	r->base = state.num;
	r->anew |= state.num == 0 || state.num != r->left;
	return VU_OK;
}

static enum vu_fault get_base(struct job *j)
{
	struct vu_vring_state state = {0};
	struct vu_back *s = j->s;

	vu_msg_get_state(j->m, &state);
	s->ring[state.index].kicked = false;
	drop(j->io, &s->device.ring[state.index].kick_fd);
	s->owed = (struct vu_back_owed){VU_GET_VRING_BASE, state.index};
	return VU_OK;
}

/* Takes the message's descriptor, if it has one, into *slot. */
static void take_fd(struct job *j, int *slot)
{
	drop(j->io, slot);
	if (j->m->n_fds == 0)
		return;
	*slot = j->m->fds[0];
	j->m->fds[0] = -1;
}

static uint32_t ring_of(const struct job *j)
{
	uint64_t value = 0;

	vu_msg_get_u64(j->m, &value);
	return (uint32_t)(value & VU_VRING_INDEX_MASK);
}

static enum vu_fault set_kick(struct job *j)
{
	const uint32_t i = ring_of(j);

	take_fd(j, &j->s->device.ring[i].kick_fd);
	j->s->ring[i].kicked = true;
	j->s->ring[i].setup_version++;
	return VU_OK;
}

static enum vu_fault set_call(struct job *j)
{
	const uint32_t i = ring_of(j);

	take_fd(j, &j->s->device.ring[i].call_fd);
	j->s->ring[i].call_version++;
	j->s->version++;
	return VU_OK;
}

static enum vu_fault set_err(struct job *j)
{
	take_fd(j, &j->s->device.ring[ring_of(j)].err_fd);
	j->s->version++;
	return VU_OK;
}

/*
 * "Ring states": a disabled ring is processed without side effects, a network device's transmit
 * ring by discarding. rte_vhost leaves a disabled ring alone, and a driver that takes a queue out
 * of use leaves frames in it: Linux sends nothing again for a TCP connection whose frame still
 * waits there, however long that is. So such a ring goes on; its driver adds nothing to it.
 */
static enum vu_fault set_enable(struct job *j)
{
	struct vu_vring_state state = {0};

	vu_msg_get_state(j->m, &state);
	if (state.num || !(j->offer->drained_rings >> state.index & 1))
		j->s->device.ring[state.index].enabled = state.num;
	return VU_OK;
}

static enum vu_fault set_mtu(struct job *j)
{
	uint64_t value = 0;

	vu_msg_get_u64(j->m, &value);
	if (value > j->offer->mtu_max)
		return VU_BAD_VALUE;
	return VU_OK;
}

/* Not offered: "no" to a client that wants to hear it, else it is confused. */
static enum vu_fault decline(struct job *j)
{
	const struct vu_rule *rule = vu_msg_rule(j->m->request);

	if ((rule && rule->answer == VU_ANSWER_DATA) || !wants_ack(j))
		return VU_BAD_REQUEST;
	answer_u64(j, 1);
	j->declined = true;
	return VU_OK;
}

static enum vu_fault get_config(struct job *j)
{
	const struct vu_back_offer *offer = j->offer;
	struct vu_config piece;
	struct vu_msg reply;
	enum vu_fault fault = vu_config_get(j->m, &piece);

	if (fault || !offer->config_bytes)
		return fault ? fault : decline(j);
	memset(piece.bytes, 0, sizeof(piece.bytes));
	for (uint32_t i = 0; i < piece.size_bytes; i++)
		if ((uint64_t)piece.offset + i < offer->config_bytes)
			piece.bytes[i] = offer->config[piece.offset + i];
	vu_config_put(&reply, VU_GET_CONFIG, &piece);
	vu_msg_make_reply(&reply);
	j->io->send(&reply, j->io->user);
	return VU_OK;
}

/* What a driver may write there it may only leave as it is. */
static enum vu_fault set_config(struct job *j)
{
	const struct vu_back_offer *offer = j->offer;
	struct vu_config piece;
	enum vu_fault fault = vu_config_get(j->m, &piece);

	if (fault)
		return fault;
	if (piece.offset > offer->config_bytes ||
		piece.size_bytes > offer->config_bytes - piece.offset ||
		memcmp(piece.bytes, offer->config + piece.offset, piece.size_bytes) != 0)
		return decline(j);
	return VU_OK;
}

typedef enum vu_fault handler_fn(struct job *j);

/* A request that is not here is one that the profile does not offer. */
static handler_fn *const handlers[VU_REQUEST_END] = {
	[VU_GET_FEATURES] = get_features,
	[VU_SET_FEATURES] = set_features,
	[VU_SET_OWNER] = nothing,
	[VU_RESET_OWNER] = nothing, /* deprecated: "ignore it" is one of the two readings allowed */
	[VU_SET_MEM_TABLE] = set_mem_table,
	[VU_SET_VRING_NUM] = set_num,
	[VU_SET_VRING_ADDR] = set_addr,
	[VU_SET_VRING_BASE] = set_base,
	[VU_GET_VRING_BASE] = get_base,
	[VU_SET_VRING_KICK] = set_kick,
	[VU_SET_VRING_CALL] = set_call,
	[VU_SET_VRING_ERR] = set_err,
	[VU_GET_PROTOCOL_FEATURES] = get_protocol,
	[VU_SET_PROTOCOL_FEATURES] = set_protocol,
	[VU_GET_QUEUE_NUM] = get_queue_num,
	[VU_SET_VRING_ENABLE] = set_enable,
	[VU_SEND_RARP] = nothing, /* a switch announces its clients by itself */
	[VU_NET_SET_MTU] = set_mtu,
	[VU_GET_CONFIG] = get_config,
	[VU_SET_CONFIG] = set_config,
};

enum vu_fault vu_back_message(struct vu_back *s, const struct vu_back_offer *offer,
	const struct vu_back_io *io, struct vu_msg *m)
{
	const struct vu_limits limits = {s->device.n_rings, offer->ring_size_max};
	struct job j = {s, offer, io, m, false};
	enum vu_fault fault;

	if (m->request >= VU_REQUEST_END || !handlers[m->request])
		return decline(&j);
	fault = vu_check_request(m, &limits);
	if (!fault)
		fault = handlers[m->request](&j);
	if (!fault && !j.declined && vu_msg_rule(m->request)->answer == VU_ANSWER_ACK &&
		wants_ack(&j))
		s->owed = (struct vu_back_owed){m->request, 0};
	return fault;
}

bool vu_back_ring_layout(const struct vu_back *s, uint32_t ring, struct vu_ring_layout *out)
{
	const struct vu_front_ring *r = &s->device.ring[ring];

	return s->connected && s->features_told && s->ring[ring].kicked && r->num && r->has_addr &&
	       s->device.mem.n_regions > 0 &&
	       vu_ring_locate(&s->device.mem, &r->addr, r->num, out) == VU_OK;
}

bool vu_back_runnable(const struct vu_back *s)
{
	struct vu_ring_layout layout;

	for (uint32_t i = 0; i < s->device.n_rings; i++)
		if (vu_back_ring_layout(s, i, &layout))
			return true;
	return false;
}

bool vu_back_stops(const struct vu_msg *m)
{
	return m->request == VU_GET_VRING_BASE;
}

bool vu_back_starts(const struct vu_msg *m)
{
	struct vu_vring_state state = {0};

	return m->request == VU_SET_VRING_KICK ||
	       (m->request == VU_SET_VRING_ENABLE && vu_msg_get_state(m, &state) && state.num);
}
