/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hb.h - the heartbeat page: one memfd of a data plane, read by vios-framed.
 *
 * Written by the data plane only, except the FUTEX_WAITERS bit of a worker's futex, which the
 * watcher sets. A watcher treats every value as hostile: it only compares, never indexes with it
 * unchecked.
 *
 * Each worker holds a robust, process-shared mutex in its slot from hb_worker_enter() on. The
 * kernel marks it FUTEX_OWNER_DIED before the dying process's memory is torn down (futex(2),
 * get_robust_list(2)); when all workers' futexes are so marked, no thread that touches rings is
 * left.
 */
#ifndef VIOS_BASE_HB_H
#define VIOS_BASE_HB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define HB_MAGIC 0x5649484Bu /* "VIHK" */
#define HB_VERSION 1
#define HB_WORKERS_MAX 16
#define HB_PAGE_BYTES 4096

enum hb_worker_state { HB_ABSENT, HB_POLLING, HB_SLEEPING };

/* One cache line pair a worker; writer: that worker. */
struct hb_worker {
	_Alignas(64) pthread_mutex_t alive;  /* glibc: the futex word is its first 4 bytes */
	_Alignas(64) _Atomic uint64_t ticks; /* relaxed: only "did it change" is asked */
	_Atomic uint32_t state;		     /* enum hb_worker_state, relaxed */
	/* Id of the adapter it is about to touch, 0: none. Relaxed: read after its death. */
	_Atomic uint32_t serving;
};

struct hb_page {
	uint32_t magic;
	uint32_t version;
	uint32_t n_workers;
	/* 1: only a worker with requests in flight is suspected (vios-scsid) */
	uint32_t requests_matter;
	_Atomic uint32_t in_flight;
	/* Poison: set by the crash handler before the signal is raised again. */
	_Atomic uint32_t crash_signo;
	_Atomic uint32_t crash_adapter;
	_Alignas(128) struct hb_worker worker[HB_WORKERS_MAX];
};
_Static_assert(sizeof(struct hb_page) <= HB_PAGE_BYTES, "the heartbeat page is one page");

struct hb; /* the data plane's side */

/* Makes the memfd (sealed against shrinking) and one ping eventfd a worker. 0 or -errno. */
int hb_new(unsigned n_workers, struct hb **out);
int hb_memfd(const struct hb *hb);
int hb_ping_fd(const struct hb *hb, unsigned worker); /* readable: tick now; reading clears it */
struct hb_page *hb_page(const struct hb *hb);
/* Called by the worker itself, first thing: takes its mutex. */
int hb_worker_enter(struct hb *hb, unsigned worker);

static inline void hb_tick(struct hb_page *page, unsigned worker)
{
	_Atomic uint64_t *ticks = &page->worker[worker].ticks;
	atomic_store_explicit(
		ticks, atomic_load_explicit(ticks, memory_order_relaxed) + 1, memory_order_relaxed);
}

static inline void hb_serving(struct hb_page *page, unsigned worker, uint32_t adapter_id)
{
	atomic_store_explicit(&page->worker[worker].serving, adapter_id, memory_order_relaxed);
}

/* Installs the handler for SIGSEGV, SIGBUS, SIGABRT, SIGILL and SIGFPE that marks the page with the
 * adapter that the faulting thread serves and raises the signal again. Per process, once. */
void hb_crash_handler_install(struct hb *hb);
/* Whom the crash of a thread without a slot is due to; before: nobody (0). */
void hb_crash_blame(uint32_t adapter_id);

#endif
