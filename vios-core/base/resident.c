/* SPDX-License-Identifier: BSD-3-Clause */
/* resident.c - see resident.h. Called once, when a process has what it needs. */
#include "vios-core/base/resident.h"

#include "vios-core/base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define POPULATE_MAX_BYTES (UINT64_C(4) << 20)

/* Linux 5.14; an older kernel refuses them, and pages come as needed. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

/* A line of /proc/self/maps (proc(5)). */
static void populate(const char *line, bool data, const char *but)
{
	uintptr_t begin, end;
	char mode[5];
	bool writable;

	if (sscanf(line, "%lx-%lx %4s", &begin, &end, mode) != 3 || mode[0] != 'r' ||
		mode[3] != 'p' || end - begin > POPULATE_MAX_BYTES || (but && strstr(line, but)))
		return;
	writable = mode[1] == 'w';
	if (!writable || data)
		madvise((void *)begin, end - begin,
			writable ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}

static void populate_all(bool data, const char *but)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];

	if (!maps)
		return;
	while (fgets(line, sizeof(line), maps))
		populate(line, data, but);
	fclose(maps);
}

void resident_text(void)
{
	populate_all(false, NULL);
}

void resident_lock(bool later_too, const char *but)
{
	if (mlockall(MCL_CURRENT | MCL_ONFAULT | (later_too ? MCL_FUTURE : 0)))
		log_warn("memory-not-locked",
			"error=\"%s\" do=\"grant CAP_IPC_LOCK or raise the limit\"",
			strerror(errno));
	populate_all(true, but);
}
