/* SPDX-License-Identifier: BSD-3-Clause */
/* rpc_sync.h - calls that are waited for: for command lines. */
#ifndef VIOS_BASE_RPC_SYNC_H
#define VIOS_BASE_RPC_SYNC_H

#include <jansson.h>
#include <stddef.h>

#define RPC_SYNC_MESSAGE 512

/* The caller's: rpc_sync_answer_fini(). */
struct rpc_sync_answer {
	json_t *result;			/* NULL on error */
	json_t *data;			/* the error's; NULL: none */
	char message[RPC_SYNC_MESSAGE]; /* the sentence of an error, never empty then */
};
void rpc_sync_answer_fini(struct rpc_sync_answer *answer);

struct rpc_sync;

/* 0 and *out, or -errno (nobody there, timeout). */
int rpc_sync_open(const char *path, unsigned timeout_ms, struct rpc_sync **out);
void rpc_sync_close(struct rpc_sync *sync); /* NULL: nothing */
/* params: ownership moves, may be NULL. What else comes meanwhile is dropped. 0, -errno (hung up,
 * timeout: close it), or an rpc_code. */
int rpc_sync_ask(struct rpc_sync *sync, const char *method, json_t *params, unsigned timeout_ms,
	struct rpc_sync_answer *answer);
/* Waits for a notification of that name. 1 and *params (an object, the caller's); 0: none came in
 * time; -errno: the peer has hung up or sends rubbish. */
int rpc_sync_note(struct rpc_sync *sync, const char *method, unsigned timeout_ms, json_t **params);

/* Connect, call, wait, close. 0, -errno (nobody there, timeout), or an rpc_code with the sentence
 * in message[]. *result: ownership moves to the caller; NULL on error. */
int rpc_sync_call(const char *path, const char *method, json_t *params, unsigned timeout_ms,
	json_t **result, char *message, size_t message_size);

#endif
