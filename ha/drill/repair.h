/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * repair.h - faults that outlive the command that made them: power, cables, stopped processes. Each
 * is remembered from before it is made until it is undone, so that a drill that ends early leaves
 * nothing behind.
 */
#ifndef VIOS_DRILL_REPAIR_H
#define VIOS_DRILL_REPAIR_H

#include <stdbool.h>

#include "ha/drill/env.h"
#include "ha/drill/proc.h"

#define REPAIR_STOPPED_MAX (2 * PROC_NODE_MAX)

struct repair {
	const struct env *env; /* borrowed */
	bool powered_off[VIEW_VIOS_MAX], uplink_down[VIEW_VIOS_MAX], cut;
	bool disk[VIEW_VIOS_MAX]; /* the storage client's has a fault, as that VIOS sees it */
	int cut_vios;
	size_t n_stopped;
	struct proc stopped[REPAIR_STOPPED_MAX];
};

void repair_init(struct repair *repair, const struct env *env);

/* Each runs a hook with the VIOS's name appended. 0; -ENOENT: the environment has no such hook;
 * -errno; -EIO: it failed. */
int repair_power(struct repair *repair, int vios, bool on);
int repair_links(struct repair *repair, int vios, bool whole);
int repair_uplink(struct repair *repair, int vios, bool up);

/* Plants a fault (storage/fault.c: "error", "gone", "delay" of so many ms, "stuck"; "none" ends it)
 * in the target of the storage client's adapter. 0, or as frame_call(). */
int repair_disk(
	struct repair *repair, int vios, const char *what, unsigned ms, char why[VIEW_WHY_BYTES]);

/* SIGSTOP; ownership of proc moves. repair_continue() sends SIGCONT to all that were stopped and
 * forgets them. */
int repair_stop(struct repair *repair, struct proc *proc);
void repair_continue(struct repair *repair);

/* Undoes whatever is not undone; says so on stderr. Ignores the wish to stop. 0, or the first
 * error. */
int repair_all(struct repair *repair);

#endif
