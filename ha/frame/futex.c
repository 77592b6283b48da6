/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * futex.c - the threads that wait for workers' futexes, and their table.
 *
 * Main thread: adds and removes planes, takes deaths. Waiting threads: everything that touches a
 * futex word. The table is under `lock`; a slot's page is mapped by the main thread, and unmapped
 * by the waiting thread that may be asleep on it. A waiting thread sleeps on the first worker of
 * each plane that is not marked yet (all must be), and on `control`, which the main thread changes
 * when it has changed the table.
 *
 * A futex word is the data plane's to write: one that keeps changing without ever being marked is
 * left to its pidfd, so that it cannot keep a thread busy.
 */
#include "ha/frame/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ha/frame/page.h"
#include "vios-core/base/log.h"

#define SLOTS (FUTEX_WAITV_MAX - 1)
#define CHANGES_MAX 256
#define ABSENT_POLL_MS 20	/* a worker that has not entered cannot be waited for */
#define ABSENT_POLL_MAX_MS 1000 /* if it never does */
#define LONE_POLL_MS                                                                               \
	1000 /* of a thread that cannot be woken: it looks whether it is still wanted */

struct slot {
	uint64_t key; /* 0: free */
	struct page page;
	uint32_t next; /* the first worker that is not marked */
	uint32_t word; /* as last seen, to count changes */
	uint32_t changes;
	bool leave; /* set by the main thread: unmap and free it */
	bool lone;  /* has a thread of its own */
};

struct futex_watch {
	pthread_mutex_t lock;
	pthread_cond_t gone; /* a lone thread has ended */
	struct slot slot[SLOTS];
	uint64_t dead[SLOTS]; /* a ring of keys */
	size_t dead_first, dead_n;
	unsigned lone_threads;
	bool stop, has_thread, threads_only;
	int event_fd;
	pthread_t thread;
	_Atomic uint32_t control; /* a futex of ours */
	_Atomic uint64_t wakeups;
};

static long waitv(struct futex_waitv *v, unsigned n, const struct timespec *until)
{
	return syscall(SYS_futex_waitv, v, n, 0, until, CLOCK_MONOTONIC);
}

