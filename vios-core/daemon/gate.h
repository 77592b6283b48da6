/* SPDX-License-Identifier: BSD-3-Clause */
/* gate.h - the guard of viosd.sock: access.h put to a control socket, with the system's groups. */
#ifndef VIOS_DAEMON_GATE_H
#define VIOS_DAEMON_GATE_H

#include "vios-core/base/rpc_guard.h"
#include "vios-core/daemon/access.h"

/* Looks the groups up, once: one that is made later counts from the next start on. */
void gate_groups(struct access *access);
/* The mode of the socket. Where one of the groups exists, the two directories above it may be
 * passed through by all: what else is in them has modes of its own. */
mode_t gate_mode(const struct access *access, const char *run, const char *vios);

/* What struct rpc_guard asks. */
struct rpc_standing gate_standing(const struct rpc_peer *peer, const struct access *access);
void gate_denied(const struct access *access, const struct rpc_method *method,
	const struct ucred *peer, char why[RPC_REFUSAL]);

#define GATE_MEMBERS 0
#define GATE_STRANGERS 1
/* A verb of viosctl is a connection and some calls. Both pools together stay far below the usual
 * limit of 1,024 descriptors, and so leave room for muxes and root. */
#define GATE_POOLS                                                                                 \
	{                                                                                          \
		[GATE_MEMBERS] = {.open_calls = 64,                                                \
			.calls_per_s = 200,                                                        \
			.burst = 400,                                                              \
			.user_conns = 32,                                                          \
			.conns = 96},                                                              \
		[GATE_STRANGERS] = {.open_calls = 4,                                               \
			.calls_per_s = 10,                                                         \
			.burst = 20,                                                               \
			.user_conns = 4,                                                           \
			.conns = 16},                                                              \
	}

#endif
