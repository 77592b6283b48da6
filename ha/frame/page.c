/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * page.c - maps and reads heartbeat pages. The mapping belongs to who opened it (main thread and
 * futex thread each have one). The data plane may write anything at any time: what decides an index
 * is copied once, at opening.
 */
#include "ha/frame/page.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "vios-core/base/hb.h"

_Static_assert(HB_WORKERS_MAX == JUDGE_WORKERS, "the judge holds a page's workers");
_Static_assert(offsetof(pthread_mutex_t, __data.__lock) == 0 &&
		       sizeof(((pthread_mutex_t *)0)->__data.__lock) == sizeof(uint32_t),
	"glibc keeps the futex word in the first 4 bytes of a mutex");

static int check_file(int memfd, const char **why)
{
	struct stat st;
	int seals = fcntl(memfd, F_GET_SEALS);

	*why = "the heartbeat descriptor is not a memfd";
	if (seals < 0 || fstat(memfd, &st) < 0)
		return -EINVAL;
	*why = "the heartbeat memfd lacks F_SEAL_SHRINK";
	if (!(seals & F_SEAL_SHRINK))
		return -EINVAL;
	*why = "the heartbeat memfd is smaller than a page";
	return st.st_size < HB_PAGE_BYTES ? -EINVAL : 0;
}

static int check_head(const struct hb_page *map, uint32_t workers, const char **why)
{
	*why = "the heartbeat page has a wrong magic number";
	if (map->magic != HB_MAGIC)
		return -EINVAL;
	*why = "the heartbeat page is of another version";
	if (map->version != HB_VERSION)
		return -EINVAL;
	*why = "the heartbeat page has no worker, or too many";
	return workers == 0 || workers > HB_WORKERS_MAX ? -EINVAL : 0;
}

int page_open(int memfd, struct page *out, const char **why)
{
	int r = check_file(memfd, why);
	void *map;

	if (r < 0)
		return r;
	map = mmap(NULL, HB_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	if (map == MAP_FAILED) {
		*why = "the heartbeat memfd cannot be mapped writable";
		return -errno;
	}
	out->map = map;
	out->workers = *(volatile uint32_t *)&out->map->n_workers; /* once */
	out->requests_matter = out->map->requests_matter != 0;
	r = check_head(out->map, out->workers, why);
	if (r < 0)
		page_close(out);
	return r;
}

void page_close(struct page *page)
{
	if (page->map)
		munmap(page->map, HB_PAGE_BYTES);
	page->map = NULL;
}

void page_sample(const struct page *page, struct judge_sample *out)
{
	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < page->workers; i++) {
		struct hb_worker *w = &page->map->worker[i];

		out->ticks[i] = atomic_load_explicit(&w->ticks, memory_order_relaxed);
		out->state[i] = atomic_load_explicit(&w->state, memory_order_relaxed);
	}
	out->in_flight = atomic_load_explicit(&page->map->in_flight, memory_order_relaxed);
}

void page_crash(const struct page *page, uint32_t *signo, uint32_t *adapter)
{
	*signo = atomic_load_explicit(&page->map->crash_signo, memory_order_relaxed);
	*adapter = atomic_load_explicit(&page->map->crash_adapter, memory_order_relaxed);
}

uint32_t *page_futex(const struct page *page, uint32_t worker)
{
	return (uint32_t *)&page->map->worker[worker].alive;
}
