/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plane_priv.h - what the files of the plane share: plane.c steps the state machine,
 * plane_talk.c holds the connection, plane_process.c the process. One thread.
 */
#ifndef VIOS_DAEMON_PLANE_PRIV_H
#define VIOS_DAEMON_PLANE_PRIV_H

#include "vios-core/base/rpc.h"
#include "vios-core/base/runpath.h"
#include "vios-core/daemon/plane.h"
#include "vios-core/daemon/plane_uplinks.h"

#include <limits.h>

#define PLANE_QUEUE_MAX 8

struct plane {
	sd_event *ev;
	struct plane_config config;
	char name[PLANE_NAME_BYTES];
	const char *resource; /* of the error log */
	struct supervise sup;
	enum supervise_event queue[PLANE_QUEUE_MAX];
	size_t n_queued;
	bool stepping;
	bool again; /* stopped only to be started anew */
	sd_event_source *timer;
	char reason[PLANE_REASON_BYTES]; /* why it is not up; "": it is, or nothing is known */
	unsigned deaths;
	/* plane_talk.c */
	struct runpath socket;
	struct rpc_conn *conn;
	struct plane_uplinks uplinks;
	enum link_state trunk;
	bool told_unfit;
	bool asked;		      /* `configure` is not answered yet */
	bool changed;		      /* the wanted configuration, since it was told */
	bool awaits;		      /* it is not known yet what is to be configured */
	sd_event_source *reconfigure; /* tries again */
	/* plane_process.c */
	int pidfd; /* -1: no process known */
	sd_event_source *watch;
	bool child; /* started by us, not adopted */
	struct greeting greeting;
	int fds[RPC_FDS_MAX]; /* of the hello: pidfd, page, pings */
	size_t n_fds;
	bool declared_dead;
	char suspicion[PLANE_REASON_BYTES];
	char log_path[PATH_MAX];
	const char *log_name; /* its last part */
	long long log_start;  /* where what this process logs begins; -1: not known */
};

/* Tells the state machine; from within an action: after it. */
void plane_step(struct plane *plane, enum supervise_event event);
/* Into the error log and viosd's own. */
void plane_note(struct plane *plane, enum errlog_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void plane_because(struct plane *plane, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void plane_talk_connect(struct plane *plane);
void plane_talk_drop(struct plane *plane);
void plane_talk_hello(struct plane *plane);
void plane_talk_configure(struct plane *plane);
void plane_talk_reconfigure(struct plane *plane); /* while it is up */
void plane_talk_shutdown(struct plane *plane);

void plane_process_spawn(struct plane *plane);
void plane_process_forget(struct plane *plane);
void plane_process_terminate(struct plane *plane);
/* The process that sent this hello is the one from now on; takes its descriptors. 0 or -errno. */
int plane_process_adopt(struct plane *plane, const struct greeting *greeting, struct rpc_fds *fds);

#endif
