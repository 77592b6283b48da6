// SPDX-License-Identifier: BSD-3-Clause
/*
 * connector.c - the calls of CPG that wait for Corosync's answer, on a thread of their own:
 * initialize, join, finalize. A Corosync that is stopped accepts a connection and never answers;
 * the loop must not hang with it.
 *
 * The thread runs one try and ends. The struct is shared by two: `state` says who frees it. Whoever
 * finds that the other one has gone first does.
 *
 *   RUNNING --thread is done--> DONE       (the loop frees it, after done())
 *      '-----loop gives up----> ABANDONED  (the thread undoes its work and frees it)
 */
#include "ha/cluster/connector.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (256u * 1024)

enum { RUNNING, DONE, ABANDONED };

struct connector {
	/* Written before the thread starts, read by both. */
	struct cpg_name group;
	cpg_model_v1_data_t model;
	void *context;
	int wake_fd; /* the thread writes when it is done */
	/* The thread writes until `state` is DONE, then the loop reads. */
	struct connector_result result;
	_Atomic int state;
	/* The loop's. */
	sd_event_source *source;
	void (*done)(const struct connector_result *result, void *user);
	void *user;
};

static void fail(struct connector *connector, const char *call, cs_error_t error)
{
	connector->result.call = call;
	connector->result.error = error;
}

static void try_once(struct connector *connector)
{
	struct connector_result *result = &connector->result;
	cs_error_t error = cpg_model_initialize(&result->handle, CPG_MODEL_V1,
		(cpg_model_data_t *)&connector->model, connector->context);

	if (error != CS_OK) {
		fail(connector, "cpg_initialize", error);
		return;
	}
	if ((error = cpg_local_get(result->handle, &result->node_id)) != CS_OK)
		fail(connector, "cpg_local_get", error);
	else if ((error = cpg_fd_get(result->handle, &result->fd)) != CS_OK)
		fail(connector, "cpg_fd_get", error);
	else if ((error = cpg_join(result->handle, &connector->group)) != CS_OK)
		fail(connector, "cpg_join", error);
	else
		result->error = CS_OK;
	if (error != CS_OK)
		cpg_finalize(result->handle);
}

static void free_connector(struct connector *connector)
{
	close(connector->wake_fd);
	free(connector);
}

static void *run(void *user)
{
	struct connector *connector = user;
	int expected = RUNNING;

	try_once(connector);
	/* Before the exchange: afterwards the loop may free it at any time. */
	eventfd_write(connector->wake_fd, 1);
	if (!atomic_compare_exchange_strong(&connector->state, &expected, DONE)) {
		if (connector->result.error == CS_OK)
			cpg_finalize(connector->result.handle);
		free_connector(connector);
	}
	return NULL;
}

static int start_thread(void *(*function)(void *), void *user)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int r = -pthread_create(&thread, &attr, function, user);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return r;
}

static int on_wake(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct connector *connector = user;
	eventfd_t value;

	/* The wake-up may overtake the state by a moment; the descriptor stays readable until it
	 * has come. */
	if (atomic_load(&connector->state) != DONE)
		return 0;
	eventfd_read(fd, &value);
	sd_event_source_disable_unref(connector->source);
	connector->done(&connector->result, connector->user);
	free_connector(connector);
	return 0;
}

int connector_start(sd_event *ev, const struct cpg_name *group, cpg_deliver_fn_t deliver,
	cpg_confchg_fn_t view, void *context,
	void (*done)(const struct connector_result *result, void *user), void *user,
	struct connector **out)
{
	struct connector *connector = calloc(1, sizeof(*connector));
	int r;

	if (!connector)
		return -ENOMEM;
	connector->group = *group;
	connector->model = (cpg_model_v1_data_t){
		.model = CPG_MODEL_V1, .cpg_deliver_fn = deliver, .cpg_confchg_fn = view};
	connector->context = context;
	connector->done = done;
	connector->user = user;
	connector->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = connector->wake_fd < 0 ? -errno
				   : sd_event_add_io(ev, &connector->source, connector->wake_fd,
					     EPOLLIN, on_wake, connector);
	if (r >= 0)
		r = start_thread(run, connector);
	if (r < 0) {
		sd_event_source_disable_unref(connector->source);
		if (connector->wake_fd >= 0)
			close(connector->wake_fd);
		free(connector);
		return r;
	}
	*out = connector;
	return 0;
}

void connector_abandon(struct connector *connector)
{
	int expected = RUNNING;

	if (!connector)
		return;
	sd_event_source_disable_unref(connector->source);
	if (atomic_compare_exchange_strong(&connector->state, &expected, ABANDONED))
		return;
	if (connector->result.error == CS_OK)
		connector_finalize(connector->result.handle, NULL, 0);
	free_connector(connector);
}

/* Shared by the thread that finalizes and the one that waits for it a while; the last of them frees
 * it. */
struct farewell {
	cpg_handle_t handle;
	struct cpg_name group; /* length 0: not joined */
	sem_t said;
	_Atomic int users;
};

static void leave_farewell(struct farewell *farewell)
{
	if (atomic_fetch_sub(&farewell->users, 1) > 1)
		return;
	sem_destroy(&farewell->said);
	free(farewell);
}

static void *run_farewell(void *user)
{
	struct farewell *farewell = user;

	if (farewell->group.length > 0)
		cpg_leave(farewell->handle, &farewell->group);
	cpg_finalize(farewell->handle);
	sem_post(&farewell->said);
	leave_farewell(farewell);
	return NULL;
}

static void wait_for(struct farewell *farewell, unsigned wait_ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)wait_ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (sem_clockwait(&farewell->said, CLOCK_MONOTONIC, &until) < 0 && errno == EINTR)
		;
}

void connector_finalize(cpg_handle_t handle, const struct cpg_name *leave, unsigned wait_ms)
{
	struct farewell *farewell = calloc(1, sizeof(*farewell));

	/* Without memory the handle stays open: Corosync tidies up when the process ends. */
	if (!farewell)
		return;
	farewell->handle = handle;
	if (leave)
		farewell->group = *leave;
	farewell->users = 2;
	sem_init(&farewell->said, 0, 0);
	if (start_thread(run_farewell, farewell) < 0)
		leave_farewell(farewell);
	else if (wait_ms > 0)
		wait_for(farewell, wait_ms);
	leave_farewell(farewell);
}
