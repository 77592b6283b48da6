/* SPDX-License-Identifier: BSD-3-Clause */
/* proc.h - processes of the frame, found by the socket they listen on or by the node they live in,
 * and held by pidfd so that no signal ever reaches a successor that was given the same pid. */
#ifndef VIOS_DRILL_PROC_H
#define VIOS_DRILL_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROC_NODE_MAX 256

struct proc {
	pid_t pid; /* as this process sees it; 0: none */
	int fd;	   /* pidfd; -1: none */
};

#define PROC_NONE ((struct proc){0, -1})

/* Who listens at the UNIX socket path. 0 or -errno (-ECONNREFUSED, -ENOENT: nobody). */
int proc_of_socket(const char *path, struct proc *out);
/* The process whose pid (in this process's namespace) is the text of file. */
int proc_of_file(const char *file, struct proc *out);
/* All processes in init's pid namespace, init included. Returns how many (at most max), or -errno.
 */
int proc_node(const struct proc *init, struct proc *out, size_t max);
/* The one with this name (comm) in that namespace; -ENOENT: none. */
int proc_in_node(const struct proc *init, const char *comm, struct proc *out);

/* Whether the file it runs is so named (the last component). */
bool proc_runs(const struct proc *proc, const char *name);

int proc_signal(const struct proc *proc, int signo);
/* Whether it has exited, waiting at most timeout_ms for it. */
bool proc_gone(const struct proc *proc, int timeout_ms);
void proc_close(struct proc *proc);

#endif
