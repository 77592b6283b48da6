/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jobs.h - edge: a thread for what may block on a disk. One thread posts and reaps; the jobs run in
 * order on the thread of their own.
 */
#ifndef VIOS_STORAGE_JOBS_H
#define VIOS_STORAGE_JOBS_H

struct jobs;

struct job { /* the poster's memory, until done */
	struct job *next;
	void (*run)(struct job *job);  /* on the thread */
	void (*done)(struct job *job); /* in jobs_reap(); may free or post it again */
};

/* Starts the thread. name: at most 15 bytes. 0 or -errno. It lives as long as the process. */
int jobs_new(const char *name, struct jobs **out);
int jobs_event_fd(const struct jobs *jobs); /* readable: jobs_reap() has something */
void jobs_post(struct jobs *jobs, struct job *job);
unsigned jobs_reap(struct jobs *jobs); /* how many */

#endif
