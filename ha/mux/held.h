/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * held.h - what the mux and its holder say to each other, over a SOCK_SEQPACKET pair.
 *
 * The mux stores descriptors (HELD_PUT) and has its committed operations carried out (HELD_COMMIT);
 * only the latter is answered, with the accepted connection if there was one. The holder works off
 * what is queued even when the mux that queued it has died.
 */
#ifndef VIOS_MUX_HELD_H
#define VIOS_MUX_HELD_H

#include <stdint.h>

/* Descriptor numbers that a held mux is born with; slots begin at OPS_FD_BASE. */
#define HELD_FD_SOCKET 120
#define HELD_FD_JOURNAL 121

enum held_kind { HELD_PUT = 1, HELD_COMMIT };

struct held_msg {
	uint32_t kind;
	int32_t slot; /* HELD_PUT: where; answer: of the connection beside it, or -1 */
};

/* Sends or receives one message with at most one descriptor (-1: none). 0 or -errno; -EPIPE: the
 * other side is gone. A received descriptor is the caller's. */
int held_send(int sock, const struct held_msg *m, int fd);
int held_recv(int sock, struct held_msg *m, int *fd, int flags);
/* Moves fd to the number that belongs to slot, replacing what is there. 0 or -errno; fd is closed.
 */
int held_place(int fd, int slot);

#endif
