/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torture.h - a front end that breaks the rules. Each case is played on a connection of its own;
 * afterwards the mux must have refused what may not be, must not be silent, and must serve the next
 * connection.
 */
#ifndef VIOS_TESTS_TORTURE_H
#define VIOS_TESTS_TORTURE_H

#include "vios-core/vhostuser/vu_sock.h"

enum tt_outcome {
	TT_REFUSED, /* answered "no" */
	TT_HUNG_UP,
	TT_ACCEPTED,
	TT_SILENT, /* neither answered nor hung up in time: always a failure */
};

struct tt {
	const char *path;
	struct vu_sock sock;
	unsigned seed; /* rand_r's */
	int mem_fd;    /* TT_MEM_BYTES, sealed */
	int event_fd;
	uint64_t worst_ns;
};

#define TT_MEM_BYTES (UINT64_C(16) << 20)
#define TT_USER UINT64_C(0x7f0000000000)
#define TT_TIMEOUT_MS 30000 /* what is not answered by then, on a busy machine, never is */

struct tt_case {
	const char *name;
	enum tt_outcome (*run)(struct tt *t);
	bool must_refuse; /* TT_ACCEPTED is a failure */
};
/* Ends with a NULL name. */
extern const struct tt_case tt_cases[];
extern const struct tt_case tt_wire_cases[];

unsigned tt_random(struct tt *t, unsigned below);
int tt_connect(struct tt *t); /* 0 or -errno */
/* Negotiates as QEMU does, and tells memory and two rings unless bare. TT_ACCEPTED if all went
 * well. */
enum tt_outcome tt_set_up(struct tt *t, bool bare);
/* Sends m with NEED_REPLY, unless it is answered anyway. The answer, if any, is in m. */
enum tt_outcome tt_ask(struct tt *t, struct vu_msg *m);
enum tt_outcome tt_ask_state(struct tt *t, uint32_t request, uint32_t index, uint32_t num);
/* Reads what comes until the answer to a GET_FEATURES, or the end. */
enum tt_outcome tt_alive(struct tt *t);
enum tt_outcome tt_mem_table(struct tt *t, const struct vu_mem_table *table, int fd);
size_t tt_wire(
	const struct vu_msg *m, uint8_t *wire); /* VU_HEADER_BYTES + VU_PAYLOAD_MAX of room */
uint64_t tt_now_ns(void);

#endif
