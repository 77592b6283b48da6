/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_link.h - one control connection that is kept up: connect, say hello, and again with growing
 * waits when it is lost. While it is up it costs nothing.
 */
#ifndef VIOS_BASE_RPC_LINK_H
#define VIOS_BASE_RPC_LINK_H

#include "vios-core/base/retry.h"
#include "vios-core/base/rpc.h"
#include "vios-core/base/runpath.h"

struct rpc_link;

struct rpc_link_kind {
	const char *name;	    /* for the log */
	struct rpc_service service; /* closed: rpc_link_closed */
	const char *hello;	    /* method */
	json_t *(*hello_params)(struct rpc_link *l);
	/* The hello is answered. 0: up; else -errno: hang up and try later. */
	int (*greeted)(struct rpc_link *l, json_t *result, struct rpc_fds *fds);
	void (*lost)(struct rpc_link *l);   /* was up; may be NULL */
	void (*nobody)(struct rpc_link *l); /* no one listens there; may be NULL */
};

struct rpc_link {
	const struct rpc_link_kind *kind;
	sd_event *ev;
	struct runpath path;
	int vios; /* or -1 */
	void *user;
	struct rpc_conn *conn;
	bool up;
	struct retry retry;
};

void rpc_link_init(
	struct rpc_link *l, const struct rpc_link_kind *kind, sd_event *ev, int vios, void *user);
void rpc_link_fini(struct rpc_link *l);
void rpc_link_try(struct rpc_link *l);			 /* now, if it is down and has a path */
void rpc_link_drop(struct rpc_link *l);			 /* hang up; try again later */
void rpc_link_closed(struct rpc_conn *conn, void *user); /* for rpc_service */

#endif
