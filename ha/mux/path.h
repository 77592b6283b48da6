/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path.h - one path of an adapter: what a VIOS has been told, and what it still has to hear. Pure;
 * flat; descriptors in it are slots (keep_ops.h). The phases are select.h's.
 */
#ifndef VIOS_MUX_PATH_H
#define VIOS_MUX_PATH_H

#include "ha/mux/select.h"
#include "vios-core/base/keep_ops.h"
#include "vios-core/model/frame_config.h"
#include "vios-core/vhostuser/vu_back.h"
#include "vios-core/vhostuser/vu_front.h"

#define PATH_REASON_BYTES 192
#define PATH_LIVE_GRACE_MS 50	  /* on top of hang_ms, for a live path's answer */
#define PATH_STANDBY_WAIT_MS 3000 /* rte_vhost may take a second to answer after its start */

struct path_ring {
	uint32_t setup_version, call_version;
	bool started, enabled;
};

struct path {
	enum select_phase phase;
	enum select_state state; /* as viosd told; a guess before that */
	uint64_t generation;
	int conn; /* slot, or -1 */
	struct vu_front front;
	uint32_t epoch;	  /* of the client connection whose memory it knows; 0: none */
	uint32_t version; /* of the session, as told */
	uint32_t mem_version;
	struct path_ring ring[VU_RINGS_MAX];
	uint64_t start;	      /* its last ring start */
	uint64_t incarnation; /* of the process that owns the rings; 0: not known */
	bool released;	      /* STOPPING: `release` of this start is answered */
	uint32_t evictions;   /* asked for while LOST */
	uint64_t deadline_ns; /* 0: none */
	char reason[PATH_REASON_BYTES];
};

struct path_io {
	struct keep_ops *ops;
	int slot;
	/* The ring's used->idx, read from the client's memory. 0 or -errno. */
	int (*used_idx)(const struct vu_back *s, uint32_t ring, uint16_t *out, void *user);
	void *user;
};

/* m, with slots for descriptors, to a socket. 0 or -ENOBUFS. */
int path_send(struct keep_ops *ops, int slot, const struct vu_msg *m);

void path_init(struct path *p);
/* Ready to be used in this process; before each of the functions below. */
void path_attach(struct path *p, struct path_io *io);
int path_greet(struct path *p, const struct model_profile *profile, struct path_io *io);
/* Is there something that a path which is not live has to hear? */
bool path_behind(const struct path *p, const struct vu_back *s);
int path_prime(struct path *p, const struct vu_back *s);
/* The rings that the session has started and the path has not; what else is new to it. */
int path_sync(struct path *p, const struct vu_back *s, struct path_io *io);
/* Must the path stop before it can go on? */
bool path_outdated(const struct path *p, const struct vu_back *s);
int path_stop(struct path *p);
unsigned path_awaits(const struct path *p); /* answers */
/* Says in p->reason why event ended it. */
void path_explain(struct path *p, const struct vu_front_event *event);

#endif
