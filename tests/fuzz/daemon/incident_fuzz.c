/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * incident_fuzz.c - any bytes as the file of the incident under way. What is taken is written and
 * read again as the same, and what follows from it is a number in its range that only grows.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/daemon/incident.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void follow(const struct incident *shared, int64_t now_ms)
{
	const struct incident none = {0}, joined = incident_join(shared, &none, now_ms);

	assert(joined.number >= 1 && joined.number <= INCIDENT_MAX);
	assert(joined.last_ms >= now_ms && joined.last_ms <= now_ms + INCIDENT_MS);
	assert(joined.number >= shared->number || shared->number == INCIDENT_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[INCIDENT_TEXT], *exact = malloc(size ? size : 1);
	struct incident incident, again;

	memcpy(exact, data, size);
	if (incident_parse(exact, size, &incident) == 0) {
		incident_format(&incident, text);
		assert(size == INCIDENT_BYTES && memcmp(text, exact, size) == 0);
		assert(incident_parse(text, strlen(text), &again) == 0);
		assert(again.number == incident.number && again.last_ms == incident.last_ms);
	} else {
		assert(incident.number == 0);
	}
	follow(&incident, 0);
	follow(&incident, 1795798800000);
	follow(&incident, incident.last_ms);
	free(exact);
	return 0;
}
