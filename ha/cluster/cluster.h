/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster.h - the CPG group "vios:FRAME" of the pair's viosds, on Corosync.
 *
 * Runs on the caller's sd_event loop, in one thread. Everything works without Corosync: the state
 * is then "disconnected", every other node's is unknown, and a new connection is tried every 250 ms
 * to 1 s.
 */
#ifndef HA_CLUSTER_CLUSTER_H
#define HA_CLUSTER_CLUSTER_H

#include "ha/cluster/members.h"
#include "ha/cluster/roundtrip.h"

#include <systemd/sd-event.h>

struct cluster;

struct cluster_events {
	/* Members have come or gone, or the connection has. */
	void (*view)(void *user);
	/* A text from another node, or from another process of this node; it may hold anything.
	 * False: rubbish; it is counted, and logged once per node. */
	bool (*message)(uint32_t node_id, const char *text, size_t text_bytes, void *user);
	/* What was handed to cluster_send(), our own too, in the group's order. May be anything.
	 */
	void (*replica)(uint32_t node_id, const uint8_t *bytes, size_t n_bytes, void *user);
	/* What another member has handed to cluster_ask(). May be anything; NULL: not wanted. */
	void (*look)(uint32_t node_id, const char *text, size_t text_bytes, void *user);
};

/* events: borrowed, as is user. The first connection is tried from the loop, not from here. */
int cluster_new(sd_event *ev, const char *frame_name, const struct cluster_events *events,
	void *user, struct cluster **out);
/* Leaves the group. NULL is fine. */
void cluster_free(struct cluster *cluster);

/* Tells all members now, and every member that joins later. The text is copied; it replaces the one
 * before, sent or not. 0, -EMSGSIZE, -ENOMEM. */
int cluster_publish(struct cluster *cluster, const char *text, size_t text_bytes);

/* Multicasts the bytes once, in order, to all members, ourselves too; copied. What has not been
 * sent when the connection breaks is dropped. 0, -EMSGSIZE, -ENOMEM, -ENOTCONN: we are not in the
 * group.
 */
int cluster_send(struct cluster *cluster, const uint8_t *bytes, size_t n_bytes);

/* The same for a text that other members hear as look(): a question, or an answer. */
int cluster_ask(struct cluster *cluster, const char *text, size_t text_bytes);

const struct members *cluster_members(const struct cluster *cluster); /* borrowed */
/* Of what we have sent: nothing is sent in order to measure. */
struct roundtrip_figures cluster_round_trip(const struct cluster *cluster);

#endif
