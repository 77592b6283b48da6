/* SPDX-License-Identifier: BSD-3-Clause */
/* server.h - viosd.sock: what muxes and operators ask. */
#ifndef VIOS_DAEMON_SERVER_H
#define VIOS_DAEMON_SERVER_H

#include "vios-core/base/rpc.h"

#include <stdbool.h>
#include <stddef.h>

struct model_frame;
struct server;
struct viosd;

/* Listens; v: borrowed. 0 or -errno. */
int server_new(struct viosd *v, struct server **out);
void server_free(struct server *server);

/* The mux of the client (index into frame->clients), NULL: none is connected. */
struct rpc_conn *server_mux(const struct server *server, size_t client);
/* The frame's clients were those of `before`: tells each mux whose client has changed, come or
 * gone. (Its paths are server_tell_paths()'s.) */
void server_tell_client(struct server *server, const struct model_frame *before);
/* Tells the client's mux, if there is one, the state of its paths. */
void server_tell_paths(struct server *server, size_t client);
/* To those who have subscribed to the topic (subscribers.h); event: ownership moves. */
void server_publish(struct server *server, const char *topic, json_t *event);
/* Answers the muxes that asked before it was known whether the data plane is there. */
void server_answer_held(struct server *server);

#endif