static struct timespec after_ms(unsigned ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static void wake_thread(struct futex_watch *w)
{
	atomic_fetch_add(&w->control, 1);
	syscall(SYS_futex, &w->control, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void tell_dead(struct futex_watch *w, uint64_t key)
{
	uint64_t one = 1;

	w->dead[(w->dead_first + w->dead_n++) % SLOTS] = key;
	if (write(w->event_fd, &one, sizeof(one)) < 0)
		log_error("futex-event", "error=\"%s\"", strerror(errno));
}

static void drop(struct slot *s)
{
	page_close(&s->page);
	memset(s, 0, sizeof(*s));
}

enum step { STEP_DEAD, STEP_WAIT, STEP_ABSENT, STEP_LEAVE };

static bool changes_too_often(struct slot *s, uint32_t word)
{
	s->changes += word != s->word;
	s->word = word;
	return s->changes > CHANGES_MAX;
}

/* Looks at the words from s->next on; *word: what to wait for. Under the lock. */
static enum step step(struct slot *s, uint32_t *word)
{
	while (s->next < s->page.workers) {
		_Atomic uint32_t *futex = (_Atomic uint32_t *)page_futex(&s->page, s->next);
		uint32_t seen = atomic_load(futex);

		if (seen & FUTEX_OWNER_DIED) {
			s->next++;
			continue;
		}
		if ((seen & FUTEX_TID_MASK) == 0)
			return STEP_ABSENT;
		*word = seen | FUTEX_WAITERS;
		if (changes_too_often(s, *word)) {
			log_warn("futex-restless", "incarnation=%016llx watched_by=pidfd",
				(unsigned long long)s->key);
			return STEP_LEAVE;
		}
		/* Only with FUTEX_WAITERS does the kernel wake somebody when the owner dies. */
		if ((seen & FUTEX_WAITERS) || atomic_compare_exchange_strong(futex, &seen, *word))
			return STEP_WAIT;
	}
	return STEP_DEAD;
}

struct round {
	struct futex_waitv v[FUTEX_WAITV_MAX];
	unsigned n;
	bool absent;
};

static void round_add(struct round *r, uint32_t *futex, uint32_t word, uint32_t flags)
{
	r->v[r->n++] = (struct futex_waitv){
		.val = word, .uaddr = (uintptr_t)futex, .flags = FUTEX_32 | flags};
}

/* Under the lock. */
static void round_slot(struct futex_watch *w, struct slot *s, struct round *r)
{
	uint32_t word = 0;
	enum step what = s->leave ? STEP_LEAVE : step(s, &word);

	switch (what) {
	case STEP_DEAD:
		tell_dead(w, s->key);
		drop(s);
		break;
	case STEP_LEAVE:
		drop(s);
		break;
	case STEP_ABSENT:
		r->absent = true;
		break;
	case STEP_WAIT:
		round_add(r, page_futex(&s->page, s->next), word, 0);
		break;
	}
}

/* Returns false when the thread is to end. */
static bool round_build(struct futex_watch *w, struct round *r)
{
	bool go_on;

	r->n = 0;
	r->absent = false;
	round_add(r, (uint32_t *)&w->control, atomic_load(&w->control), FUTEX_PRIVATE_FLAG);
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < SLOTS; i++)
		if (w->slot[i].key != 0 && !w->slot[i].lone)
			round_slot(w, &w->slot[i], r);
	go_on = !w->stop;
	pthread_mutex_unlock(&w->lock);
	return go_on;
}

static void *thread_main(void *arg)
{
	struct futex_watch *w = arg;
	struct round r;
	unsigned poll_ms = ABSENT_POLL_MS;

	while (round_build(w, &r)) {
		struct timespec until = after_ms(poll_ms);

		waitv(r.v, r.n, r.absent ? &until : NULL);
		atomic_fetch_add(&w->wakeups, 1);
		poll_ms = r.absent && poll_ms < ABSENT_POLL_MAX_MS ? poll_ms * 2 : ABSENT_POLL_MS;
	}
	return NULL;
}

/* --- without futex_waitv: a thread for each plane, which cannot be woken by us --- */

struct lone {
	struct futex_watch *w;
	struct slot *slot;
};

/* Returns false when the slot is gone. Then *futex is to be waited for while it is *word. */
static bool lone_step(struct lone *l, uint32_t **futex, uint32_t *word, unsigned *ms)
{
	struct round r = {.n = 0};

	pthread_mutex_lock(&l->w->lock);
	l->slot->leave |= l->w->stop;
	round_slot(l->w, l->slot, &r);
	*futex = l->slot->key != 0 ? page_futex(&l->slot->page, l->slot->next) : NULL;
	pthread_mutex_unlock(&l->w->lock);
	*word = r.n != 0 ? (uint32_t)r.v[0].val : 0;
	*ms = r.absent ? ABSENT_POLL_MS : LONE_POLL_MS;
	return *futex != NULL;
}

static void *lone_main(void *arg)
{
	struct lone *l = arg;
	uint32_t *futex, word;
	unsigned ms;

	while (lone_step(l, &futex, &word, &ms)) {
		struct timespec wait = {
			.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

		syscall(SYS_futex, futex, FUTEX_WAIT, word, &wait, NULL, 0);
		atomic_fetch_add(&l->w->wakeups, 1);
	}
	pthread_mutex_lock(&l->w->lock);
	l->w->lone_threads--;
	pthread_cond_signal(&l->w->gone);
	pthread_mutex_unlock(&l->w->lock);
	free(l);
	return NULL;
}

/* Under the lock. */
static int lone_start(struct futex_watch *w, struct slot *s)
{
	struct lone *l = malloc(sizeof(*l));
	pthread_t thread;
	int r;

	if (!l)
		return -ENOMEM;
	*l = (struct lone){.w = w, .slot = s};
	r = pthread_create(&thread, NULL, lone_main, l);
	if (r != 0) {
		free(l);
		return -r;
	}
	pthread_detach(thread);
	w->lone_threads++;
	return 0;
}

/* --- the main thread's side --- */

static bool has_waitv(void)
{
	struct futex_waitv none = {0};

	/* Nothing to wait for is EINVAL where the call exists. */
	return waitv(&none, 0, NULL) == 0 || errno != ENOSYS;
}

int futex_watch_new(enum futex_how how, struct futex_watch **out)
{
	struct futex_watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->gone, NULL);
	w->threads_only = how == FUTEX_HOW_THREADS || !has_waitv();
	w->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	r = w->event_fd < 0 ? -errno : 0;
	if (r == 0 && !w->threads_only) {
		r = -pthread_create(&w->thread, NULL, thread_main, w);
		w->has_thread = r == 0;
	}
	if (r < 0) {
		futex_watch_free(w);
		return r;
	}
	*out = w;
	return 0;
}

void futex_watch_free(struct futex_watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	while (w->lone_threads > 0)
		pthread_cond_wait(&w->gone, &w->lock);
	pthread_mutex_unlock(&w->lock);
	if (w->has_thread) {
		wake_thread(w);
		pthread_join(w->thread, NULL);
	}
	for (size_t i = 0; i < SLOTS; i++)
		drop(&w->slot[i]);
	if (w->event_fd >= 0)
		close(w->event_fd);
	free(w);
}

int futex_watch_fd(const struct futex_watch *w)
{
	return w->event_fd;
}

static struct slot *find(struct futex_watch *w, uint64_t key)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (w->slot[i].key == key)
			return &w->slot[i];
	return NULL;
}

static int add_locked(struct futex_watch *w, uint64_t key, int memfd)
{
	struct slot *s = find(w, 0);
	const char *why;
	int r;

	if (find(w, key))
		return -EEXIST;
	if (!s)
		return -ENOSPC;
	r = page_open(memfd, &s->page, &why);
	if (r < 0)
		return r;
	s->key = key;
	s->lone = w->threads_only;
	if (s->lone)
		r = lone_start(w, s);
	if (r < 0)
		drop(s);
	return r;
}

int futex_watch_add(struct futex_watch *w, uint64_t key, int memfd)
{
	int r;

	pthread_mutex_lock(&w->lock);
	r = add_locked(w, key, memfd);
	pthread_mutex_unlock(&w->lock);
	if (r == 0)
		wake_thread(w);
	return r;
}

void futex_watch_remove(struct futex_watch *w, uint64_t key)
{
	struct slot *s;

	pthread_mutex_lock(&w->lock);
	s = find(w, key);
	if (s)
		s->leave = true;
	pthread_mutex_unlock(&w->lock);
	wake_thread(w);
}

bool futex_watch_take(struct futex_watch *w, uint64_t *key)
{
	uint64_t count;
	bool got;

	if (read(w->event_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_error("futex-event", "error=\"%s\"", strerror(errno));
	pthread_mutex_lock(&w->lock);
	got = w->dead_n > 0;
	if (got) {
		*key = w->dead[w->dead_first];
		w->dead_first = (w->dead_first + 1) % SLOTS;
		w->dead_n--;
	}
	pthread_mutex_unlock(&w->lock);
	return got;
}

uint64_t futex_watch_wakeups(struct futex_watch *w)
{
	return atomic_load(&w->wakeups);
}
