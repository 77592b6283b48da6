/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_feed.h - keeps one back end up to date with a client's session (vu_back.h), through
 * vu_front.h. Pure and flat.
 *
 * No queue of messages is kept: the back end is told the difference between the session and what it
 * has heard. So one that is slow costs nothing, however much the client tells meanwhile.
 */
#ifndef VIOS_VHOSTUSER_VU_FEED_H
#define VIOS_VHOSTUSER_VU_FEED_H

#include "vios-core/vhostuser/vu_back.h"
#include "vios-core/vhostuser/vu_front.h"

struct vu_feed_ring {
	uint32_t setup_version, call_version;
	bool started, enabled;
};

/* As far as the back end has heard. */
struct vu_feed {
	struct vu_front front;
	uint32_t epoch; /* of the client connection whose memory it knows; 0: none */
	uint32_t version, mem_version;
	uint64_t features;
	struct vu_feed_ring ring[VU_RINGS_MAX];
};

struct vu_feed_io {
	int (*emit)(const struct vu_msg *m, void *user); /* to the back end */
	void (*signal)(int fd, void *user);		 /* a kick or call, once; fd may be -1 */
	/* The ring's used->idx, from the client's memory. 0 or -errno. */
	int (*used_idx)(const struct vu_back *b, uint32_t ring, uint16_t *out, void *user);
	/* For back ends that must have INFLIGHT_SHMFD: the region (vu_inflight_kept()), and what
	 * makes a piece of it zeroes. */
	int region;
	void (*clear)(int region, uint64_t offset, uint64_t len_bytes, void *user);
	void *user;
};

/* Before the functions below: io is used until the next call. */
void vu_feed_attach(struct vu_feed *f, const struct vu_feed_io *io);
int vu_feed_greet(struct vu_feed *f, const struct vu_front_want *want, const struct vu_feed_io *io);
/* The connection has gone: nothing has been heard. */
void vu_feed_reset(struct vu_feed *f);
unsigned vu_feed_awaits(const struct vu_feed *f); /* answers */

/* Is there something that a back end without started rings has to hear? */
bool vu_feed_behind(const struct vu_feed *f, const struct vu_back *b);
int vu_feed_prime(struct vu_feed *f, const struct vu_back *b, const struct vu_feed_io *io);
/* Starts the rings that the client has started; tells what else is new. The part of the region of a
 * ring that begins anew is cleared first; else a back end finds what the last one left there. */
int vu_feed_sync(struct vu_feed *f, struct vu_back *b, const struct vu_feed_io *io);
/* An answer of the back end. A new call descriptor that it has taken is signalled: it may have used
 * the old one until now, where nobody listens any more. */
void vu_feed_input(struct vu_feed *f, const struct vu_back *b, const struct vu_msg *m,
	const struct vu_feed_io *io, struct vu_front_event *event);
/* Must it stop before it can go on? */
bool vu_feed_outdated(const struct vu_feed *f, const struct vu_back *b);
int vu_feed_stop(struct vu_feed *f);
/* The rings have stopped. A back end may have forgotten all (rte_vhost does): behind from now on.
 */
void vu_feed_stopped(struct vu_feed *f);

#endif
