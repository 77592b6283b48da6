/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * incident_file.h - RUN/incident: the incident under way, as both VIOS of the frame have it. It is
 * read and written by whichever notes something, under a lock that nobody waits for.
 */
#ifndef VIOS_DAEMON_INCIDENT_FILE_H
#define VIOS_DAEMON_INCIDENT_FILE_H

#include "vios-core/daemon/incident.h"

/*
 * The incident of something that happens at now_ms (incident_join()), which the other VIOS joins
 * from then on. path: NULL: not shared. A file that cannot be had, or is locked for longer than a
 * few ms, costs the other VIOS's joining, no more. *error: 0 or -errno.
 */
struct incident incident_file_join(
	const char *path, const struct incident *own, int64_t now_ms, int *error);

#endif
