/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The worker's thread: turns while there is something to do, and for a while after; then it asks
 * for kicks and sleeps. What it owns is in struct worker. It holds its slot of the heartbeat page,
 * and is ticked for while it is in the kernel with a disk.
 */
#include "storage/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "storage/fault.h"
#include "storage/worker_private.h"
#include "vios-core/base/outlive.h"

#define AIO_DEPTH 512 /* fs.aio-max-nr is 65536 on most machines: for 128 adapters */
#define TAKE_MAX 64   /* of one ring in one turn */
#define EMPTY_TURNS 64

uint64_t worker_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void watch(struct worker *w, int fd, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.fd = fd};

	epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &e);
}

/* Edge-triggered and never read: the descriptor is shared, and may be a blocking one. */
void worker_watch_kick(struct worker *w, struct queue *q, bool on)
{
	if (q->plan.kick_fd < 0)
		return;
	if (on)
		watch(w, q->plan.kick_fd, EPOLLIN | EPOLLET);
	else
		epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, q->plan.kick_fd, NULL);
}

/* Task management done again is answered after all requests done again that it may cover: not
 * before every ring that has some runs and has taken them. */
static bool tasks_may_run(struct worker *w)
{
	const struct plan *p = &w->region;

	if (!queue_has_again(&w->queue[VS_CONTROL_QUEUE]))
		return true;
	for (unsigned i = VS_REQUEST_QUEUE; i < VU_RINGS_MAX; i++) {
		const struct queue *q = &w->queue[i];

		if (q->state == QUEUE_ON ? queue_has_again(q)
					 : inflight_any(p->inflight, p->inflight_bytes, i,
						   p->inflight_queues, p->inflight_size))
			return false;
	}
	return true;
}

static void report_broken(struct worker *w, struct queue *q)
{
	if (!q->ring.broken || q->reported)
		return;
	q->reported = true;
	w->config.broken(q->index, "its driver broke the rules of the ring");
}

static unsigned take(struct worker *w, struct queue *q)
{
	unsigned n = 0;

	if (q->state != QUEUE_ON || q->index == VS_EVENT_QUEUE)
		return 0;
	if (q->index == VS_CONTROL_QUEUE && !tasks_may_run(w))
		return 0;
	while (n < TAKE_MAX) {
		struct request *r = queue_take(q);

		if (!r)
			break;
		if (q->index == VS_CONTROL_QUEUE)
			task_execute(r);
		else
			execute(r);
		n++;
	}
	report_broken(w, q);
	return n;
}

static void submit(struct worker *w)
{
	if (!aio_has_queued(w->aio))
		return;
	atomic_store(&w->in_kernel, true);
	aio_submit(w->aio);
	atomic_store(&w->in_kernel, false);
}

static void apply(struct worker *w)
{
	const uint64_t one = 1;

	if (!w->plan)
		w->plan = atomic_exchange(&w->posted, NULL);
	if (!w->plan || !apply_step(w))
		return;
	w->plan = NULL;
	atomic_store(&w->applied, true);
	if (write(w->event_fd, &one, sizeof(one)) < 0)
		return; /* full: readable as well */
}

static unsigned turn(struct worker *w)
{
	unsigned n;

	n = aio_reap(w->aio) + jobs_reap(w->slow) + locks_poll(w) + fault_turn();
	n += rangelock_poll(w) + agree_poll(w) + held_poll(w);
	apply_start_rings(w);
	if (w->bounce_wait)
		transfer_retry(w);
	for (unsigned i = 0; i < VU_RINGS_MAX; i++)
		n += take(w, &w->queue[(i + VS_REQUEST_QUEUE) % VU_RINGS_MAX]);
	submit(w);
	if (w->tasks)
		task_poll(w);
	events_send(w);
	for (unsigned i = 0; i < VU_RINGS_MAX; i++)
		if (w->queue[i].state != QUEUE_OFF)
			queue_show(&w->queue[i]);
	agree_told(w);
	apply(w);
	return n;
}

/* Asks for kicks; is there something after all? */
static bool arm(struct worker *w, bool kicks)
{
	bool waiting = false;

	for (unsigned i = 0; i < VU_RINGS_MAX; i++) {
		struct queue *q = &w->queue[i];

		if (q->state != QUEUE_ON)
			continue;
		if (q->index != VS_EVENT_QUEUE || w->has_events || !kicks) {
			vring_want_kicks(&q->ring, kicks);
			waiting |= kicks && q->index != VS_EVENT_QUEUE && vring_waiting(&q->ring) &&
				   (q->index != VS_CONTROL_QUEUE || tasks_may_run(w));
		}
	}
	return waiting;
}

