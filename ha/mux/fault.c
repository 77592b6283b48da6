/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fault.c - for tests, in a build of its own: the mux kills itself at the n-th fault point of its
 * life, counted over restarts in the journal. VIOS_MUX_DIE_AT=n: once; VIOS_MUX_DIE_EVERY=n: always
 * again.
 */
#include "ha/mux/mux.h"

#include <signal.h>
#include <stdlib.h>

static uint64_t number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : 0;
}

void mux_fault_point(struct mux *m)
{
	const uint64_t at = number("VIOS_MUX_DIE_AT"), every = number("VIOS_MUX_DIE_EVERY");
	const uint64_t now = atomic_fetch_add(&m->journal.file->fault, 1) + 1;

	if (now == at || (every && now % every == 0))
		raise(SIGKILL);
}
