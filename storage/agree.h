/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agree.h - edge: the part of a target in what all targets of a LUN go by (accord.h): the file
 * RUN/luns/NAA, who is told of a change, who is waited for. By the LUN's identity, not by its path.
 * The worker's, but for agree_open() and agree_close().
 */
#ifndef VIOS_STORAGE_AGREE_H
#define VIOS_STORAGE_AGREE_H

#include "storage/accord.h"
#include "storage/groups.h"
#include "storage/scsi.h"

#define AGREE_WAIT_MAX_NS UINT64_C(20000000000) /* as RANGES_WAIT_MAX_NS */
#define AGREE_NO_PHASE 2

struct request;
struct unit;
struct worker;

struct agreement { /* of a unit */
	int fd;
	struct accord *accord;
	struct accord_member *member; /* ours while the LUN's lock is held, else NULL */
	uint64_t seen;		      /* the generation that the unit goes by */
	uint64_t acknowledged;
	/* Requests begun before and after `seen` became what it is: those of the old phase end
	 * first, then the generation is acknowledged. */
	unsigned phase, begun[2];
	bool draining;
	uint64_t drained_for;
	uint64_t heard[SCSI_ATTENTIONS];
	bool untold;	  /* some of these */
	bool abort_again; /* what a predecessor had taken has been aborted since */
	bool nexus_lost;  /* that event is still to be made */
};

enum agree_kind { AGREE_NONE, AGREE_RESERVE, AGREE_RESET, AGREE_UNKNOWN, AGREE_GROUPS };

struct agree_op { /* of a request */
	enum agree_kind kind;
	struct request *next;
	uint64_t generation; /* 0: the change is not made yet; of AGREE_GROUPS: its number */
	uint64_t since_ns, next_ns, wake_ns;
	uint64_t save; /* of the file that keeps it: see kept.h */
	bool failed;
};

struct agree_work { /* of a worker */
	struct request *ops;
	struct groups_work groups;
	unsigned lost, n; /* units with nexus_lost; units */
	struct unit *unit[SCSI_LUNS];
};

/* agree_file.c. May block. 0, or -errno and in why what was wrong. */
int agree_open(struct unit *u, const char *run, char *why, size_t why_bytes);
void agree_close(struct unit *u);
/* Opens what the adapter's targets are woken by: RUN/luns/wake.ID. -1: none. May block. */
int agree_doorbell(const char *run, uint32_t adapter);
/* Who has the adapter's lock listens, and nobody else: one of two would take the other's ring. */
void agree_listen(struct worker *w, bool on);
void agree_wake(const struct worker *w, uint32_t adapter);
/* To make a change; false: another one makes one. */
bool agree_lock(const struct unit *u);
void agree_unlock(const struct unit *u);

/* The LUN's lock is won: takes its place. False: another one has the file now, or there is none. */
bool agree_join(struct worker *w, struct unit *u);
void agree_part(struct worker *w, struct unit *u); /* ...and lost */
/* The LUN is to go: true when nothing of it is left. agree_units(): others are there now. */
bool agree_drop(struct worker *w, struct unit *u);
void agree_units(struct worker *w);

/* A request that may do I/O on its unit begins, and ends. */
void agree_enter(struct request *r);
void agree_leave(struct request *r);
/* The unit goes by the newest generation: before a request is decoded. */
void agree_look(struct worker *w, struct unit *u);

/* PERSISTENT RESERVE OUT, RESERVE, RELEASE; execute_reserved() follows. */
void agree_reserve(struct request *r);
/* One whose outcome nobody knows: execute_done() follows when all have drained. */
void agree_unknown(struct request *r);
/* SET TARGET PORT GROUPS: groups.h's from here on. */
void agree_groups(struct request *r);
/* LOGICAL UNIT RESET: op.kind is AGREE_NONE when it is over; failed: not by all. */
void agree_reset(struct request *r);
void agree_nexus_lost(struct worker *w); /* for all units; see agree_lost() */
bool agree_lost(const struct worker *w); /* not all have been told */
void agree_cancel(struct request *r);

unsigned agree_poll(struct worker *w); /* what happened: how much */
void agree_told(struct worker *w);     /* after the answers were shown */
int agree_timeout_us(const struct worker *w);

#endif
