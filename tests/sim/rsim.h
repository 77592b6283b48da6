/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rsim.h - two replicas, their disks, the group and the frame's witness on virtual time, and what
 * is promised of them. Deterministic: everything random comes from one seed.
 */
#ifndef VIOS_SIM_RSIM_H
#define VIOS_SIM_RSIM_H

#include "ha/cluster/replica.h"
#include "ha/frame/witness_text.h"

#define RMS UINT64_C(1000000)
#define RNEVER UINT64_MAX
#define RFILES 10
#define RINBOX 512
#define RCHANGES 4096
#define RSTATES 8192

enum rkind { R_MESSAGE, R_VIEW };

struct rmessage { /* sequenced, on its way to one node */
	enum rkind kind;
	bool peer; /* of a view */
	int from;
	uint8_t *bytes;
	size_t n;
	uint64_t at_ns;
};

struct rquestion { /* to the witness; it may arrive after the one who asked has gone */
	bool open, raise, in_step, lost;
	struct stamp_mark expect, wanted;
	struct stamp_ids changed;
	uint64_t arrives_ns, answered_ns;
	bool arrived, refused;
	uint64_t life; /* of the asker */
};

struct rnode {
	bool up, joined;
	uint64_t life, born_ns;
	struct replica *r;
	struct replica_actions out;
	uint64_t change_ns; /* it starts then */
	/* The group. */
	struct rmessage sending[RINBOX], inbox[RINBOX]; /* not sequenced yet; sequenced */
	size_t n_sending, n_inbox;
	/* The disk: newest first. */
	struct replica_record file[RFILES], writing;
	bool writes;
	uint64_t written_ns;
	/* The witness. */
	bool linked;
	struct rquestion question, ghost; /* ghost: of a life before, still on its way */
	/* What the daemon lives by. */
	struct stamp adopted;
	char *text;
	bool stale;
};

enum rfate { F_OPEN, F_DONE, F_REFUSED, F_UNKNOWN };

struct rchange { /* its number is its adapter's id, its line in the text and its request */
	enum rfate fate;
	int node;
	uint64_t life, answered_ns;
	bool faulty, same;
	int64_t base;
};

struct rsim {
	uint64_t seed, rng, now_ns;
	bool trace, failed;
	struct rnode node[2];
	bool cut; /* the two nodes do not hear each other */
	bool framed;
	struct witness witness;
	uint64_t fault_ns, propose_ns, framed_ns, heal_ns;
	struct rchange change[RCHANGES];
	uint32_t n_changes;
	/* Committed: the longest so far, and one digest for each epoch and version. */
	char *committed;
	struct stamp state[RSTATES];
	size_t n_states;
	int alone_by; /* who committed alone in this partition, and what; -1 */
	uint32_t alone_change;
	uint64_t done, alone, crashes, lives;
	bool calm; /* no more faults */
};

uint64_t rsim_random(struct rsim *s, uint64_t below);
void rsim_say(struct rsim *s, const char *what, uint64_t a, uint64_t b);
void rsim_promise(struct rsim *s, bool kept, const char *what);

/* rworld.c: the group, disks, witness, lives. */
void rworld_act(struct rsim *s, int who); /* carries out the node's actions */
void rworld_start(struct rsim *s, int who);
void rworld_crash(struct rsim *s, int who);
void rworld_cut(struct rsim *s);
void rworld_heal(struct rsim *s);
void rworld_corosync(struct rsim *s, int who, bool joined);
void rworld_framed(struct rsim *s, bool up);
void rworld_link(struct rsim *s, int who, bool linked);
uint64_t rworld_next_ns(const struct rsim *s);
void rworld_step(struct rsim *s); /* what is due */
void rworld_free(struct rsim *s);

/* rpromises.c: what is promised. */
void rcheck_adopt(struct rsim *s, int who, const struct replica_action *a);
void rcheck_answer(struct rsim *s, int who, const struct replica_action *a);
void rcheck_serve(struct rsim *s, int who);
void rcheck_end(struct rsim *s);
bool rtext_has(const char *text, uint32_t change);

#endif
