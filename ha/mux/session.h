/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session.h - what a client's front end has told, and what it is answered. Pure. The struct is
 * flat: it is stored in the journal as it is; descriptors in it are slots (ops.h).
 *
 * The client is answered from the adapter's profile, whether or not a VIOS is there. A ring is
 * started by SET_VRING_KICK, stopped by GET_VRING_BASE and enabled by SET_VRING_ENABLE ("Ring
 * states").
 */
#ifndef VIOS_MUX_SESSION_H
#define VIOS_MUX_SESSION_H

#include "ha/mux/ops.h"
#include "vios-core/model/frame_config.h"
#include "vios-core/vhostuser/vu_check.h"
#include "vios-core/vhostuser/vu_front_device.h"
#include "vios-core/vhostuser/vu_ring.h"

struct session_ring {
	uint32_t setup_version; /* NUM, ADDR or KICK changed: a running ring must start anew */
	uint32_t call_version;
	uint32_t base; /* SET_VRING_BASE */
	bool kicked;
};

/* What the client waits for while the live path works on it. */
struct session_owed {
	uint32_t request; /* 0: nothing */
	uint32_t ring;	  /* GET_VRING_BASE */
};

struct session {
	uint32_t epoch; /* counts client connections; 0: none yet */
	bool connected;
	int conn; /* slot */
	bool features_told;
	uint64_t protocol; /* acknowledged protocol features */
	uint16_t mtu;	   /* NET_SET_MTU, or 0 */
	uint32_t version;  /* of all that a path is primed with */
	uint32_t mem_version;
	struct vu_front_device device;
	struct session_ring ring[VU_RINGS_MAX];
	struct session_owed owed;
};

struct session_context {
	const struct model_profile *profile;
	struct ops *ops;
	struct ops_slots *slots;
};

void session_init(struct session *s, uint32_t n_rings);
void session_open(struct session *s, int conn_slot);
/* Drops every descriptor and all that was told. */
void session_close(struct session *s, const struct session_context *ctx);

/*
 * One message of the client's, its descriptors put into slots; those that are kept are set to -1 in
 * m. Answers at once, or leaves the answer owed. VU_OK, or why the client must be hung up on.
 */
enum vu_fault session_message(
	struct session *s, const struct session_context *ctx, struct vu_msg *m);

/* The answer to what is owed. base: GET_VRING_BASE's. */
void session_settle_owed(struct session *s, const struct session_context *ctx, uint16_t base);

/* Where a started ring with a size, addresses and memory lies; false if it is not startable. */
bool session_ring_layout(const struct session *s, uint32_t ring, struct vu_ring_layout *out);
bool session_runnable(const struct session *s); /* any ring is startable */

#endif
