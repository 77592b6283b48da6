/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The second process runs outlive() and nothing else, on a stack of its own, but with the first
 * one's thread-local storage: it makes system calls that do not fail, and touches nothing.
 */
#include "vios-core/base/outlive.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_BYTES 16384

static char stack[STACK_BYTES] __attribute__((aligned(16)));
static pid_t first;

__attribute__((no_sanitize("address", "undefined"))) static int outlive(void *unused)
{
	struct pollfd end = {.events = POLLIN};

	/* A copy of a descriptor would keep what it stands for alive. */
	syscall(SYS_close_range, 0, ~0U, 0);
	syscall(SYS_prctl, PR_SET_NAME, "outlives", 0, 0, 0);
	/* Should the next ones not be there: earlier than all threads, but not never. */
	syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	end.fd = (int)syscall(SYS_pidfd_open, first, 0);
	if (syscall(SYS_getppid) != first)
		return 0;
	if (end.fd < 0)
		for (;;)
			syscall(SYS_pause);
	syscall(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0);
	syscall(SYS_poll, &end, 1, -1); /* all of its threads are gone */
	return 0;
}

int outlive_start(void)
{
	sigset_t all, before;
	int rc;

	first = getpid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	/* No signal tells of its end; nobody waits for it, and whoever inherits it reaps it. */
	rc = clone(outlive, stack + STACK_BYTES, CLONE_VM, NULL) < 0 ? -errno : 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}
