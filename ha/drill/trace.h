/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace.h - what numbered traffic tells about a window of time: gap, loss, duplicates, order.
 * Pure. Times are nanoseconds of the receiving kernel's clock; one trace is one direction.
 */
#ifndef VIOS_DRILL_TRACE_H
#define VIOS_DRILL_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One arrival, in the order in which the receiver's socket delivered it. */
struct trace_record {
	uint64_t seq;
	int64_t at_ns;
};

/* What was due: the packets [first_seq, end_seq), sent between begin_ns and end_ns. */
struct trace_window {
	uint64_t first_seq;
	uint64_t end_seq;
	int64_t begin_ns;
	int64_t end_ns;
};

struct trace_result {
	uint64_t sent;
	uint64_t received; /* distinct numbers */
	uint64_t lost;
	uint64_t duplicated;
	uint64_t
		reordered; /* first arrivals with a number below one already seen (RFC 4737, 3.3) */
	/* The longest time between two consecutive arrivals; both ends of the window count as
	 * arrivals, so that traffic which never resumes is a gap and not a blank. */
	int64_t gap_ns;
	int64_t gap_begin_ns; /* since the window's begin */
	int64_t gaps_ns;      /* of all that are at least TRACE_GAP_NS, together */
	bool resumed;	      /* at least half of what was due arrived in the last TRACE_TAIL_NS */
};

#define TRACE_TAIL_NS 250000000LL
/* Twenty packets at 10,000/s: shorter ones are how a busy machine takes turns. */
#define TRACE_GAP_NS 2000000LL

/* Bytes of scratch that trace_analyse() needs for this window. */
size_t trace_scratch_bytes(const struct trace_window *window);

/* scratch: at least trace_scratch_bytes(), contents do not matter. Arrivals outside [begin_ns,
 * end_ns] do not count for the gap, numbers outside the window not for the rest. Requires first_seq
 * <= end_seq and begin_ns <= end_ns. */
void trace_analyse(const struct trace_record *records, size_t n_records,
	const struct trace_window *window, uint8_t *scratch, struct trace_result *out);

/* Two adapters' traffic in one direction, seen as one: the longer gap or gaps, the sum of the rest.
 */
void trace_merge(struct trace_result *into, const struct trace_result *other);

/* Sorts values. The mean of the two in the middle if n is even; 0 if n is 0. */
int64_t trace_median(int64_t *values, size_t n);
int64_t trace_worst(const int64_t *values, size_t n);

#endif
