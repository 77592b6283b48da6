/* SPDX-License-Identifier: BSD-3-Clause */
/* process.h - what the agents start: Pacemaker's tools, which they wait for, and daemons. */
#ifndef VIOS_PACEMAKER_PROCESS_H
#define VIOS_PACEMAKER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

uint64_t process_now_ms(void);
void process_wait_ms(unsigned ms);

/* Runs argv[0], found on PATH, until it ends; what it says on stdout is thrown away. Its exit code,
 * -ETIMEDOUT (it was killed), or -errno. */
int process_run(char *const argv[], unsigned timeout_ms);

/* Starts a daemon in a session of its own, its output appended to the file. 0, or -errno. */
int process_detach(char *const argv[], const char *log, pid_t *pid);
/* Whether that child, of this process, has ended; *status then as of waitpid(2). */
bool process_ended(pid_t pid, int *status);

/* Who listens on a socket, by the kernel's word: a descriptor of the process, or -errno. */
int process_of_socket(const char *path);
/* Asks it to end, by SIGTERM. 0: it is gone; -ETIMEDOUT: not yet. */
int process_ask_to_end(int pidfd, unsigned ms);
/* Ends it: SIGTERM, and SIGKILL after grace_ms. 0: it is gone; -ETIMEDOUT: not yet. */
int process_end(int pidfd, unsigned grace_ms);

/* Whether anybody listens on the socket. */
bool process_listens(const char *path);

#endif
