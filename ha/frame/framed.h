/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framed.h - vios-framed put together: judge, poison and names (pure) with registry, futexes, files
 * and the control socket (edges). One thread; the futexes have theirs.
 */
#ifndef VIOS_FRAME_FRAMED_H
#define VIOS_FRAME_FRAMED_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "ha/frame/futex.h"
#include "ha/frame/judge.h"
#include "ha/frame/names.h"
#include "ha/frame/poison.h"
#include "ha/frame/power.h"
#include "ha/frame/registry.h"
#include "vios-core/base/rpc.h"

#define FRAMED_DEAD JUDGE_SLOTS /* deaths of late, told to muxes that say hello */
#define FRAMED_REQUESTS 128	/* that wait for the judge */
#define FRAMED_DIR 96

struct framed_dead {
	char vios[JUDGE_NAME], plane[JUDGE_NAME];
	uint64_t incarnation; /* 0: free */
};

struct framed_request {
	uint64_t id; /* 0: free */
	struct rpc_call *call;
	char vios[JUDGE_NAME], plane[JUDGE_NAME]; /* for the answer's sentence */
	unsigned power; /* what follows when all are dead: steps of power.h */
};

struct framed {
	sd_event *ev;
	const char *run;	      /* borrowed */
	char dir[FRAMED_DIR];	      /* RUN/frame */
	char witness_dir[FRAMED_DIR]; /* the same, unless the witness is to outlive the host's run
				       */
	struct judge_rules rules;
	struct judge *judge;
	struct judge_actions actions, inner; /* inner: answers to judge_threads() */
	struct registry registry;
	struct poison poison;
	struct names names;
	struct futex_watch *futex;
	struct rpc_server *server;
	sd_event_source *timer, *futex_io;
	struct framed_dead dead[FRAMED_DEAD];
	size_t n_dead;
	struct framed_request request[FRAMED_REQUESTS];
	uint64_t last_request;
	struct power power;
	uint64_t kill_ns; /* the last kill of ours, 0: none */
	char kill_vios[JUDGE_NAME], kill_plane[JUDGE_NAME];
	uint64_t looks, overslept, overslept_told_ns;
};

struct model_frame;

/* framed.c: the looks and what follows from them. power_ns: as judge_rules has it. 0 or -errno,
 * after log_refuse(). */
int framed_start(struct framed *f, sd_event *ev, const char *run, const char *dir,
	const char *witness_dir, const struct model_frame *frame, uint64_t power_ns,
	enum futex_how how);
void framed_stop(struct framed *f);
uint64_t framed_now_ns(void);
/* The plane has its process (and maybe its page): watch what there is. 0 or -errno. */
int framed_watch(struct framed *f, struct registry_plane *p);
void framed_carry_out(struct framed *f, struct judge_actions *actions);
void framed_arm(struct framed *f);

/* framed_death.c */
void framed_death(struct framed *f, struct registry_plane *p, const char *proof);
void framed_remember_dead(
	struct framed *f, const char *vios, const char *plane, uint64_t incarnation);

/* framed_keep.c: the state file, and finding those who run again after our own restart */
void framed_save(struct framed *f);
void framed_restore(struct framed *f);

/* methods.c */
extern const struct rpc_service framed_service;
void methods_end(struct framed *f);	   /* answers what waits and forgets the peers */
bool framed_is_mux(struct rpc_conn *conn); /* or a viosd, or nobody */

/* notes.c */
json_t *notes_plane(const char *vios, const char *plane, uint64_t incarnation);
json_t *notes_dead_list(const struct framed *f);
json_t *notes_quarantine(const struct framed *f);
/* Its name, or "?/ID". */
#define NOTES_UNNAMED 24
const char *notes_adapter(const struct framed *f, uint32_t id, char unnamed[NOTES_UNNAMED]);
void notes_send(struct framed *f, const char *method, json_t *params); /* params: ownership moves */
json_t *notes_status(struct framed *f);
const char *notes_report_name(enum judge_report report);

#endif
