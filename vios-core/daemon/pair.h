/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pair.h - the pair's replicated state in this VIOS: puts the replica (ha/cluster/replica.h), its
 * files and the model's objects together. viosd's loop and thread; events in, those of struct
 * pair_events out. None of them is called from within a function below the line.
 */
#ifndef VIOS_DAEMON_PAIR_H
#define VIOS_DAEMON_PAIR_H

#include "ha/cluster/replica.h"
#include "vios-core/base/rpc.h"
#include "vios-core/model/config.h"

#include <systemd/sd-event.h>

struct errlog_file;
struct pair;

struct pair_events {
	/* A state is committed: live by it. config: borrowed for the call. */
	void (*adopt)(const struct config *config, uint64_t epoch, uint64_t version, void *user);
	/* Role, reason, or what may be served has changed. */
	void (*standing)(void *user);
	/* To the group. 0 or -errno: it will not arrive. */
	int (*multicast)(const uint8_t *bytes, size_t n_bytes, void *user);
	/* Asks vios-framed; pair_witness() follows. */
	void (*witness_get)(void *user);
	void (*witness_raise)(const struct replica_action *raise, void *user);
};

struct pair_config {
	const char *directory;		 /* of the state files; created */
	const struct model_frame *frame; /* what the state begins as; two VIOS */
	size_t self;			 /* index into frame->vios */
	struct errlog_file *errlog;
	const struct pair_events *events;
	void *user;
};

/* All borrowed but what is pointed to by config itself. Reads the state from the disk. 0 or -errno;
 * a line has been written then. */
int pair_new(sd_event *ev, const struct pair_config *config, struct pair **out);
/* Changes that are not answered yet fail. */
void pair_free(struct pair *pair);

/* Epoch, version, digest, role, reason: a new object; NULL: no memory. */
json_t *pair_standing(const struct pair *pair);
/* `config_get`: the same and the state, as a line of JSON; free() it. NULL: no memory. The state is
 * kept as text; a large one is neither parsed nor written again for each who asks. */
char *pair_text(const struct pair *pair);
enum replica_role pair_role(const struct pair *pair);
void pair_reason(const struct pair *pair, char sentence[REPLICA_SENTENCE]);
bool pair_may_serve(const struct pair *pair, uint32_t adapter_id);
/* Of the state that holds; "" and 0 before there is one. */
const char *pair_digest(const struct pair *pair);
/* The objects of that state: borrowed until the next call of any of these. NULL: there is none. */
const struct config *pair_config_now(struct pair *pair);

/* ------------------------------------------------------------------------------------------- */

/* The state that was loaded is adopted now, if it holds; the replica begins. */
void pair_start(struct pair *pair);
void pair_view(struct pair *pair, bool peer_is_there);
void pair_deliver(struct pair *pair, uint32_t node_id, const uint8_t *bytes, size_t n_bytes);
void pair_witness(
	struct pair *pair, enum replica_heard heard, const struct replica_witness *witness);
/* `config_change`: answers the call when the change is committed or refused. warnings (borrowed):
 * a list that the answer carries; NULL: none. */
void pair_change(struct pair *pair, struct rpc_call *call, json_t *params, json_t *warnings);

#endif
