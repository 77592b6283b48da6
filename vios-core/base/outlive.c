/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other processes run outlive() and nothing else, on a stack of their own, but with their
 * thread's thread-local storage: they make system calls that do not fail, and touch nothing.
 *
 * That one of them is killed too early is no matter, because its thread traces it: it stops where
 * its end begins, before it gives up the memory, until its tracer is gone, and a thread gives up
 * its descriptors before it is gone. So the last thread to give up the memory is never the last
 * one that has it. Where tracing is not allowed they end by themselves with the process, which is
 * as good while nobody kills them.
 */
#include "vios-core/base/outlive.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_BYTES 8192

/* Never used again: nobody knows when the kernel has left one. */
static char stacks[OUTLIVE_THREADS_MAX][STACK_BYTES] __attribute__((aligned(16)));
static atomic_uint n_started;

__attribute__((no_sanitize("address", "undefined", "thread"))) static int outlive(void *first)
{
	const pid_t pid = (pid_t)(intptr_t)first;
	struct pollfd end = {.events = POLLIN};
	const int none = 0;

	/* To give up the memory is not urgent, whatever its thread is. */
	syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
	syscall(SYS_setpriority, PRIO_PROCESS, 0, 0);
	/* A copy of a descriptor would keep what it stands for alive. */
	syscall(SYS_close_range, 0, ~0U, 0);
	syscall(SYS_prctl, PR_SET_NAME, "outlives", 0, 0, 0);
	/* Should the next ones not be there: earlier than all threads, but not never. */
	syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	end.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (syscall(SYS_getppid) != pid)
		return 0;
	if (end.fd < 0)
		for (;;)
			syscall(SYS_pause);
	syscall(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0);
	syscall(SYS_poll, &end, 1, -1); /* all of its threads are gone */
	return 0;
}

/* Killed, it waits in its end for this thread's; stopped, it does not stay when the thread goes. */
static int hold(pid_t pid)
{
	return ptrace(PTRACE_SEIZE, pid, NULL, (void *)(PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL)) < 0
		       ? -errno
		       : 0;
}

int outlive_start(void)
{
	const unsigned i = atomic_fetch_add(&n_started, 1);
	sigset_t all, before;
	pid_t pid;
	int rc;

	if (i >= OUTLIVE_THREADS_MAX)
		return -EAGAIN;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	/* No signal tells of its end; nobody waits for it, and whoever inherits it reaps it. */
	pid = clone(outlive, stacks[i] + STACK_BYTES, CLONE_VM, (void *)(intptr_t)getpid());
	rc = pid < 0 ? -errno : hold(pid);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}
