// SPDX-License-Identifier: BSD-3-Clause
/*
 * store.c - writes state files on a thread of its own: a disk that takes its time must not make the
 * loop wait.
 *
 * Shared: the list of jobs and `ending`, under `lock`. The loop appends, the thread takes the
 * first, carries it out without the lock, and puts it on the list of those that are done; the
 * eventfd wakes the loop. `number` is the thread's alone after the start.
 */
#include "ha/cluster/store.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vios-core/base/log.h"

struct job {
	struct job *next;
	struct replica_record record;
	bool aside;
	char why[REPLICA_SENTENCE];
	int error;
};

struct jobs {
	struct job *first, **last;
};

struct store {
	char dir[STORE_PATH];
	uint64_t number;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct jobs wanted, finished;
	bool ending;
	int wake_fd;
	/* The loop's. */
	sd_event_source *source;
	void (*done)(int error, void *user);
	void *user;
};

static void jobs_init(struct jobs *jobs)
{
	jobs->first = NULL;
	jobs->last = &jobs->first;
}

static void jobs_add(struct jobs *jobs, struct job *job)
{
	job->next = NULL;
	*jobs->last = job;
	jobs->last = &job->next;
}

static struct job *jobs_take(struct jobs *jobs)
{
	struct job *job = jobs->first;

	if (!job)
		return NULL;
	jobs->first = job->next;
	if (!jobs->first)
		jobs->last = &jobs->first;
	return job;
}

static void job_free(struct job *job)
{
	replica_record_clear(&job->record);
	free(job);
}

/* The thread: also what was wanted before the end is written. */
static struct job *next_job(struct store *store)
{
	struct job *job;

	pthread_mutex_lock(&store->lock);
	while (!(job = jobs_take(&store->wanted)) && !store->ending)
		pthread_cond_wait(&store->more, &store->lock);
	pthread_mutex_unlock(&store->lock);
	return job;
}

static void *run(void *user)
{
	struct store *store = user;
	struct job *job;

	while ((job = next_job(store))) {
		const char *name = job->aside ? "aside" : "state";
		uint64_t number = store->number++;

		job->error = store_put(store->dir, name, number, &job->record);
		if (job->error < 0)
			log_error("store-failed", "file=%s/%s.%" PRIu64 " error=\"%s\"", store->dir,
				name, number, strerror(-job->error));
		else if (job->aside)
			log_warn("store-aside",
				"file=%s/%s.%" PRIu64 " epoch=%" PRIu64 " version=%" PRIu64
				" why=\"%s\"",
				store->dir, name, number, job->record.stamp.epoch,
				job->record.stamp.version, job->why);
		pthread_mutex_lock(&store->lock);
		jobs_add(&store->finished, job);
		pthread_mutex_unlock(&store->lock);
		eventfd_write(store->wake_fd, 1);
	}
	return NULL;
}

static int on_wake(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct store *store = user;
	struct job *job;
	eventfd_t value;

	eventfd_read(fd, &value);
	pthread_mutex_lock(&store->lock);
	job = jobs_take(&store->finished);
	/* One at a time: done() may free the store. */
	if (store->finished.first)
		eventfd_write(fd, 1);
	pthread_mutex_unlock(&store->lock);
	if (!job)
		return 0;
	bool aside = job->aside;
	int error = job->error;
	job_free(job);
	if (!aside)
		store->done(error, store->user);
	return 0;
}

static int start_thread(struct store *store)
{
	sigset_t all, before;
	int r;

	sigfillset(&all); /* signals are the loop's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&store->thread, NULL, run, store);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

int store_new(sd_event *ev, const char *dir, uint64_t next, void (*done)(int error, void *user),
	void *user, struct store **out)
{
	struct store *store = strlen(dir) < STORE_PATH ? calloc(1, sizeof(*store)) : NULL;
	int r;

	if (!store)
		return strlen(dir) < STORE_PATH ? -ENOMEM : -ENAMETOOLONG;
	memcpy(store->dir, dir, strlen(dir) + 1);
	store->number = next;
	store->done = done;
	store->user = user;
	jobs_init(&store->wanted);
	jobs_init(&store->finished);
	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->more, NULL);
	store->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = store->wake_fd < 0
		    ? -errno
		    : sd_event_add_io(ev, &store->source, store->wake_fd, EPOLLIN, on_wake, store);
	if (r >= 0)
		r = start_thread(store);
	if (r < 0) {
		sd_event_source_disable_unref(store->source);
		if (store->wake_fd >= 0)
			close(store->wake_fd);
		free(store);
		return r;
	}
	*out = store;
	return 0;
}

static int add(struct store *store, struct replica_record *record, const char *why)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return -ENOMEM;
	job->record = *record;
	record->text = NULL;
	job->aside = why;
	if (why)
		snprintf(job->why, sizeof(job->why), "%s", why);
	pthread_mutex_lock(&store->lock);
	jobs_add(&store->wanted, job);
	pthread_cond_signal(&store->more);
	pthread_mutex_unlock(&store->lock);
	return 0;
}

int store_write(struct store *store, struct replica_record *record)
{
	return add(store, record, NULL);
}

int store_aside(struct store *store, struct replica_record *record, const char *why)
{
	return add(store, record, why);
}

void store_free(struct store *store)
{
	struct job *job;

	if (!store)
		return;
	sd_event_source_disable_unref(store->source);
	pthread_mutex_lock(&store->lock);
	store->ending = true;
	pthread_cond_signal(&store->more);
	pthread_mutex_unlock(&store->lock);
	pthread_join(store->thread, NULL);
	while ((job = jobs_take(&store->finished)))
		job_free(job);
	close(store->wake_fd);
	pthread_cond_destroy(&store->more);
	pthread_mutex_destroy(&store->lock);
	free(store);
}
