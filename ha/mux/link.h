/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link.h - one control connection that is kept up: connect, say hello, and again with growing waits
 * when it is lost. While it is up it costs nothing.
 */
#ifndef VIOS_MUX_LINK_H
#define VIOS_MUX_LINK_H

#include "vios-core/base/rpc.h"
#include "vios-core/base/runpath.h"

struct link;

struct link_kind {
	const char *name;	    /* for the log */
	struct rpc_service service; /* closed: link_closed */
	const char *hello;	    /* method */
	json_t *(*hello_params)(struct link *l);
	/* The hello is answered. 0: up; else -errno: hang up and try later. */
	int (*greeted)(struct link *l, json_t *result, struct rpc_fds *fds);
	void (*lost)(struct link *l);	/* was up */
	void (*nobody)(struct link *l); /* no one listens there; may be NULL */
};

struct link {
	const struct link_kind *kind;
	sd_event *ev;
	struct runpath path;
	int vios; /* or -1 */
	void *user;
	struct rpc_conn *conn;
	bool up;
	sd_event_source *timer;
	unsigned backoff_ms;
};

void link_init(struct link *l, const struct link_kind *kind, sd_event *ev, int vios, void *user);
void link_fini(struct link *l);
void link_try(struct link *l);			     /* now, if it is down */
void link_drop(struct link *l);			     /* hang up; try again later */
void link_closed(struct rpc_conn *conn, void *user); /* for rpc_service */

#endif
