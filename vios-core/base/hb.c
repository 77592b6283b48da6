/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hb.c - the data plane's side of the heartbeat page. hb_new() runs in the main thread before any
 * worker; hb_worker_enter() in each worker, once; ticks and marks are written by that worker alone.
 * The page, its memfd and the ping eventfds belong to struct hb and live as long as the process.
 *
 * Why a robust mutex and not a flag: the kernel itself marks it while the thread exits, before the
 * process's memory is torn down, which takes milliseconds for a large guest.
 */
#include "vios-core/base/hb.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALT_STACK_BYTES 65536u /* a worker that overflows its stack is marked, too */

struct hb {
	unsigned n_workers;
	int memfd;
	int ping_fd[HB_WORKERS_MAX];
	struct hb_page *page;
	bool entered[HB_WORKERS_MAX]; /* writer: that worker */
};

/* For the crash handler, which gets no argument. Writers: hb_crash_handler_install() and, for the
 * thread's own, hb_worker_enter(). */
static struct hb_page *crash_page;
static atomic_flag crash_seen = ATOMIC_FLAG_INIT;
static _Thread_local int my_worker = -1;
static _Atomic uint32_t others_serve; /* threads without a slot */

static int page_map(struct hb *hb)
{
	hb->memfd = memfd_create("vios-heartbeat", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (hb->memfd < 0)
		return -errno;
	if (ftruncate(hb->memfd, HB_PAGE_BYTES) < 0)
		return -errno;
	if (fcntl(hb->memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	void *at = mmap(NULL, HB_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, hb->memfd, 0);
	if (at == MAP_FAILED)
		return -errno;
	hb->page = at;
	return 0;
}

static int mutex_make(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;
	int rc = pthread_mutexattr_init(&attr);

	if (rc != 0)
		return -rc;
	rc = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	if (rc == 0)
		rc = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (rc == 0)
		rc = pthread_mutex_init(mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	return -rc;
}

static int page_fill(struct hb *hb)
{
	struct hb_page *page = hb->page;

	for (unsigned i = 0; i < hb->n_workers; i++) {
		int rc = mutex_make(&page->worker[i].alive);

		if (rc < 0)
			return rc;
		hb->ping_fd[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (hb->ping_fd[i] < 0)
			return -errno;
	}
	page->version = HB_VERSION;
	page->n_workers = hb->n_workers;
	page->magic = HB_MAGIC;
	return 0;
}

static void hb_free(struct hb *hb)
{
	for (unsigned i = 0; i < hb->n_workers; i++) {
		if (hb->ping_fd[i] >= 0)
			close(hb->ping_fd[i]);
	}
	if (hb->page != NULL)
		munmap(hb->page, HB_PAGE_BYTES);
	if (hb->memfd >= 0)
		close(hb->memfd);
	free(hb);
}

int hb_new(unsigned n_workers, struct hb **out)
{
	struct hb *hb;
	int rc;

	if (n_workers < 1 || n_workers > HB_WORKERS_MAX)
		return -EINVAL;
	hb = calloc(1, sizeof(*hb));
	if (hb == NULL)
		return -ENOMEM;
	hb->n_workers = n_workers;
	hb->memfd = -1;
	for (unsigned i = 0; i < HB_WORKERS_MAX; i++)
		hb->ping_fd[i] = -1;
	rc = page_map(hb);
	if (rc == 0)
		rc = page_fill(hb);
	if (rc < 0) {
		hb_free(hb);
		return rc;
	}
	*out = hb;
	return 0;
}

int hb_memfd(const struct hb *hb)
{
	return hb->memfd;
}

int hb_ping_fd(const struct hb *hb, unsigned worker)
{
	return worker < hb->n_workers ? hb->ping_fd[worker] : -1;
}

struct hb_page *hb_page(const struct hb *hb)
{
	return hb->page;
}

/* A stack that a sanitizer or the caller has set is as good. */
static int alt_stack_set(void)
{
	stack_t stack, old;

	if (sigaltstack(NULL, &old) == 0 && !(old.ss_flags & SS_DISABLE))
		return 0;
	stack = (stack_t){.ss_size = ALT_STACK_BYTES, .ss_sp = malloc(ALT_STACK_BYTES)};
	if (stack.ss_sp == NULL)
		return -ENOMEM;
	/* Never freed: the handler may run on it to the end. */
	return sigaltstack(&stack, NULL) < 0 ? -errno : 0;
}

int hb_worker_enter(struct hb *hb, unsigned worker)
{
	struct hb_worker *slot;
	int rc;

	if (worker >= hb->n_workers)
		return -EINVAL;
	if (hb->entered[worker])
		return -EBUSY;
	slot = &hb->page->worker[worker];
	rc = pthread_mutex_trylock(&slot->alive);
	if (rc != 0)
		return -rc;
	rc = alt_stack_set();
	if (rc < 0) {
		pthread_mutex_unlock(&slot->alive);
		return rc;
	}
	hb->entered[worker] = true;
	my_worker = (int)worker;
	hb_tick(hb->page, worker);
	atomic_store_explicit(&slot->state, HB_POLLING, memory_order_relaxed);
	return 0;
}

/* Async-signal-safe: atomics, a thread-local of the program itself, raise(). */
static void on_crash(int signo)
{
	/* Of several threads that crash at once the first one names the adapter. */
	if (crash_page != NULL && !atomic_flag_test_and_set(&crash_seen)) {
		uint32_t adapter = atomic_load_explicit(&others_serve, memory_order_relaxed);

		if (my_worker >= 0)
			adapter = atomic_load_explicit(
				&crash_page->worker[my_worker].serving, memory_order_relaxed);
		atomic_store_explicit(&crash_page->crash_adapter, adapter, memory_order_relaxed);
		atomic_store_explicit(
			&crash_page->crash_signo, (uint32_t)signo, memory_order_relaxed);
	}
	raise(signo); /* SA_RESETHAND, SA_NODEFER: dies here */
}

void hb_crash_handler_install(struct hb *hb)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};
	struct sigaction sa = {
		.sa_handler = on_crash, .sa_flags = SA_RESETHAND | SA_NODEFER | SA_ONSTACK};

	crash_page = hb->page;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
}

void hb_crash_blame(uint32_t adapter_id)
{
	atomic_store_explicit(&others_serve, adapter_id, memory_order_relaxed);
}
