// SPDX-License-Identifier: BSD-3-Clause
/*
 * incident.c - joins an incident that is under way, or begins one. Pure; owns nothing.
 *
 * Two incidents begin more than INCIDENT_MS apart, so the number of half minutes since 1970 is
 * another one for each. It only has to be raised by hand where the clock was set back.
 */
#include "vios-core/daemon/incident.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DIGITS 19

/* A moment ahead of ours: the other VIOS looked at the clock later and was sooner at the file. */
static bool goes_on(const struct incident *incident, int64_t now_ms)
{
	const int64_t ago_ms = now_ms - incident->last_ms;

	return incident->number != 0 && ago_ms <= INCIDENT_MS && ago_ms >= -INCIDENT_MS;
}

static uint64_t largest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct incident begin(uint64_t before, int64_t now_ms)
{
	const uint64_t number = largest(before + 1, (uint64_t)(now_ms / INCIDENT_MS));

	return (struct incident){.number = number <= INCIDENT_MAX ? number : 1, .last_ms = now_ms};
}

struct incident incident_join(
	const struct incident *shared, const struct incident *own, int64_t now_ms)
{
	struct incident joined;

	if (goes_on(shared, now_ms))
		joined = *shared;
	else if (goes_on(own, now_ms))
		joined = *own;
	else
		return begin(largest(shared->number, own->number), now_ms);
	if (joined.last_ms < now_ms)
		joined.last_ms = now_ms;
	return joined;
}

void incident_format(const struct incident *incident, char text[INCIDENT_TEXT])
{
	snprintf(text, INCIDENT_TEXT, "%019" PRIu64 " of %019" PRId64 " ms\n", incident->number,
		incident->last_ms);
}

/* 19 digits fit 64 bits. */
static bool take_number(const char *text, uint64_t least, uint64_t *out)
{
	*out = 0;
	for (int i = 0; i < DIGITS; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(text[i] - '0');
	}
	return *out >= least && *out <= INCIDENT_MAX;
}

int incident_parse(const char *text, size_t text_bytes, struct incident *out)
{
	uint64_t number, last_ms;

	*out = (struct incident){0};
	if (text_bytes != INCIDENT_BYTES || memcmp(text + 19, " of ", 4) != 0 ||
		memcmp(text + 42, " ms\n", 4) != 0 || !take_number(text, 1, &number) ||
		!take_number(text + 23, 0, &last_ms))
		return -EINVAL;
	*out = (struct incident){.number = number, .last_ms = (int64_t)last_ms};
	return 0;
}
