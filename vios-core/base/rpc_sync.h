/* SPDX-License-Identifier: BSD-3-Clause */
/* rpc_sync.h - one call, waited for. */
#ifndef VIOS_BASE_RPC_SYNC_H
#define VIOS_BASE_RPC_SYNC_H

#include <jansson.h>
#include <stddef.h>

/* For command lines: connect, call, wait, close. 0, -errno (nobody there, timeout), or an rpc_code
 * with the sentence in message[]. *result: ownership moves to the caller; NULL on error. */
int rpc_sync_call(const char *path, const char *method, json_t *params, unsigned timeout_ms,
	json_t **result, char *message, size_t message_size);

#endif
