// SPDX-License-Identifier: BSD-3-Clause
/* roundtrip.c - see roundtrip.h. Pure; the owner's storage. */
#include "ha/cluster/roundtrip.h"

#include <stdlib.h>
#include <string.h>

/* Messages come back in the order in which they were sent. */
void roundtrip_sent(struct roundtrip *trip, uint64_t now_us)
{
	uint64_t number = trip->n_sent++;

	if (number - trip->n_back >= ROUNDTRIP_FLIGHT)
		return;
	trip->flight[number % ROUNDTRIP_FLIGHT].number = number;
	trip->flight[number % ROUNDTRIP_FLIGHT].sent_us = now_us;
}

void roundtrip_back(struct roundtrip *trip, uint64_t now_us)
{
	uint64_t number = trip->n_back, sent_us;

	if (number == trip->n_sent)
		return;
	trip->n_back++;
	if (trip->flight[number % ROUNDTRIP_FLIGHT].number != number)
		return;
	sent_us = trip->flight[number % ROUNDTRIP_FLIGHT].sent_us;
	trip->took_us[trip->n_taken++ % ROUNDTRIP_KEPT] = now_us > sent_us ? now_us - sent_us : 0;
}

void roundtrip_cut(struct roundtrip *trip)
{
	trip->n_back = trip->n_sent;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

struct roundtrip_figures roundtrip_figures(const struct roundtrip *trip)
{
	struct roundtrip_figures out = {0};
	uint64_t sorted[ROUNDTRIP_KEPT];

	if (trip->n_taken == 0)
		return out;
	out.n = trip->n_taken < ROUNDTRIP_KEPT ? (size_t)trip->n_taken : ROUNDTRIP_KEPT;
	out.last_us = trip->took_us[(trip->n_taken - 1) % ROUNDTRIP_KEPT];
	memcpy(sorted, trip->took_us, out.n * sizeof(sorted[0]));
	qsort(sorted, out.n, sizeof(sorted[0]), compare);
	out.median_us = sorted[out.n / 2];
	out.worst_us = sorted[out.n - 1];
	return out;
}
