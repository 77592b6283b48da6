/* SPDX-License-Identifier: BSD-3-Clause */
/* nf_count.h - what became of numbered frames: lost, doubled, out of order, and the longest gap.
 * Pure. */
#ifndef VIOS_TESTS_NF_COUNT_H
#define VIOS_TESTS_NF_COUNT_H

#include "tests/lib/test_frame.h"

struct nf_count {
	uint8_t *seen; /* a bit per number */
	uint64_t capacity;
	uint64_t received, duplicated, reordered, strangers;
	uint64_t highest, last_ns, gap_ns, late_ns; /* late: the longest way of one frame */
	uint64_t by_mark[256];
};

int nf_count_init(struct nf_count *c, uint64_t capacity); /* frames 1 to capacity; 0 or -ENOMEM */
void nf_count_fini(struct nf_count *c);
void nf_count_frame(struct nf_count *c, const struct test_frame *f, uint64_t now_ns);

#endif
