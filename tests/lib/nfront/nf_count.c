/* SPDX-License-Identifier: BSD-3-Clause */
/* nf_count.c - the receiver's account of numbered frames. Pure but for its own bitmap. */
#include "tests/lib/nfront/nf_count.h"

#include <errno.h>
#include <stdlib.h>

int nf_count_init(struct nf_count *c, uint64_t capacity)
{
	*c = (struct nf_count){.capacity = capacity};
	c->seen = calloc(capacity / 8 + 1, 1);
	return c->seen ? 0 : -ENOMEM;
}

void nf_count_fini(struct nf_count *c)
{
	free(c->seen);
	c->seen = NULL;
}

void nf_count_frame(struct nf_count *c, const struct test_frame *f, uint64_t now_ns)
{
	uint8_t bit = (uint8_t)(1u << (f->number % 8));

	if (f->number == 0 || f->number > c->capacity) {
		c->strangers++;
		return;
	}
	if (c->last_ns && now_ns - c->last_ns > c->gap_ns)
		c->gap_ns = now_ns - c->last_ns;
	c->last_ns = now_ns;
	if (now_ns - f->sent_ns > c->late_ns)
		c->late_ns = now_ns - f->sent_ns;
	if (c->seen[f->number / 8] & bit) {
		c->duplicated++;
		return;
	}
	c->seen[f->number / 8] |= bit;
	c->received++;
	c->by_mark[f->mark]++;
	if (f->number < c->highest)
		c->reordered++;
	else
		c->highest = f->number;
}
