/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * futex.h - waits for the robust futexes of all data planes' workers, in threads of its own.
 *
 * A plane is dead when the kernel has marked the futex of every worker (FUTEX_OWNER_DIED): none of
 * its threads is left. With futex_waitv(2) one thread waits for up to 127 planes; without it each
 * has a thread. All functions are for the main thread.
 */
#ifndef VIOS_FRAME_FUTEX_H
#define VIOS_FRAME_FUTEX_H

#include <stdbool.h>
#include <stdint.h>

struct futex_watch;

enum futex_how {
	FUTEX_HOW_BEST,
	FUTEX_HOW_THREADS /* as on a kernel without futex_waitv; for tests */
};

/* 0 or -errno. */
int futex_watch_new(enum futex_how how, struct futex_watch **out);
void futex_watch_free(struct futex_watch *w);
/* An eventfd, readable while deaths wait to be taken. */
int futex_watch_fd(const struct futex_watch *w);
/* key: not 0. memfd: borrowed, checked by page_open(). 0; -ENOSPC: watch it by its pidfd alone. */
int futex_watch_add(struct futex_watch *w, uint64_t key, int memfd);
void futex_watch_remove(struct futex_watch *w, uint64_t key);
/* The next death, or false. */
bool futex_watch_take(struct futex_watch *w, uint64_t *key);
/* How often its threads woke up. */
uint64_t futex_watch_wakeups(struct futex_watch *w);

#endif
