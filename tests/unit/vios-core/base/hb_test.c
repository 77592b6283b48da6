/* SPDX-License-Identifier: BSD-3-Clause */
/* hb_test.c - what a watcher sees of a data plane that ticks, is killed, ends a thread, or crashes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "vios-core/base/hb.h"

/* A heartbeat lives as long as its process; kept where a leak checker finds it. */
static struct hb *make(unsigned n)
{
	static struct hb *made[16];
	static size_t n_made;

	assert_true(n_made < 16);
	assert_int_equal(hb_new(n, &made[n_made]), 0);
	return made[n_made++];
}

/* A watcher's own mapping. */
static struct hb_page *watch(struct hb *hb)
{
	void *at = mmap(NULL, HB_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, hb_memfd(hb), 0);

	assert_true(at != MAP_FAILED);
	return at;
}

static uint32_t futex_word(struct hb_page *page, unsigned worker)
{
	return __atomic_load_n((uint32_t *)&page->worker[worker].alive, __ATOMIC_SEQ_CST);
}

static void test_page(void **state)
{
	struct hb *hb = make(3);
	struct hb_page *page = watch(hb);
	int seals = fcntl(hb_memfd(hb), F_GET_SEALS);

	assert_int_equal(page->magic, HB_MAGIC);
	assert_int_equal(page->version, HB_VERSION);
	assert_int_equal(page->n_workers, 3);
	assert_true(seals & F_SEAL_SHRINK);
	assert_int_equal(ftruncate(hb_memfd(hb), 0), -1);
	assert_true(hb_ping_fd(hb, 2) >= 0);
	assert_int_equal(hb_ping_fd(hb, 3), -1);
	assert_int_equal(eventfd_write(hb_ping_fd(hb, 0), 1), 0);
	eventfd_t value;
	assert_int_equal(eventfd_read(hb_ping_fd(hb, 0), &value), 0);
	assert_int_equal(eventfd_read(hb_ping_fd(hb, 0), &value), -1); /* cleared, non-blocking */
	assert_int_equal(page->worker[0].state, HB_ABSENT);
	assert_int_equal(futex_word(page, 0), 0);

	assert_int_equal(hb_worker_enter(hb, 0), 0);
	assert_int_equal(futex_word(page, 0) & FUTEX_TID_MASK, gettid());
	assert_int_equal(page->worker[0].state, HB_POLLING);
	uint64_t before = page->worker[0].ticks;
	hb_tick(hb_page(hb), 0);
	assert_int_equal(page->worker[0].ticks, before + 1);
	hb_serving(hb_page(hb), 0, 42);
	assert_int_equal(page->worker[0].serving, 42);
	assert_int_equal(hb_worker_enter(hb, 0), -EBUSY);
	assert_int_equal(hb_worker_enter(hb, 3), -EINVAL);
	munmap(page, HB_PAGE_BYTES);
}

static void test_limits(void **state)
{
	struct hb *hb;

	assert_int_equal(hb_new(0, &hb), -EINVAL);
	assert_int_equal(hb_new(HB_WORKERS_MAX + 1, &hb), -EINVAL);
	make(HB_WORKERS_MAX);
}

static void *enter(void *arg)
{
	assert_int_equal(hb_worker_enter(arg, 1), 0);
	return NULL;
}

static void test_a_thread_that_ends(void **state)
{
	struct hb *hb = make(2);
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, enter, hb), 0);
	pthread_join(thread, NULL);
	assert_true(futex_word(hb_page(hb), 1) & FUTEX_OWNER_DIED);
	assert_false(futex_word(hb_page(hb), 0) & FUTEX_OWNER_DIED);
}

static void child(struct hb *hb, void (*end)(void), int ready)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	hb_crash_handler_install(hb);
	if (hb_worker_enter(hb, 0) != 0)
		_exit(1);
	hb_serving(hb_page(hb), 0, 7);
	if (write(ready, "x", 1) != 1)
		_exit(1);
	end();
	_exit(2);
}

/* The signal that the child died of. */
static int child_dies(struct hb *hb, void (*end)(void), int kill_with)
{
	int ready[2], status;
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0)
		child(hb, end, ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	if (kill_with != 0)
		kill(pid, kill_with);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(ready[0]);
	close(ready[1]);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

static void test_killed(void **state)
{
	struct hb *hb = make(1);
	struct hb_page *page = hb_page(hb);

	assert_int_equal(child_dies(hb, wait_for_ever, SIGKILL), SIGKILL);
	assert_true(futex_word(page, 0) & FUTEX_OWNER_DIED);
	assert_int_equal(page->worker[0].serving, 7);
	assert_int_equal(page->crash_signo, 0);
}

static void overflow(void);
/* volatile: the compiler must not see what is coming */
static void (*volatile again)(void) = overflow;
static int *volatile nowhere = (int *)8;

static void overflow(void)
{
	volatile char room[16384];

	room[0] = 1;
	again();
	room[1] = room[0];
}

static void bad_store(void)
{
	*nowhere = 1;
}

static void *store(void *user)
{
	bad_store();
	return user;
}

/* A thread that has no slot: the whole process serves one adapter. */
static void helper_crashes(void)
{
	pthread_t thread;

	hb_crash_blame(7);
	pthread_create(&thread, NULL, store, NULL);
	pthread_join(thread, NULL);
}

static void test_crashes(void **state)
{
	static const struct {
		void (*end)(void);
		int signo;
	} cases[] = {
		{abort, SIGABRT}, {bad_store, SIGSEGV}, {helper_crashes, SIGSEGV},
		{overflow, SIGSEGV}, /* no stack left for the handler but its own */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hb *hb = make(1);

		assert_int_equal(child_dies(hb, cases[i].end, 0), cases[i].signo);
		assert_int_equal(hb_page(hb)->crash_signo, cases[i].signo);
		assert_int_equal(hb_page(hb)->crash_adapter, 7);
		assert_true(futex_word(hb_page(hb), 0) & FUTEX_OWNER_DIED);
	}
}

static void test_a_crash_signal_from_outside(void **state)
{
	static const int signals[] = {SIGBUS, SIGILL, SIGFPE};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct hb *hb = make(1);

		assert_int_equal(child_dies(hb, wait_for_ever, signals[i]), signals[i]);
		assert_int_equal(hb_page(hb)->crash_signo, signals[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_a_thread_that_ends),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_crashes),
		cmocka_unit_test(test_a_crash_signal_from_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
