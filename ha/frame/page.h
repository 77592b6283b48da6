/* SPDX-License-Identifier: BSD-3-Clause */
/* page.h - a data plane's heartbeat page as vios-framed maps it. Every value in it is hostile. */
#ifndef VIOS_FRAME_PAGE_H
#define VIOS_FRAME_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "ha/frame/judge_types.h"

struct hb_page;

struct page {
	struct hb_page *map; /* shared, writable: FUTEX_WAITERS must be set in it */
	uint32_t workers;    /* checked; the page's own number is not read again */
	bool requests_matter;
};

/* Maps memfd (borrowed) after checking its size, its seal against shrinking, and the head of the
 * page. 0, or -errno and the reason in *why. */
int page_open(int memfd, struct page *out, const char **why);
void page_close(struct page *page);
void page_sample(const struct page *page, struct judge_sample *out);
/* What the crash handler marked: the signal (0: none) and the adapter served. */
void page_crash(const struct page *page, uint32_t *signo, uint32_t *adapter);
/* The futex words of its workers. */
uint32_t *page_futex(const struct page *page, uint32_t worker);

#endif
