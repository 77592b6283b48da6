/* SPDX-License-Identifier: BSD-3-Clause */
/* rangelock.h - requests that change the disk, one after the other where they overlap: in this
 * process, and in all that work the same device. The worker's. */
#ifndef VIOS_STORAGE_RANGELOCK_H
#define VIOS_STORAGE_RANGELOCK_H

#include <stdbool.h>

struct request;
struct unit;
struct worker;

/* Before a request changes the disk. True: it may, now; else it waits (PARKED), and
 * execute_perform() follows, or it has been answered. */
bool rangelock_enter(struct request *r);
/* At its end, however it ends. */
void rangelock_leave(struct request *r);
struct request *rangelock_waiting(struct unit *u); /* the first one; NULL: none */
unsigned rangelock_poll(struct worker *w);	   /* how many went on */
int rangelock_timeout_us(const struct worker *w);  /* -1: none waits for another process */

#endif
