/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * priority.c - scheduling priority of the processes that a failover waits for. On a busy host each
 * wake-up in the chain of a failover would otherwise queue behind everything else.
 */
#include "vios-core/base/priority.h"

#include "vios-core/base/log.h"
#include "vios-core/base/urgency.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FIRST_PRIORITY 1

/*
 * The shortest time slice that the kernel grants (sched(7), EEVDF from Linux 6.12 on): whoever
 * asks for little at a time is let in as soon as it wakes up, before one with a longer slice has
 * used that up, which may last until the next tick (4 ms). Older kernels ignore it.
 */
#define SLICE_NS 100000

static _Thread_local struct {
	bool on;
	struct urgency urgency;
} own;

static const int nice_of[] = {
	[PRIORITY_DATA_PLANE] = -10,
	[PRIORITY_BRIEF] = -15,
};

/* sched_setattr(2); <linux/sched/types.h> cannot be included beside <sched.h>. */
struct fair_attr {
	uint32_t size;
	uint32_t sched_policy;
	uint64_t sched_flags;
	int32_t sched_nice;
	uint32_t sched_priority;
	uint64_t sched_runtime;
	uint64_t sched_deadline;
	uint64_t sched_period;
};
_Static_assert(sizeof(struct fair_attr) == 48, "SCHED_ATTR_SIZE_VER0");

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

static int take_fair(pid_t tid, enum priority priority)
{
	struct fair_attr attr = {
		.size = sizeof(attr),
		.sched_policy = SCHED_OTHER,
		.sched_nice = nice_of[priority],
		.sched_runtime = SLICE_NS,
	};

	return syscall(SYS_sched_setattr, tid, &attr, 0U) < 0 ? -errno : 0;
}

static int take_first(pid_t tid)
{
	const struct sched_param first = {.sched_priority = FIRST_PRIORITY};

	return sched_setscheduler(tid, SCHED_RR, &first) < 0 ? -errno : 0;
}

void priority_take(enum priority priority)
{
	static bool session_has, said;
	int r = -EPERM;

	own.urgency = (struct urgency){0};
	if (priority != PRIORITY_DATA_PLANE)
		r = take_first(0);
	own.on = priority == PRIORITY_BRIEF && r == 0;
	if (r < 0 && priority != PRIORITY_WATCHER)
		r = take_fair(0, priority);
	if (r == 0 && priority != PRIORITY_WATCHER && !session_has)
		raise_session(nice_of[priority]);
	session_has = true;
	if (r < 0 && !said)
		log_warn("priority-not-raised",
			"error=\"%s\" do=\"grant CAP_SYS_NICE or expect slower failovers\"",
			strerror(-r));
	said = r < 0;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void priority_hurry(pid_t tid, bool hurry)
{
	if (tid == 0)
		return;
	if (hurry)
		take_first(tid);
	else
		take_fair(tid, PRIORITY_DATA_PLANE);
}

uint64_t priority_account(void)
{
	const bool was_spent = own.urgency.spent;
	bool urgent;

	if (!own.on)
		return UINT64_MAX;
	urgent = urgency_step(
		&own.urgency, clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_THREAD_CPUTIME_ID));
	if (urgent && was_spent)
		take_first(0);
	else if (!urgent && !was_spent)
		take_fair(0, PRIORITY_BRIEF);
	return urgency_back_ns(&own.urgency);
}
