/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_back.h - a back end's session with one client's front end: what it has told, and what it is
 * answered. Pure. The struct is flat: it can be stored as it is; descriptors in it are whatever
 * numbers the caller uses for them.
 *
 * The client is answered from an offer, at once. A ring is started by SET_VRING_KICK, stopped by
 * GET_VRING_BASE and enabled by SET_VRING_ENABLE ("Ring states").
 */
#ifndef VIOS_VHOSTUSER_VU_BACK_H
#define VIOS_VHOSTUSER_VU_BACK_H

#include "vios-core/vhostuser/vu_check.h"
#include "vios-core/vhostuser/vu_front_device.h"
#include "vios-core/vhostuser/vu_ring.h"

#define VU_BACK_CONFIG_MAX 64

struct vu_back_ring {
	uint32_t setup_version; /* NUM, ADDR or KICK changed: a running ring must start anew */
	uint32_t call_version;
	uint32_t base; /* SET_VRING_BASE */
	uint32_t left; /* what GET_VRING_BASE was answered */
	bool kicked;
	bool anew; /* its driver knows nothing of what a back end had in flight there; whoever
		    * clears that sets it to false */
};

/* An answer that the client waits for while somebody works on it. */
struct vu_back_owed {
	uint32_t request; /* 0: nothing */
	uint32_t ring;	  /* GET_VRING_BASE */
};

struct vu_back {
	uint32_t epoch; /* counts client connections; 0: none yet */
	bool connected;
	bool features_told;
	uint64_t protocol; /* acknowledged protocol features */
	uint32_t version;  /* of features, memory, NUM, ADDR, CALL, ERR */
	uint32_t mem_version;
	struct vu_front_device device;
	struct vu_back_ring ring[VU_RINGS_MAX];
	struct vu_back_owed owed;
};

/* F_PROTOCOL_FEATURES and REPLY_ACK are added. */
struct vu_back_offer {
	uint64_t virtio_features, protocol_features;
	uint32_t queues; /* answer to GET_QUEUE_NUM */
	uint32_t ring_size_max;
	uint32_t mtu_max;
	uint32_t config_bytes; /* of the device's configuration space; 0: not offered */
	uint8_t config[VU_BACK_CONFIG_MAX];
	/* Bit n: ring n, once enabled, stays so towards back ends when the client disables it, so
	 * that what its driver left there is processed: see vu_back.c. */
	uint64_t drained_rings;
};

struct vu_back_io {
	void (*send)(const struct vu_msg *m, void *user);
	void (*drop)(int fd, void *user); /* a descriptor is no longer needed */
	void *user;
};

void vu_back_init(struct vu_back *b, uint32_t n_rings);
void vu_back_open(struct vu_back *b);
/* Drops every descriptor and forgets all that was told. */
void vu_back_close(struct vu_back *b, const struct vu_back_io *io);

/*
 * One message of the client's; the descriptors that are kept are set to -1 in m. Answers at once,
 * or leaves the answer owed. VU_OK, or why the client must be hung up on.
 */
enum vu_fault vu_back_message(struct vu_back *b, const struct vu_back_offer *offer,
	const struct vu_back_io *io, struct vu_msg *m);
/* Does the message stop a ring, or start one, by itself? A client stops its rings one by one. */
bool vu_back_stops(const struct vu_msg *m);
bool vu_back_starts(const struct vu_msg *m);
/* The answer to what is owed. base: GET_VRING_BASE's. */
void vu_back_settle_owed(struct vu_back *b, const struct vu_back_io *io, uint16_t base);

/* Where a started ring with a size, addresses and memory lies; false if it is not startable. */
bool vu_back_ring_layout(const struct vu_back *b, uint32_t ring, struct vu_ring_layout *out);
bool vu_back_runnable(const struct vu_back *b); /* any ring is startable */

#endif
