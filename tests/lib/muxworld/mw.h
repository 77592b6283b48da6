/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mw.h - a world on virtual time around one client adapter of the mux: a client that may say
 * anything, and two data planes that answer right, wrong, late or never, hang up, die and come
 * back, in any order. What happens is drawn from a stream of bytes: a fuzzer's, or a random
 * generator's. After each step the world asserts
 *
 *   - that at most one data plane touches the client's rings;
 *   - that every slot in use is referred to exactly once, and nothing is closed twice;
 *   - that what is sent is well-formed, and whoever is waited for has a deadline;
 *   - that the client is never kept waiting when no path is live;
 *   - that what is in flight is told before rings start, and cleared while nobody touches the
 *     ring;
 *   - that no path runs an adapter that is to go, and each is greeted for the profile that counts.
 */
#ifndef VIOS_TESTS_MW_H
#define VIOS_TESTS_MW_H

#include "ha/mux/adapter_life.h"

#define MW_INBOX 256
#define MW_START 4096 /* of the first adapter_init() */

/* A data plane (a netd): what it does is the truth that the mux has to guess. */
struct mw_plane {
	bool alive;
	uint64_t incarnation;
	uint64_t told, released;   /* starts */
	uint64_t release_asked;	   /* 0: no call is open */
	bool connected;		   /* its end of the vhost-user connection is open */
	bool kicked[VU_RINGS_MAX]; /* its workers know the ring */
	bool needs_region;	   /* of requests in flight: its connection is a scsi adapter's */
	bool has_region;	   /* and it has been given it */
	bool quiescing;		   /* stopped, but a worker may not have seen it yet */
	unsigned first_inbox, n_inbox;
	/* what the mux's edges know */
	bool control_up;
	uint64_t known;	     /* incarnation of the last hello */
	uint64_t said_start; /* to this control connection */
	uint64_t said_release;
	struct vu_msg inbox[MW_INBOX]; /* a ring; last: see mw_init() */
};

struct mw {
	const uint8_t *data;
	size_t size;
	struct adapter adapter;
	struct keep_ops ops;
	struct keep_slots slots;
	bool open[KEEP_SLOTS]; /* descriptors that exist */
	uint64_t now_ns;
	bool memory_gone; /* used->idx cannot be read */
	struct mw_plane plane[SELECT_PATHS];
	/* counted, so that a test can see that things happened */
	unsigned steps, switches, answered, lives, removals, refits;
	uint32_t last_id; /* adapters have been made */
	bool scsi;	  /* the present one is of type scsi */
	int last_live;
};

void mw_init(struct mw *w, const uint8_t *data, size_t size);
/* One event; false: the stream is at its end. */
bool mw_step(struct mw *w);
/* Everybody leaves: nothing may be left behind. */
void mw_end(struct mw *w);

/* mw_life.c: the adapter's own coming and going */
void mw_is_made(struct mw *w, uint64_t start);
void mw_is_configured(struct mw *w, int unused);
void mw_is_wanted(struct mw *w, int unused); /* no longer, or again */
void mw_is_removed(struct mw *w, int unused);

/* mw_client.c, mw_check.c: parts of it */
uint8_t mw_next(struct mw *w);
uint64_t mw_next_u64(struct mw *w);
struct adapter_context mw_context(struct mw *w);
int mw_slot(struct mw *w); /* a new open descriptor, or -EMFILE */
void mw_client_message(struct mw *w);
void mw_commit(struct mw *w);
void mw_check(struct mw *w);

#endif
