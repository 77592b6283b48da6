/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sc_pace.h - a client of one disk that asks at a steady pace, as far as its few requests in flight
 * let it, and checks all that it reads. What was written is read back as its next request. Contents
 * of the disk before its first write do not matter. For tests; one thread.
 */
#ifndef VIOS_TESTS_SC_PACE_H
#define VIOS_TESTS_SC_PACE_H

#include "tests/lib/sfront/sc_window.h"
#include "tests/lib/sfront/sf_request.h"
#include "tests/lib/sfront/sf_session.h"
#include "tests/lib/sfront/sf_verify.h"

#define SC_DEPTH_MAX 32u

struct sc_options {
	const char *socket;
	unsigned lun, depth, rate, write_percent;
	uint64_t size_bytes, seed;
};

struct sc_slot {
	enum sf_op op;
	bool waits; /* not asked yet, or to be asked again */
	bool fua;
	struct sf_range range;
	uint64_t since_ns; /* first asked; 0: not yet */
};

enum sc_mode { SC_IDLE, SC_RUNS, SC_RESTS };

struct sc_pace {
	struct sc_options options;
	struct sf_session session;
	struct sf_verify verify;
	struct sc_slot slot[SC_DEPTH_MAX];
	enum sc_mode mode;
	/* SC_RUNS: no pace; all requests are out all the time, and new ones are written through to
	 * the disk, so that the target is never without one. */
	bool busy;
	uint32_t next_back;	      /* SC_RESTS: the cell to read back next */
	uint64_t due_ns;	      /* SC_RUNS: of the next request */
	struct sc_window window;      /* since the last "window" */
	uint64_t requests, read_back; /* since the last start */
	uint64_t errors, bad_reads, retries;
	char first[160]; /* error or bad read */
};

int sc_open(struct sc_pace *p, const struct sc_options *options); /* 0 or -errno */
void sc_start(struct sc_pace *p, uint64_t now_ns);
/* No new requests; what is on its way ends, then everything written is read back. */
void sc_rest(struct sc_pace *p);
bool sc_rests(const struct sc_pace *p); /* and that has been done */
/* Takes what came back, asks for what is due. */
void sc_turn(struct sc_pace *p, uint64_t now_ns);
/* How long there is nothing to do unless something comes back; UINT64_MAX: for ever. */
uint64_t sc_wait_ns(const struct sc_pace *p, uint64_t now_ns);
/* For how long the oldest request has been out. */
uint64_t sc_oldest_ns(const struct sc_pace *p, uint64_t now_ns);

struct sf_ring *sc_ring(struct sc_pace *p);
/* One command beside the I/O, waiting at most 20 s for its end; data: in or out. 0: GOOD; -errno.
 */
int sc_command(struct sc_pace *p, const uint8_t *cdb, unsigned cdb_len, uint8_t *data,
	uint32_t bytes, bool out);

#endif
