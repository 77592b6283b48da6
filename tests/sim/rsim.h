/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rsim.h - two replicas, their disks, the group and the frame's witness on virtual time, and what
 * is promised of them. Deterministic: everything random comes from one seed.
 */
#ifndef VIOS_SIM_RSIM_H
#define VIOS_SIM_RSIM_H

#include "tests/sim/rnode.h"

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

/* rapply.c */
int rapply(const char *text, size_t text_bytes, const char *change, size_t change_bytes,
	struct replica_applied *out, void *user);
bool rvalid(const char *text, size_t text_bytes, void *user);

/* rpromises.c: what is promised. */
void rcheck_adopt(struct rsim *s, int who, const struct replica_action *a);
void rcheck_answer(struct rsim *s, int who, const struct replica_action *a);
void rcheck_serve(struct rsim *s, int who);
void rcheck_end(struct rsim *s);
bool rtext_has(const char *text, uint32_t change);

#endif
