/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * incident.h - which incident is it that something belongs to that happens now? One number for both
 * VIOS, without a message between them: they are on one host, whose clock and whose file of the
 * incident under way (incident_file.h) they share. Pure.
 */
#ifndef VIOS_DAEMON_INCIDENT_H
#define VIOS_DAEMON_INCIDENT_H

#include <stddef.h>
#include <stdint.h>

/* What follows so soon belongs to the same one. */
#define INCIDENT_MS 30000
#define INCIDENT_MAX (INT64_C(1) << 52)
#define INCIDENT_BYTES 46 /* of the file, always */
#define INCIDENT_TEXT 64

struct incident {
	uint64_t number; /* 0: there was none */
	int64_t last_ms; /* since 1970: what happened last of it */
};

/*
 * The one that something at now_ms is of. shared: as the file has it, own: of the newest entry in
 * this VIOS's own log; both as damaged as may be. A new one has the number of the half minute that
 * it begins in: so none is given twice, also when everything else has been forgotten.
 */
struct incident incident_join(
	const struct incident *shared, const struct incident *own, int64_t now_ms);

void incident_format(const struct incident *incident, char text[INCIDENT_TEXT]);
/* text: hostile, need not be terminated. 0, or -EINVAL and *out is none. */
int incident_parse(const char *text, size_t text_bytes, struct incident *out);

#endif