static void drain_fd(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

static int sooner(int a_us, int b_us) /* -1: never */
{
	return a_us < 0 || (b_us >= 0 && b_us < a_us) ? b_us : a_us;
}

static void sleep_until_news(struct worker *w)
{
	struct epoll_event events[32];
	int timeout_us = sooner(fault_timeout_us(), locks_timeout_us(w)), n;
	struct timespec ts;

	timeout_us = sooner(timeout_us, sooner(rangelock_timeout_us(w), agree_timeout_us(w)));
	timeout_us = sooner(timeout_us, held_timeout_us(w));
	ts = (struct timespec){timeout_us / 1000000, timeout_us % 1000000 * 1000L};
	if (aio_has_queued(w->aio) && !aio_with_kernel(w->aio)) {
		ts = (struct timespec){0, 1000000}; /* the kernel had no room: nobody will tell */
		timeout_us = 1000;
	}
	atomic_store_explicit(
		&w->page->worker[w->config.hb_slot].state, HB_SLEEPING, memory_order_relaxed);
	if (!arm(w, true)) {
		n = epoll_pwait2(w->epoll_fd, events, 32, timeout_us < 0 ? NULL : &ts, NULL);
		for (int i = 0; i < n; i++)
			if (events[i].data.fd == w->wake_fd ||
				events[i].data.fd == w->config.doorbell_fd ||
				events[i].data.fd == aio_event_fd(w->aio))
				drain_fd(events[i].data.fd);
	}
	arm(w, false);
	atomic_store_explicit(
		&w->page->worker[w->config.hb_slot].state, HB_POLLING, memory_order_relaxed);
}

static void *work(void *user)
{
	struct worker *w = user;
	unsigned empty = 0;

	outlive_start();
	hb_worker_enter(w->config.hb, w->config.hb_slot);
	hb_serving(w->page, w->config.hb_slot, w->config.adapter_id);
	for (;;) {
		hb_tick(w->page, w->config.hb_slot);
		empty = turn(w) ? 0 : empty + 1;
		if (empty < EMPTY_TURNS)
			continue;
		sleep_until_news(w);
		empty = EMPTY_TURNS / 2;
	}
	return NULL;
}

static int open_fds(struct worker *w)
{
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->trouble_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return w->wake_fd < 0 || w->event_fd < 0 || w->epoll_fd < 0 || w->trouble_fd < 0 ? -errno
											 : 0;
}

int worker_new(const struct worker_config *config, struct worker **out)
{
	struct worker *w = calloc(1, sizeof(*w));
	int rc = w ? open_fds(w) : -ENOMEM;

	if (!rc)
		rc = aio_new(AIO_DEPTH, &w->aio);
	if (!rc)
		rc = jobs_new("scsid-slow", &w->slow);
	if (!rc)
		rc = bounce_new(&w->bounce);
	if (rc)
		return rc; /* the process ends */
	w->config = *config;
	w->page = hb_page(config->hb);
	w->bounce_tail = &w->bounce_wait;
	for (unsigned i = 0; i < VU_RINGS_MAX; i++) {
		w->queue[i].worker = w;
		w->queue[i].index = i;
	}
	for (unsigned i = 0; i < config->n_rings && !rc; i++)
		rc = queue_reserve(&w->queue[i], config->ring_size);
	if (rc)
		return rc;
	scsi_target_init(&w->target, &config->port);
	watch(w, w->wake_fd, EPOLLIN);
	watch(w, aio_event_fd(w->aio), EPOLLIN);
	watch(w, jobs_event_fd(w->slow), EPOLLIN);
	rc = -pthread_create(&w->thread, NULL, work, w);
	if (!rc)
		pthread_setname_np(w->thread, "scsid-rings");
	*out = w;
	return rc;
}

static void wake(struct worker *w)
{
	const uint64_t one = 1;

	if (write(w->wake_fd, &one, sizeof(one)) < 0)
		return; /* full: awake as well */
}

void worker_apply(struct worker *w, struct plan *plan)
{
	atomic_store(&w->posted, plan);
	wake(w);
}

int worker_event_fd(const struct worker *w)
{
	return w->event_fd;
}

bool worker_applied(struct worker *w)
{
	drain_fd(w->event_fd);
	return atomic_exchange(&w->applied, false);
}

void worker_ping(struct worker *w)
{
	if (atomic_load(&w->in_kernel))
		hb_tick(w->page, w->config.hb_slot);
	wake(w);
}

int worker_trouble_fd(const struct worker *w)
{
	return w->trouble_fd;
}

void worker_path_errors(struct worker *w, bool answer, uint64_t limit_ns)
{
	atomic_store(&w->held.limit_ns, limit_ns);
	atomic_store(&w->held.answer, answer);
	atomic_fetch_add(&w->held.told, 1);
	wake(w);
}

unsigned worker_held(const struct worker *w)
{
	return atomic_load(&w->held.n);
}

uint64_t worker_requests(const struct worker *w)
{
	return atomic_load(&w->requests);
}
