/* SPDX-License-Identifier: BSD-3-Clause */
/* rnode.h - a node of the simulated pair: its group, its disk, its question to the witness. */
#ifndef VIOS_SIM_RNODE_H
#define VIOS_SIM_RNODE_H

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

#endif
