/* SPDX-License-Identifier: BSD-3-Clause */
/* futex_test.c - deaths by robust futexes, with real processes and both ways of waiting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ha/frame/futex.h"
#include "ha/frame/page.h"
#include "vios-core/base/hb.h"

#define LONG_MS 5000
#define SHORT_MS 100

/* A data plane never frees its page; kept where a leak checker finds them. */
static struct hb *pages[32];

static struct hb *page_new(unsigned workers)
{
	static unsigned n;

	assert_true(n < sizeof(pages) / sizeof(pages[0]));
	assert_int_equal(hb_new(workers, &pages[n]), 0);
	return pages[n++];
}

static void *worker(void *arg)
{
	struct hb *hb = arg;

	for (unsigned i = 0; i < HB_WORKERS_MAX; i++)
		if (hb_worker_enter(hb, i) == 0)
			break;
	pause();
	return NULL;
}

/* A process whose n workers have entered, but for `late` of them. */
static pid_t plane_start(struct hb *hb, unsigned n, unsigned late)
{
	pid_t pid = fork();
	pthread_t thread;

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; i + late < n; i++)
		pthread_create(&thread, NULL, worker, hb);
	pause();
	_exit(0);
}

static void wait_entered(struct hb *hb, unsigned n)
{
	for (int ms = 0; ms < LONG_MS; ms++) {
		unsigned entered = 0;

		for (unsigned i = 0; i < n; i++)
			entered += atomic_load(&hb_page(hb)->worker[i].state) != HB_ABSENT;
		if (entered == n)
			return;
		usleep(1000);
	}
	fail_msg("the workers did not enter");
}

static uint64_t death(struct futex_watch *w, int ms)
{
	struct pollfd fd = {.fd = futex_watch_fd(w), .events = POLLIN};
	uint64_t key = 0;

	if (poll(&fd, 1, ms) > 0)
		futex_watch_take(w, &key);
	return key;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static struct futex_watch *watch_new(void **state)
{
	struct futex_watch *w;

	assert_int_equal(futex_watch_new(*(enum futex_how *)*state, &w), 0);
	return w;
}

static void a_death_is_told_once(void **state)
{
	struct hb *hb = page_new(3);
	pid_t pid = plane_start(hb, 3, 0);
	struct futex_watch *w = watch_new(state); /* its thread must not be there at a fork */

	wait_entered(hb, 3);
	assert_int_equal(futex_watch_add(w, 7, hb_memfd(hb)), 0);
	assert_int_equal(futex_watch_add(w, 7, hb_memfd(hb)), -EEXIST);
	assert_int_equal(death(w, SHORT_MS), 0);
	end(pid);
	assert_int_equal(death(w, LONG_MS), 7);
	assert_int_equal(death(w, SHORT_MS), 0);
	assert_int_equal(futex_watch_add(w, 7, hb_memfd(hb)), 0); /* dead already */
	assert_int_equal(death(w, LONG_MS), 7);
	futex_watch_free(w);
}

static void a_worker_that_enters_late_counts(void **state)
{
	struct hb *hb = page_new(2);
	pid_t pid = plane_start(hb, 2, 1);
	struct futex_watch *w = watch_new(state);

	wait_entered(hb, 1);
	assert_int_equal(futex_watch_add(w, 7, hb_memfd(hb)), 0);
	end(pid);
	/* one has never entered: its process could have it enter yet */
	assert_int_equal(death(w, SHORT_MS), 0);
	futex_watch_free(w);
}

static void several_are_told_apart_and_removed(void **state)
{
	struct futex_watch *w;
	struct hb *hb[3];
	pid_t pid[3];

	for (unsigned i = 0; i < 3; i++) {
		hb[i] = page_new(1);
		pid[i] = plane_start(hb[i], 1, 0);
		wait_entered(hb[i], 1);
	}
	w = watch_new(state);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(futex_watch_add(w, 10 + i, hb_memfd(hb[i])), 0);
	futex_watch_remove(w, 10);
	usleep(SHORT_MS * 1000);
	end(pid[0]);
	end(pid[2]);
	assert_int_equal(death(w, LONG_MS), 12);
	assert_int_equal(death(w, SHORT_MS), 0);
	end(pid[1]);
	assert_int_equal(death(w, LONG_MS), 11);
	futex_watch_free(w);
}

/* A plane that plays with its futex word must not keep a thread busy. */
static void a_restless_word_is_left_alone(void **state)
{
	struct futex_watch *w = watch_new(state);
	struct hb *hb = page_new(1);
	uint64_t before = 0;
	_Atomic uint32_t *word = (_Atomic uint32_t *)&hb_page(hb)->worker[0].alive;

	atomic_store(word, 1);
	assert_int_equal(futex_watch_add(w, 7, hb_memfd(hb)), 0);
	/* Until it is left alone: a thread that gets no processor does not see how restless it is.
	 */
	for (unsigned round = 0; round < 100; round++) {
		for (uint32_t i = 2; i < 3000; i++) {
			atomic_store(word, i);
			syscall(202 /* futex */, word, FUTEX_WAKE, 10, NULL, NULL, 0);
			usleep(20);
		}
		before = futex_watch_wakeups(w);
		for (uint32_t i = 2; i < 1000; i++) {
			atomic_store(word, i);
			syscall(202, word, FUTEX_WAKE, 10, NULL, NULL, 0);
		}
		usleep(SHORT_MS * 1000);
		if (futex_watch_wakeups(w) - before <= 3)
			break;
	}
	assert_in_range(futex_watch_wakeups(w) - before, 0, 3);
	assert_int_equal(death(w, 10), 0);
	futex_watch_free(w);
}

static void a_page_is_checked(void **state)
{
	const char *why = NULL;
	struct hb *hb = page_new(2);
	struct page page;

	assert_int_equal(page_open(hb_memfd(hb), &page, &why), 0);
	assert_int_equal(page.workers, 2);
	page_close(&page);
	hb_page(hb)->n_workers = HB_WORKERS_MAX + 1;
	assert_int_equal(page_open(hb_memfd(hb), &page, &why), -EINVAL);
	hb_page(hb)->n_workers = 2;
	hb_page(hb)->magic++;
	assert_int_equal(page_open(hb_memfd(hb), &page, &why), -EINVAL);
	assert_int_equal(page_open(STDIN_FILENO, &page, &why), -EINVAL);
	assert_int_equal(page_open(-1, &page, &why), -EINVAL);
	int plain = memfd_create("plain", MFD_CLOEXEC);
	assert_int_equal(ftruncate(plain, 4096), 0);
	assert_int_equal(page_open(plain, &page, &why), -EINVAL); /* could shrink under us */
	close(plain);
}

#define BOTH(fn) cmocka_unit_test_prestate(fn, &best), cmocka_unit_test_prestate(fn, &threads)

int main(void)
{
	static enum futex_how best = FUTEX_HOW_BEST, threads = FUTEX_HOW_THREADS;
	const struct CMUnitTest tests[] = {
		BOTH(a_death_is_told_once),
		BOTH(a_worker_that_enters_late_counts),
		BOTH(several_are_told_apart_and_removed),
		BOTH(a_restless_word_is_left_alone),
		cmocka_unit_test(a_page_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
