/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * priority.c - scheduling priority of the processes that a failover waits for. Called once, from
 * the main thread, before others exist: on a busy host each wake-up in the chain of a failover
 * would otherwise queue behind everything else.
 */
#include "vios-core/base/priority.h"

#include "vios-core/base/log.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define WATCHER_PRIORITY 1

static const int nice_of[] = {
	[PRIORITY_DATA_PLANE] = -10,
	[PRIORITY_MUX] = -15,
};

/*
 * Where the kernel groups each session by itself (sched_autogroup_enabled), a nice value counts
 * within its session only, and the session as a whole has one of its own. A kernel without such
 * groups has no such file: then there is nothing to do.
 */
static void raise_session(int nice_value)
{
	FILE *file = fopen("/proc/self/autogroup", "we");

	if (!file)
		return;
	fprintf(file, "%d", nice_value);
	fclose(file);
}

void priority_take(enum priority priority)
{
	const struct sched_param watcher = {.sched_priority = WATCHER_PRIORITY};
	int rc;

	if (priority == PRIORITY_WATCHER)
		rc = sched_setscheduler(0, SCHED_RR, &watcher);
	else
		rc = setpriority(PRIO_PROCESS, 0, nice_of[priority]);
	if (rc == 0 && priority != PRIORITY_WATCHER)
		raise_session(nice_of[priority]);
	if (rc < 0)
		log_warn("priority-not-raised",
			"error=\"%s\" do=\"grant CAP_SYS_NICE or expect slower failovers\"",
			strerror(errno));
}
