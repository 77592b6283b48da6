/* SPDX-License-Identifier: BSD-3-Clause */
/* sc_window.c - stalls, latency and count. Pure; the window is the caller's. */
#include "tests/lib/sfront/sc_window.h"

void sc_window_begin(struct sc_window *w, uint64_t now_ns)
{
	*w = (struct sc_window){.begin_ns = now_ns, .last_ns = now_ns};
}

static void note_stall(struct sc_window *w, uint64_t now_ns)
{
	if (now_ns - w->last_ns <= w->stall_ns)
		return;
	w->stall_ns = now_ns - w->last_ns;
	w->stall_at_ns = w->last_ns - w->begin_ns;
}

void sc_window_done(struct sc_window *w, uint64_t since_ns, uint64_t now_ns)
{
	note_stall(w, now_ns);
	w->last_ns = now_ns;
	w->requests++;
	if (now_ns - since_ns > w->latency_ns)
		w->latency_ns = now_ns - since_ns;
}

void sc_window_end(struct sc_window *w, uint64_t now_ns)
{
	note_stall(w, now_ns);
}
