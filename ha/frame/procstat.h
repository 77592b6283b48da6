/* SPDX-License-Identifier: BSD-3-Clause */
/* procstat.h - one line of /proc/PID/stat or /proc/PID/task/TID/stat (proc(5)). Pure. */
#ifndef VIOS_FRAME_PROCSTAT_H
#define VIOS_FRAME_PROCSTAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct procstat {
	char state;	     /* field 3: R, S, D, T, Z ... */
	uint64_t start_time; /* field 22: clock ticks since boot; with the pid it names one process
			      */
	bool dying; /* it exits (field 9: PF_EXITING), or SIGKILL waits for it (field 31) */
};

/* The name (field 2) may hold anything, also parentheses and spaces. 0 or -EBADMSG. */
int procstat_parse(const char *text, size_t len, struct procstat *out);

/* The value of the line "Pid:" of /proc/self/fdinfo/PIDFD. > 0: the process; 0: outside our pid
 * namespace; -1: it is gone; -EBADMSG: not a pidfd. */
int procstat_fdinfo_pid(const char *text, size_t len);

#endif
