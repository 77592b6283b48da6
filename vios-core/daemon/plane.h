/* SPDX-License-Identifier: BSD-3-Clause */
/* plane.h - viosd's hold on one data plane: process, connection, configuration. */
#ifndef VIOS_DAEMON_PLANE_H
#define VIOS_DAEMON_PLANE_H

#include "vios-core/base/rpc.h"
#include "vios-core/daemon/errlog.h"
#include "vios-core/daemon/greeting.h"
#include "vios-core/daemon/path_state.h"
#include "vios-core/daemon/supervise.h"

#include <jansson.h>
#include <systemd/sd-event.h>

struct errlog_file;
struct plane;

#define PLANE_REASON_BYTES 256
#define PLANE_NAME_BYTES 80

/* What one kind of data plane has that the other has not (plane_kind.c). */
struct plane_kind {
	const char *word;    /* `plane` of its hello: "netd", "scsid" */
	const char *program; /* what it is called: "vios-netd" */
	/* Its configuration is of disks: it may wait for one, and one that serves some may refuse
	 * others. Then it goes on with what it has. */
	bool disks;
	enum errlog_kind died, not_started, unfit, up, suspect, recovered;
	const char *state_event, *started_event, *greeted_event, *mute_event, *ended_event;
};
extern const struct plane_kind plane_kind_netd, plane_kind_scsid;

struct plane_config {
	const struct plane_kind *kind;
	const char *vios; /* all borrowed for the plane's life */
	const char *run;
	const char *client, *adapter; /* whose it is; NULL: all clients' */
	const char *program;	      /* its path */
	const char *log_level;	      /* passed on */
	const char *frame;	      /* passed on; NULL: it takes the usual one */
	struct errlog_file *errlog;
	void (*changed)(void *user); /* state, process, link or serving; all from the loop */
	void (*greeted)(void *user); /* a process has said who it is */
	void (*stopped)(void *user); /* after plane_stop() */
	/* scsid's note `path` and call `set_groups`; NULL: of no interest, refused. */
	void (*path)(const json_t *params, void *user);
	void (*set_groups)(struct rpc_call *call, json_t *params, void *user);
	/* Params of `configure`, a new object. NULL with *why: there is none, for this reason; NULL
	 * without: not known yet, plane_reconfigure() follows. */
	json_t *(*configuration)(const char **why, void *user);
	void *user;
};

/* What vios-framed is given; descriptors stay the plane's. */
struct plane_process {
	const char *incarnation; /* "": not known yet */
	int64_t pid;		 /* 0: none */
	const int *fds;		 /* pidfd, page, pings */
	size_t n_fds;
};

/* 0 or -errno; -ENAMETOOLONG: the run directory is too long. */
int plane_new(sd_event *ev, const struct plane_config *config, struct plane **out);
/* Lets go of the process; it runs on. */
void plane_free(struct plane *plane);
void plane_start(struct plane *plane); /* adopts one that runs, or starts one */
/* configuration() has something new to say: to be called once things are in place. Until the data
 * plane has taken it, what it had goes on; one that refuses it is asked again. */
void plane_reconfigure(struct plane *plane);
void plane_stop(struct plane *plane);	 /* shuts it down; stopped() is called when it has gone */
void plane_restart(struct plane *plane); /* shuts it down, then starts another */

/* Asks the data plane something; as rpc_call_send() with a time limit. -ENOTCONN. */
int plane_ask(struct plane *plane, const char *method, rpc_answer_fn *fn, void *user);
/* The same with params, whose ownership moves. */
int plane_tell(
	struct plane *plane, const char *method, json_t *params, rpc_answer_fn *fn, void *user);
/* vios-framed has proof that this incarnation is dead: its paths go before its pidfd says so. */
void plane_declare_dead(struct plane *plane, const char *incarnation);

/* What vios-framed thinks of it: "suspected", "last-hung", "held-off", "blocked", "will-not-die",
 * "recovered"; anything else, and any other incarnation, is ignored. */
void plane_suspect(struct plane *plane, const char *incarnation, const char *report, long long ms);
const char *plane_suspicion(const struct plane *plane); /* a sentence, or "" */

bool plane_serving(const struct plane *plane);
bool plane_decided(const struct plane *plane);	     /* plane_serving() means something by now */
bool plane_current(const struct plane *plane);	     /* it does not refuse what is wanted */
bool plane_greeting(const struct plane *plane);	     /* who runs there is being found out */
bool plane_starting(const struct plane *plane);	     /* it is not known yet what it wants */
const char *plane_word(const struct plane *plane);   /* "up", "down", "starting" */
const char *plane_reason(const struct plane *plane); /* why it is not up; "" */
unsigned plane_deaths(const struct plane *plane);    /* since this viosd started */
enum link_state plane_link(const struct plane *plane, const char *uplink);
enum link_state plane_trunk(const struct plane *plane); /* to the other VIOS's switch */
enum link_state plane_netaddr(const struct plane *plane, const char *uplink); /* plane_uplinks.h */
struct plane_process plane_process(const struct plane *plane);
const char *plane_name(const struct plane *plane); /* "netd", "scsid:lpar1/scsi0" */

#endif
