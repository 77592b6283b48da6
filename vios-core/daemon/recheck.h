/* SPDX-License-Identifier: BSD-3-Clause */
/* recheck.h - compares devices that are mapped with the other VIOS's when that one comes back. */
#ifndef VIOS_DAEMON_RECHECK_H
#define VIOS_DAEMON_RECHECK_H

struct recheck;
struct viosd;

/* v: borrowed. 0 or -ENOMEM. */
int recheck_new(struct viosd *v, struct recheck **out);
void recheck_free(struct recheck *recheck); /* NULL: nothing */
/* The pair's role or state has changed: a round begins when both VIOS have come into step, and,
 * while a device differs, with each change. */
void recheck_standing(struct recheck *recheck);

#endif
