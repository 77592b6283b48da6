/* SPDX-License-Identifier: BSD-3-Clause */
/* proc.h - what /proc says of a process, in the pid namespace of vios-framed. */
#ifndef VIOS_FRAME_PROC_H
#define VIOS_FRAME_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* 1: a thread is in state D; 0: none is; -errno: it could not be read (-ESRCH: the process is
 * gone). */
int proc_any_in_d(pid_t pid);
/* It is dying: what is left of it, mostly the return of its memory, is as urgent as any program,
 * not as a data plane. Not less: its VIOS waits for its end before it starts the next one. A wish.
 */
void proc_give_way(pid_t pid, int pidfd);
/* If it has been killed, and has only to be let run to be gone, its threads come first (SCHED_RR)
 * until proc_give_way(). Whether it has. */
bool proc_hurry_dying(pid_t pid, int pidfd);
/* Field 22 of /proc/PID/stat. 0 or -errno. */
int proc_start_time(pid_t pid, uint64_t *out);
/* The pid; -ESRCH: the process is gone; -EREMOTE: it is outside our pid namespace; -EBADF: not a
 * pidfd. */
pid_t proc_pidfd_pid(int pidfd);
bool proc_is_eventfd(int fd);
/* The boot's id, so that times and pids of an earlier one are not taken for ours. 0 or -errno. */
int proc_boot_id(char out[37]);

#endif
