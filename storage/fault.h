/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fault.h - faults that tests plant in `vios-scsid-faults`. In the shipped program, which is
 * compiled without VIOS_FAULTS, every call is empty.
 */
#ifndef VIOS_STORAGE_FAULT_H
#define VIOS_STORAGE_FAULT_H

enum fault_place {
	FAULT_NONE,
	FAULT_BEFORE_SHOW,  /* completions are in the used ring, its index is not written */
	FAULT_SHOWN,	    /* the index is written, the inflight region still has them */
	FAULT_HALF_CLEARED, /* half of them are cleared */
	FAULT_CLEARED,	    /* all are */
	FAULT_CRASH,	    /* SIGABRT, as a request that kills its server */
	FAULT_SPIN,	    /* the worker hangs */
	FAULT_PLACES
};

struct inflight;

#ifdef VIOS_FAULTS
/* The process ends when it comes to that place for the n-th time. Main thread. */
void fault_plant(enum fault_place place, unsigned n);
enum fault_place fault_named(const char *name); /* FAULT_NONE: no such */
void fault_point(enum fault_place place);
void fault_half(struct inflight *q, unsigned n, unsigned used_idx);
#else
static inline void fault_point(enum fault_place place)
{
}
static inline void fault_half(struct inflight *q, unsigned n, unsigned used_idx)
{
}
#endif

#endif
