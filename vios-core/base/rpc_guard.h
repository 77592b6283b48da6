/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_guard.h - who may call what on a listening socket that is open to more users than the one it
 * belongs to, and how much of it. Without a guard, whoever can connect may call everything.
 */
#ifndef VIOS_BASE_RPC_GUARD_H
#define VIOS_BASE_RPC_GUARD_H

#include "vios-core/base/rpc_quota.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct rpc_method;

#define RPC_REFUSAL 320 /* bytes of a sentence */
#define RPC_POOLS 2

/* As it was when it connected. */
struct rpc_peer {
	struct ucred id; /* SO_PEERCRED */
	gid_t *groups;	 /* SO_PEERGROUPS: the supplementary ones; malloc() */
	size_t n_groups;
};

struct rpc_standing {
	unsigned rank; /* 0 may call everything, a higher one less: struct rpc_method, rank */
	int pool;      /* index of its limits, or -1: it has none */
};

struct rpc_guard {
	/* Once for each connection; its answer holds for the connection's life. */
	struct rpc_standing (*standing)(const struct rpc_peer *peer, void *user);
	/* The method is for other ranks: the sentence that says what the caller would need. */
	void (*denied)(const struct rpc_method *method, const struct ucred *peer,
		char why[RPC_REFUSAL], void *user);
	/* The limits of a pool are for all its users together, and those of one for each of them.
	 * More calls than allowed fail with RPC_UNAVAILABLE; who goes on is hung up on. */
	struct rpc_limits pools[RPC_POOLS];
	/* Who has connected; NULL: asks the kernel. 0 or -errno: it is hung up on. */
	int (*peer)(int fd, struct rpc_peer *out);
};

/* What the kernel says. 0 or -errno. */
int rpc_peer_read(int fd, struct rpc_peer *out);

#endif
