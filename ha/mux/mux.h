/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mux.h - the running mux: what its edges share. One thread, one sd_event loop.
 *
 * Every change of state is a step: mux_begin(), events of adapter.h, mux_commit(). A commit stores
 * the state, has the operations carried out and brings all edges in line with the new state.
 */
#ifndef VIOS_MUX_MUX_H
#define VIOS_MUX_MUX_H

#include "ha/mux/state.h"
#include "vios-core/base/keep_journal.h"
#include "vios-core/base/keep_watch.h"

#include <systemd/sd-event.h>

struct control;
struct mux;

/* A step being made. */
struct step {
	struct mux *mux;
	struct state *state;
	struct adapter_context ctx;
};

/* Of an adapter, for the events of its descriptors. */
struct place {
	struct mux *mux;
	uint32_t adapter;
};

struct mux {
	const char *run; /* run directory */
	struct keep_journal journal;
	struct model_frame frame; /* see state_frame() */
	int holder;		  /* socket */
	struct keep_watch watch;  /* the loop, and which slots it watches */
	sd_event_source *timer;	  /* the adapters' next deadline */
	sd_event_source *pump;	  /* a client may be read from again */
	struct place place[MODEL_ADAPTERS_MAX];
	struct reach *reach;
	struct control *control;
	bool control_up[ADAPTER_PLANES][SELECT_PATHS];	 /* the data plane has said hello */
	pid_t control_pid[ADAPTER_PLANES][SELECT_PATHS]; /* who listens there */
};

/* Starts or takes over: the loop runs when this returns 0. -errno: one line has been written. */
int mux_start(struct mux *m, const char *client);
void mux_stop(struct mux *m); /* orderly: sockets are unlinked */

struct step mux_begin(struct mux *m);
void mux_commit(struct step *s);
const struct state *mux_state(const struct mux *m);
/* Within a step: the adapters follow what is wanted. */
void mux_follow(struct step *s);
/* Puts fd (moved) into a free slot, here and with the holder. Within a step. Slot or -errno. */
int mux_store(struct step *s, int fd);
/* Tests kill the mux at every step; see tests/lib/mux_fault.c. */
#ifdef VIOS_MUX_FAULTS
void mux_fault_point(struct mux *m);
#else
static inline void mux_fault_point(struct mux *m)
{
}
#endif

/* door.c: the clients' side */
bool door_open(struct mux *m); /* listens where nobody does; false: not everywhere */
void door_close(struct mux *m, uint32_t adapter); /* its socket's name goes */
void door_refresh(struct mux *m);
void door_pump(struct mux *m);	  /* reads what clients may say now */
void door_recover(struct mux *m); /* after a restart: clients that are gone */

/* reach.c: the connections to the back ends, tried again and again */
int reach_new(struct mux *m);
void reach_free(struct mux *m);
void reach_refresh(struct mux *m);	  /* after a step */
void reach_kick(struct mux *m, int vios); /* something of this VIOS has appeared: try at once */
void reach_forget(struct mux *m, uint32_t adapter); /* its place may soon be another's */

/* control.c: the control connections, and the mux's own socket */
int control_new(struct mux *m);
int control_open(struct mux *m, const char *client); /* connects, listens */
void control_free(struct mux *m);
/* After a step and its operations: `start`, `release`, `evict`. */
void control_tell(struct mux *m);
/* Then: status to whom it concerns, answers to `switch`. */
void control_refresh(struct mux *m);
void control_forget(struct mux *m, uint32_t adapter); /* as reach_forget() */
/* Within a step: as vios-framed said last, who may not have rings. */
void control_ban(struct step *s);
/* Ahead of a planned switch: "yield" where the adapter leaves, "expect" where it will be. True:
 * service_heard() follows with the number, when that data plane acts on it or has failed. */
bool control_hint(struct mux *m, uint32_t adapter, int vios, const char *hint, uint64_t number);
void control_follow(struct mux *m); /* a new adapter's own data planes are looked for */
/* If the data plane that said hello from this VIOS is dead: says so to the adapters. */
void control_check_death(struct step *s, uint32_t plane, int vios);

#endif
