/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_front.h - a front end's session with one back end, as a pure state machine: the caller hands
 * in each message that arrives and passes on each that is emitted. Requests are pipelined; answers
 * come in order and are checked.
 *
 * Every operation ends with one message that is answered; its event carries the caller's tag. An
 * operation may be called from READY on, also while others are under way. After BROKEN or REFUSED
 * everything but vu_front_init() does nothing and says -ENOTCONN. REPLY_ACK and F_PROTOCOL_FEATURES
 * are always required, MQ if there are more than two rings.
 */
#ifndef VIOS_VHOSTUSER_VU_FRONT_H
#define VIOS_VHOSTUSER_VU_FRONT_H

#include "vios-core/vhostuser/vu_front_device.h"
#include "vios-core/vhostuser/vu_msg.h"

#define VU_FRONT_AWAITED_MAX 128

/* What the back end must offer. */
struct vu_front_want {
	uint64_t virtio_features, protocol_features;
	uint64_t queues; /* least answer to GET_QUEUE_NUM (network: pairs), asked if MQ is wanted */
};

enum vu_front_phase {
	VU_FRONT_NEW,
	VU_FRONT_FEATURES,
	VU_FRONT_PROTOCOL,
	VU_FRONT_OWNER,
	VU_FRONT_READY,
	VU_FRONT_REFUSED,
	VU_FRONT_BROKEN,
	VU_FRONT_PHASE_END
};

enum vu_front_event_kind {
	VU_FRONT_EV_NONE,
	VU_FRONT_EV_READY,   /* greeting done */
	VU_FRONT_EV_DONE,    /* the operation with this tag is done; STOP: base is the ring's */
	VU_FRONT_EV_REFUSED, /* missing_*, or too few queues (VU_BAD_VALUE in fault); hang up */
	VU_FRONT_EV_BROKEN,  /* fault, request; hang up */
};
struct vu_front_event {
	enum vu_front_event_kind kind;
	enum vu_fault fault;
	uint32_t request; /* that this is about */
	uint32_t tag, ring;
	uint16_t base;
	uint64_t missing_virtio, missing_protocol; /* bits */
};

struct vu_front_awaited {
	uint32_t request, tag, ring;
};

struct vu_front {
	/* Sends m; its descriptors are borrowed. An error breaks the session and is what the
	 * operation returns. */
	int (*emit)(const struct vu_msg *m, void *user);
	void *user;
	struct vu_front_want want;
	enum vu_front_phase phase;
	struct vu_front_awaited awaited[VU_FRONT_AWAITED_MAX]; /* oldest first, a ring */
	unsigned first, n_awaited;
	struct vu_msg held; /* of the operation that is being emitted */
	bool has_held;
	int err;
};

void vu_front_init(struct vu_front *f, const struct vu_front_want *want,
	int (*emit)(const struct vu_msg *m, void *user), void *user);

/* All: 0 or -errno (-ENOTCONN: not READY; -ENOBUFS: VU_FRONT_AWAITED_MAX answers outstanding). */
int vu_front_hello(struct vu_front *f); /* "Feature negotiation"; event READY or REFUSED */
/* SET_FEATURES, SET_MEM_TABLE, and NUM, ADDR, CALL of each ring that is known. */
int vu_front_prime(struct vu_front *f, const struct vu_front_device *d, uint32_t tag);
int vu_front_mem_table(struct vu_front *f, const struct vu_front_device *d, uint32_t tag);
/* NUM, ADDR, CALL, BASE, KICK, ENABLE, always all of them. ENABLE carries d's `enabled`. */
int vu_front_start_ring(struct vu_front *f, const struct vu_front_device *d, uint32_t ring,
	uint16_t base, uint32_t tag);
/* ENABLE 0 and GET_VRING_BASE; the event's base is the answer's. */
int vu_front_stop_ring(struct vu_front *f, uint32_t ring, uint32_t tag);
int vu_front_enable(struct vu_front *f, uint32_t ring, bool on, uint32_t tag);
/* Another CALL descriptor while the ring runs. */
int vu_front_call_fd(struct vu_front *f, uint32_t ring, int fd, uint32_t tag);
/* SET_INFLIGHT_FD: the region of requests in flight; fd is borrowed. Before rings are started. */
int vu_front_inflight(struct vu_front *f, const struct vu_inflight *inflight, int fd, uint32_t tag);
int vu_front_u64(
	struct vu_front *f, uint32_t request, uint64_t value, uint32_t tag); /* e.g. NET_SET_MTU */

/* m: arrived; its descriptors stay the caller's. Exactly one event per message. */
void vu_front_input(struct vu_front *f, const struct vu_msg *m, struct vu_front_event *event);
unsigned vu_front_outstanding(const struct vu_front *f); /* answers still to come */
bool vu_front_table_complete(void);			 /* for its test */

#endif
