/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fault.h - faults that tests plant in `vios-scsid-faults`. In the shipped program, which is
 * compiled without VIOS_FAULTS, every call is empty.
 */
#ifndef VIOS_STORAGE_FAULT_H
#define VIOS_STORAGE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum fault_place {
	FAULT_NONE,
	FAULT_PUT, /* one more completion is in the used ring, not yet in the region's batch */
	FAULT_BEFORE_SHOW,  /* completions are in the used ring, its index is not written */
	FAULT_SHOWN,	    /* the index is written, the inflight region still has them */
	FAULT_HALF_CLEARED, /* half of them are cleared */
	FAULT_CLEARED,	    /* all are */
	FAULT_CRASH,	    /* SIGABRT, as a request that kills its server */
	FAULT_SPIN,	    /* the worker hangs */
	FAULT_BEGUN,	    /* of what must not be done twice: told, nothing is done yet */
	FAULT_DONE,	    /* done, and not told */
	FAULT_KEPT,	    /* its outcome is told, it is not answered */
	FAULT_AGREED,	    /* a reservation has changed, and nobody has acknowledged it */
	FAULT_UNLOCKED,	    /* from then on: no range of a disk is locked */
	FAULT_UNGUARDED,    /* from then on: a LUN's lock is not waited for */
	FAULT_UNDRAINED,    /* from then on: a change is not waited for */
	FAULT_PLACES
};

enum fault_disk { /* what a LUN's disk does, as this target sees it */
	FAULT_DISK_NONE,
	FAULT_DISK_ERROR,  /* the path or the medium: EIO */
	FAULT_DISK_GONE,   /* no path to it */
	FAULT_DISK_DELAY,  /* each request takes so long */
	FAULT_DISK_STUCK,  /* none ends until the fault does */
	FAULT_DISK_MEDIUM, /* the medium, as the disk itself says */
	FAULT_DISK_BLOCK,  /* EIO for the first FAULT_BLOCK blocks; the rest is well */
	FAULT_DISKS
};
#define FAULT_BLOCK 64

struct inflight;
struct request;

#ifdef VIOS_FAULTS
/* The process ends when it comes to that place for the n-th time. Main thread. */
void fault_plant(enum fault_place place, unsigned n);
enum fault_place fault_named(const char *name); /* FAULT_NONE: no such */
void fault_point(enum fault_place place);
bool fault_on(enum fault_place place); /* one that lasts */
void fault_half(struct inflight *q, unsigned n, unsigned used_idx);
int fault_disk_named(const char *name); /* -1: no such; "none" ends a fault */
void fault_disk(unsigned lun, enum fault_disk what, unsigned delay_ms);
/* Worker: does the fault take this request on itself? It ends it, or lets it go by
 * execute_io_now(). */
bool fault_takes(struct request *r);
unsigned fault_turn(void);  /* once a turn: how many it let go */
int fault_timeout_us(void); /* -1: it holds none */
/* The request is about to have an effect: told to the file that VIOS_TRACE names, 16 bytes
 * appended: the client's tag (8, in the host's order), 'X', the CDB's first byte, zeroes. begun:
 * from where an outcome begins; only what has one is told there, all else from elsewhere. */
void fault_trace(const struct request *r, bool begun);
/* What a probe of that byte finds: 0 or -errno. Any thread. */
int fault_probe(unsigned lun, uint64_t offset);
#else
static inline void fault_point(enum fault_place place)
{
}
static inline bool fault_on(enum fault_place place)
{
	return false;
}
static inline void fault_half(struct inflight *q, unsigned n, unsigned used_idx)
{
}
static inline bool fault_takes(struct request *r)
{
	return false;
}
static inline unsigned fault_turn(void)
{
	return 0;
}
static inline int fault_timeout_us(void)
{
	return -1;
}
static inline int fault_probe(unsigned lun, uint64_t offset)
{
	return 0;
}

static inline void fault_trace(const struct request *r, bool begun)
{
}
#endif

#endif
