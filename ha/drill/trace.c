/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Turns a receiver's list of (number, arrival time) into gap, loss, duplicates and order.
 *
 * Pure: runs on the caller's thread, owns nothing; the caller lends one bit a packet as scratch.
 */
#include "ha/drill/trace.h"

#include <stdlib.h>
#include <string.h>

size_t trace_scratch_bytes(const struct trace_window *window)
{
	return (size_t)((window->end_seq - window->first_seq + 7) / 8) + 1;
}

/* Marks number and says whether it was marked before. */
static bool mark(uint8_t *bits, uint64_t index)
{
	uint8_t bit = (uint8_t)(1u << (index % 8));
	bool seen = bits[index / 8] & bit;

	bits[index / 8] |= bit;
	return seen;
}

static void count_number(const struct trace_window *window, uint8_t *bits, uint64_t seq,
	uint64_t *highest_end, struct trace_result *out)
{
	if (seq < window->first_seq || seq >= window->end_seq)
		return;
	if (mark(bits, seq - window->first_seq)) {
		out->duplicated++;
		return;
	}
	out->received++;
	if (seq + 1 < *highest_end)
		out->reordered++;
	else
		*highest_end = seq + 1;
}

static void count_gap(const struct trace_window *window, int64_t *last_ns, int64_t at_ns,
	struct trace_result *out)
{
	int64_t gap_ns = at_ns - *last_ns;

	if (gap_ns >= TRACE_GAP_NS)
		out->gaps_ns += gap_ns;
	if (gap_ns > out->gap_ns) {
		out->gap_ns = gap_ns;
		out->gap_begin_ns = *last_ns - window->begin_ns;
	}
	/* Two CPUs may stamp a little out of order; time never runs back for the gap. */
	if (at_ns > *last_ns)
		*last_ns = at_ns;
}

static bool tail_alive(const struct trace_window *window, uint64_t in_tail, uint64_t sent)
{
	int64_t length_ns = window->end_ns - window->begin_ns;
	int64_t tail_ns = length_ns < TRACE_TAIL_NS ? length_ns : TRACE_TAIL_NS;

	if (sent == 0 || length_ns <= 0)
		return false;
	return (double)in_tail * 2.0 >= (double)sent * (double)tail_ns / (double)length_ns;
}

void trace_analyse(const struct trace_record *records, size_t n_records,
	const struct trace_window *window, uint8_t *scratch, struct trace_result *out)
{
	int64_t last_ns = window->begin_ns;
	uint64_t highest_end = window->first_seq, in_tail = 0;

	memset(out, 0, sizeof(*out));
	memset(scratch, 0, trace_scratch_bytes(window));
	out->sent = window->end_seq - window->first_seq;
	for (size_t i = 0; i < n_records; i++) {
		int64_t at_ns = records[i].at_ns;

		count_number(window, scratch, records[i].seq, &highest_end, out);
		if (at_ns < window->begin_ns || at_ns > window->end_ns)
			continue;
		count_gap(window, &last_ns, at_ns, out);
		if (window->end_ns - at_ns < TRACE_TAIL_NS)
			in_tail++;
	}
	count_gap(window, &last_ns, window->end_ns, out);
	out->lost = out->sent - out->received;
	out->resumed = tail_alive(window, in_tail, out->sent);
}

void trace_merge(struct trace_result *into, const struct trace_result *other)
{
	into->sent += other->sent;
	into->received += other->received;
	into->lost += other->lost;
	into->duplicated += other->duplicated;
	into->reordered += other->reordered;
	into->gaps_ns = other->gaps_ns > into->gaps_ns ? other->gaps_ns : into->gaps_ns;
	if (other->gap_ns > into->gap_ns) {
		into->gap_ns = other->gap_ns;
		into->gap_begin_ns = other->gap_begin_ns;
	}
	into->resumed = into->resumed && other->resumed;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int64_t trace_median(int64_t *values, size_t n)
{
	if (n == 0)
		return 0;
	qsort(values, n, sizeof(*values), compare);
	if (n % 2)
		return values[n / 2];
	return values[n / 2 - 1] + (values[n / 2] - values[n / 2 - 1]) / 2;
}

int64_t trace_worst(const int64_t *values, size_t n)
{
	int64_t worst = 0;

	for (size_t i = 0; i < n; i++)
		worst = values[i] > worst ? values[i] : worst;
	return worst;
}
