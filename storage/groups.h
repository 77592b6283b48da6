/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * groups.h - edge: SET TARGET PORT GROUPS, from the client's request to main, which asks the pair,
 * and back. One at a time for each target. The worker's, where no other writer is named.
 */
#ifndef VIOS_STORAGE_GROUPS_H
#define VIOS_STORAGE_GROUPS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct alua;
struct request;
struct unit;
struct worker;

struct groups_work {		  /* of a worker */
	uint32_t number;	  /* of the last request */
	_Atomic uint64_t wanted;  /* number << 32 | LUN << 16 | group; 0: nothing yet */
	_Atomic uint64_t answers; /* main's: number << 1 | done */
	uint64_t taken;		  /* main's: of wanted */
};

/* execute_grouped() follows, unless the request ends before. */
void groups_ask(struct request *r);
/* agree.h's turn for one that waits; true: it is over. */
bool groups_step(struct request *r, bool overdue);
/* Are these the groups that a client's request on that LUN, which is not answered yet, asks for? */
bool groups_awaits(const struct worker *w, const struct unit *u, const struct alua *alua);

#endif
