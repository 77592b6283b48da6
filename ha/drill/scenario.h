/* SPDX-License-Identifier: BSD-3-Clause */
/* scenario.h - the table of what the drill can do to a pair, and what must be true afterwards. */
#ifndef VIOS_DRILL_SCENARIO_H
#define VIOS_DRILL_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include "ha/drill/judge.h"
#include "ha/drill/run.h"

/* Processes; a run is proven by which of them are new afterwards and which are not. */
enum scenario_process {
	SCN_INIT = 1,
	SCN_VIOSD = 2,
	SCN_NETD = 4,
	SCN_COROSYNC = 8,
	SCN_SCSID = 64, /* of the storage client's adapter, if there is one */
	SCN_NODE = 15 | SCN_SCSID,
	SCN_MUX = 16,
	SCN_FRAMED = 32,
};

/* What the limit and the window are lengthened by, from frame.json. */
enum scenario_plus { SCN_PLUS_NOTHING, SCN_PLUS_HANG, SCN_PLUS_LAST_RESORT };

struct scenario {
	const char *name;
	const char *what; /* one line for --list */
	struct judge_limit limit;
	struct stall_limit stall; /* of the storage client, if there is one */
	enum scenario_plus plus;
	unsigned window_ms;
	unsigned min_gap_ms;	 /* less: the fault did not hit */
	unsigned min_stall_ms;	 /* the same for the storage client */
	unsigned min_latency_ms; /* of its slowest request */
	bool moves;		 /* the live path is on the other VIOS after the fault */
	bool storage_moves;	 /* the storage client's is */
	/* enum scenario_process: must be new, may be new; everything else must be the same process.
	 */
	unsigned live_new, live_may; /* of the VIOS that was live */
	unsigned peer_new, peer_may;
	unsigned frame_new;
	bool needs_faults;	/* a data plane built with planted faults */
	bool needs_storage;	/* a storage client */
	bool reserves;		/* the storage client holds a reservation, and has it afterwards */
	bool heals;		/* the storage path fails, and comes back as the state says */
	bool needs_disk_faults; /* its target built with planted faults */
	unsigned hooks;		/* bits 1 << enum env_hook that it needs */
	/* Makes the fault, with the repair that only a person could do (power, cable). Runs while
	 * traffic flows, may take its time; notes facts and reasons in the run. */
	void (*inject)(struct run *run);
};

extern const struct scenario scenario_table[]; /* ends with a NULL name */

/* Borrowed, or NULL. */
const struct scenario *scenario_find(const char *name);
/* Why it cannot run in this environment, or NULL. */
const char *scenario_unable(const struct drill *drill, const struct scenario *scenario);
/* Of a run, without what is added for the fault. */
unsigned scenario_window_ms(const struct drill *drill, const struct scenario *scenario);
unsigned scenario_extra_ms(const struct drill *drill, const struct scenario *scenario);
struct judge_limit scenario_limit(const struct drill *drill, const struct scenario *scenario);
struct stall_limit scenario_stall(const struct drill *drill, const struct scenario *scenario);
/* Compares run->before with run->after; adds to run->reason. */
void scenario_prove(struct run *run);

#endif
