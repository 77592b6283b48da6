/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread and its two lists: jobs to run, jobs that have run. The lock is held for list operations
 * alone, never while a job runs; so posting never waits for a disk.
 */
#include "storage/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vios-core/base/outlive.h"

struct list {
	struct job *head, **tail;
};

struct jobs {
	pthread_mutex_t lock;
	pthread_cond_t posted;
	struct list todo, done; /* under the lock */
	/* Set after the eventfd, by the thread; spares who polls a system call. */
	_Atomic bool finished;
	int event_fd;
	pthread_t thread;
};

static void append(struct list *list, struct job *job)
{
	job->next = NULL;
	*list->tail = job;
	list->tail = &job->next;
}

static struct job *take_all(struct list *list)
{
	struct job *all = list->head;

	list->head = NULL;
	list->tail = &list->head;
	return all;
}

static struct job *wait_job(struct jobs *jobs)
{
	struct job *job;

	pthread_mutex_lock(&jobs->lock);
	while (!jobs->todo.head)
		pthread_cond_wait(&jobs->posted, &jobs->lock);
	job = jobs->todo.head;
	jobs->todo.head = job->next;
	if (!jobs->todo.head)
		jobs->todo.tail = &jobs->todo.head;
	pthread_mutex_unlock(&jobs->lock);
	return job;
}

static void *work(void *user)
{
	struct jobs *jobs = user;

	outlive_start();
	for (;;) {
		struct job *job = wait_job(jobs);

		job->run(job);
		pthread_mutex_lock(&jobs->lock);
		append(&jobs->done, job);
		pthread_mutex_unlock(&jobs->lock);
		eventfd_write(jobs->event_fd, 1);
		atomic_store(&jobs->finished, true);
	}
	return NULL;
}

int jobs_new(const char *name, struct jobs **out)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));
	int rc;

	if (!jobs)
		return -ENOMEM;
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->posted, NULL);
	jobs->todo.tail = &jobs->todo.head;
	jobs->done.tail = &jobs->done.head;
	jobs->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = jobs->event_fd < 0 ? -errno : -pthread_create(&jobs->thread, NULL, work, jobs);
	if (rc) {
		if (jobs->event_fd >= 0)
			close(jobs->event_fd);
		free(jobs);
		return rc;
	}
	pthread_setname_np(jobs->thread, name);
	*out = jobs;
	return 0;
}

int jobs_event_fd(const struct jobs *jobs)
{
	return jobs->event_fd;
}

void jobs_post(struct jobs *jobs, struct job *job)
{
	pthread_mutex_lock(&jobs->lock);
	append(&jobs->todo, job);
	pthread_cond_signal(&jobs->posted);
	pthread_mutex_unlock(&jobs->lock);
}

unsigned jobs_reap(struct jobs *jobs)
{
	struct job *all;
	eventfd_t count;
	unsigned n = 0;

	if (!atomic_load(&jobs->finished))
		return 0;
	/* Before the list is looked at: what is appended later sets it again. The eventfd may have
	 * been read with the one before. */
	atomic_store(&jobs->finished, false);
	if (eventfd_read(jobs->event_fd, &count))
		count = 0;
	pthread_mutex_lock(&jobs->lock);
	all = take_all(&jobs->done);
	pthread_mutex_unlock(&jobs->lock);
	while (all) {
		struct job *job = all;

		all = job->next;
		job->done(job);
		n++;
	}
	return n;
}
