/* SPDX-License-Identifier: BSD-3-Clause */
/* sc_window.h - what a span of time showed of requests. Times: monotonic, ns. Pure. For tests. */
#ifndef VIOS_TESTS_SC_WINDOW_H
#define VIOS_TESTS_SC_WINDOW_H

#include <stdint.h>

struct sc_window {
	uint64_t begin_ns, last_ns; /* last_ns: of the latest completion, or the begin */
	/* The longest time in which no request completed; both ends of the window count. */
	uint64_t stall_ns, stall_at_ns; /* at: since the begin */
	uint64_t latency_ns;		/* the longest that one request took */
	uint64_t requests;
};

void sc_window_begin(struct sc_window *w, uint64_t now_ns);
/* A request came back that was asked for at since_ns (maybe before the window). */
void sc_window_done(struct sc_window *w, uint64_t since_ns, uint64_t now_ns);
void sc_window_end(struct sc_window *w, uint64_t now_ns);

#endif
