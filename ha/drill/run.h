/* SPDX-License-Identifier: BSD-3-Clause */
/* run.h - one window of traffic, with a fault in it or (baseline) without: set up, inject, measure,
 * prove. */
#ifndef VIOS_DRILL_RUN_H
#define VIOS_DRILL_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "ha/drill/env.h"
#include "ha/drill/frame.h"
#include "ha/drill/probe.h"
#include "ha/drill/repair.h"
#include "ha/drill/storage.h"

struct scenario;

#define RUN_REASON_BYTES 240

/* What all runs share; main thread. */
struct drill {
	const struct env *env;
	struct probe *probe;
	struct storage *storage; /* NULL: no storage client */
	unsigned storage_rate, storage_depth;
	struct repair repair;
	unsigned rate_pps;
	unsigned window_ms;	 /* of the baseline; the longest of the chosen scenarios' */
	unsigned window_wish_ms; /* the operator's, for every window; 0: the table's */
	unsigned recover_ms; /* the pair must be redundant again within this time of the window's
				end */
	unsigned hang_ms, last_resort_ms; /* of frame.json */
};

struct run {
	struct drill *drill;
	const struct scenario *scenario; /* NULL: baseline */
	unsigned number;		 /* of this scenario's runs, from 0 */
	unsigned also_new; /* enum scenario_process: what the fault killed of the live VIOS beyond
			      the table */
	int vios, peer;	   /* the VIOS that was live when the run began, and the other one */
	struct frame_snapshot before, after;
	char live_after[VIEW_NAME_BYTES];	  /* where the path was once the fault had hit */
	char storage_live_after[VIEW_NAME_BYTES]; /* the storage client's; "": not looked at */
	bool storage_returned; /* and went back where it was, when that path had healed */
	int64_t begin_ms, window_ms;
	int64_t redundant_after_ms; /* since the window's end; -1: not */
	struct probe_result result[PROBE_DIRECTIONS];
	struct stall_result stall;     /* zero without a storage client */
	bool measured;		       /* result and stall are valid */
	char reason[RUN_REASON_BYTES]; /* why the run failed, "": it did not */
	json_t *facts;		       /* what was done to whom */
};

/* Notes the first reason. Returns -1. */
int run_fail(struct run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void run_fact(struct run *run, const char *name, json_t *value); /* value: ownership moves */

/* 0: done, see run->reason. -EINTR: stop. -EIO: the pair is not redundant and further runs make no
 * sense. Whatever it returns, faults that last have been undone. run_fini() afterwards. */
int run_execute(
	struct run *run, struct drill *drill, const struct scenario *scenario, unsigned number);
json_t *run_json(const struct run *run);
void run_fini(struct run *run);

#endif
