/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * registry.h - the data planes that vios-framed knows: process, heartbeat page, ping eventfds. Main
 * thread.
 *
 * A plane is known by its process alone after a restart of vios-framed, until its descriptors are
 * there again.
 */
#ifndef VIOS_FRAME_REGISTRY_H
#define VIOS_FRAME_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "ha/frame/judge_types.h"
#include "ha/frame/page.h"
#include "vios-core/base/rpc.h"

#define REGISTRY_NONE UINT32_MAX

struct registry_plane {
	bool used;
	char vios[JUDGE_NAME], plane[JUDGE_NAME];
	uint64_t incarnation;
	pid_t pid; /* as we see it; 0: not known yet */
	uint64_t start_time;
	int pidfd, memfd;
	int ping[JUDGE_WORKERS];
	struct page page;	   /* .map NULL: not there (yet) */
	uint32_t slot;		   /* the judge's, REGISTRY_NONE: not watched */
	struct judge_sample first; /* when it came: has it ticked since? */
	bool ticked;		   /* each of its workers has */
	const char *report;	   /* the judge's last word on it, NULL: none */
	uint64_t report_ns;
	sd_event_source *pid_io; /* pidfd readable: dead */
	struct rpc_conn *ask;	 /* asks it for its descriptors */
	sd_event_source *ask_timer;
};

struct registry {
	struct registry_plane plane[JUDGE_SLOTS];
};

void registry_init(struct registry *r);
void registry_fini(struct registry *r);
struct registry_plane *registry_find(struct registry *r, uint64_t incarnation);
struct registry_plane *registry_by_slot(struct registry *r, uint32_t slot);
/* Whether any plane of that VIOS is left. */
bool registry_any(const struct registry *r, const char *vios);
/* A free one with the names set, or NULL: full. */
struct registry_plane *registry_new(
	struct registry *r, const char *vios, const char *plane, uint64_t incarnation);
void registry_drop(struct registry_plane *p);

/*
 * Takes pidfd, heartbeat memfd and one ping eventfd a worker from fds. A plane that has its process
 * already (by pid and start time) must be the same one. 0; -errno with the reason in *why, and
 * nothing changed; -ESRCH: it is dead.
 */
int registry_take(struct registry_plane *p, struct rpc_fds *fds, const char **why);
/* By pid and start time, after our own restart. 0 or -ESRCH. */
int registry_reopen(struct registry_plane *p, pid_t pid, uint64_t start_time);
void registry_ping(struct registry_plane *p, uint32_t mask);
/* Samples its page; true when each of its workers has ticked since it came, for the first time. */
bool registry_sample(struct registry_plane *p, struct judge_sample *out);

#endif
