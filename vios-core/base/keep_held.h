/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keep_held.h - restart in place, what a daemon and its holder say, over a SOCK_SEQPACKET pair.
 *
 * The daemon stores descriptors (PUT) and has its committed operations carried out (COMMIT); only
 * the latter is answered, with the accepted connection if there was one. The holder works off what
 * is queued even when the daemon that queued it has died.
 */
#ifndef VIOS_BASE_KEEP_HELD_H
#define VIOS_BASE_KEEP_HELD_H

#include "vios-core/base/keep_ops.h"

/* Descriptor numbers that a held daemon is born with; slots begin at KEEP_FD_BASE. */
#define KEEP_HELD_FD_SOCKET 120
#define KEEP_HELD_FD_JOURNAL 121

enum keep_held_kind { KEEP_HELD_PUT = 1, KEEP_HELD_COMMIT };

struct keep_held_msg {
	uint32_t kind;
	int32_t slot; /* KEEP_HELD_PUT: where; answer: of the connection beside it, or -1 */
};

/* Sends or receives one message with at most one descriptor (-1: none). 0 or -errno; -EPIPE: the
 * other side is gone. A received descriptor is the caller's. */
int keep_held_send(int sock, const struct keep_held_msg *m, int fd);
int keep_held_recv(int sock, struct keep_held_msg *m, int *fd, int flags);
/* Moves fd to slot's number, replacing what is there. 0 or -errno; fd is closed. */
int keep_held_place(int fd, int slot);

/* For the daemon. A free slot whose number is free here, too, or -EMFILE. */
int keep_held_slot(struct keep_slots *slots);
/* Puts fd (moved) into a free slot, here and with the holder. Slot or -errno. */
int keep_held_store(int sock, struct keep_slots *slots, int fd);
/* Drops what a former life stored and did not live to use. */
void keep_held_sweep(struct keep_ops *ops, struct keep_slots *slots);
/* Has the committed operations carried out. 0, or -errno: the holder is gone. */
int keep_held_carry_out(int sock);

#endif
