/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * held.h - requests whose disk fails in a way that another path may not (DESIGN, *Storage*: a path
 * error on one VIOS is not a client's error): they stay in the region of requests in flight, and
 * are this target's to answer only when it is told so, or nobody says anything for too long.
 */
#ifndef VIOS_STORAGE_HELD_H
#define VIOS_STORAGE_HELD_H

#include <stdatomic.h>

#include "storage/request.h"

struct worker;

struct held {			   /* held.c */
	_Atomic bool answer;	   /* writer: main; what fails is answered, not held */
	_Atomic unsigned told;	   /* writer: main; how often it has said so or the contrary */
	_Atomic uint64_t limit_ns; /* writer: main; held for so long at most */
	unsigned heard;
	bool tired;	    /* some have been held for too long */
	_Atomic unsigned n; /* writer: the worker */
	uint64_t next_ns;   /* when one has been held for too long; not later than that */
};

/* A disk's error, as a positive errno, at that block: holds the request, or answers it. */
void held_failed(struct request *r, long error, bool write, uint64_t where);
/* It is not held any more: given back, or left for the next owner. */
void held_leave(struct request *r);
/* The adapter is this target's from now on: there was no time yet to be told anything. */
void held_begin(struct worker *w);
/* Those of a LUN that goes. */
void held_drop(struct worker *w, struct unit *u);
unsigned held_poll(struct worker *w);	     /* answers those whose time has come: how many */
int held_timeout_us(const struct worker *w); /* -1: none is held */

#endif
