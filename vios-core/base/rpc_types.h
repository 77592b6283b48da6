/* SPDX-License-Identifier: BSD-3-Clause */
/* rpc_types.h - limits of a connection, what went wrong with a call, descriptors. No system behind
 * it. */
#ifndef VIOS_BASE_RPC_TYPES_H
#define VIOS_BASE_RPC_TYPES_H

#include <stddef.h>

/* The pair's whole state (REPLICA_TEXT_MAX) is one line of `config_get`. */
#define RPC_LINE_MAX (4u << 20)
#define RPC_OUT_MAX (16u << 20)
#define RPC_FDS_MAX 24 /* a hello of 16 workers has 18 */

/* JSON-RPC 2.0, section 5.1; from -32000 downwards: ours. */
enum rpc_code {
	RPC_PARSE = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_NO_METHOD = -32601,
	RPC_INVALID_PARAMS = -32602,
	RPC_INTERNAL = -32603,
	RPC_FAILED = -32000,	  /* understood, and not possible now */
	RPC_NOT_FOUND = -32001,	  /* no such object */
	RPC_UNAVAILABLE = -32002, /* the process that could do it is not there */
	RPC_DENIED = -32003,	  /* not for this caller */
	RPC_TIMEOUT = -32004,	  /* local: no answer in time */
	RPC_CLOSED = -32005,	  /* local: connection lost before the answer */
};

/* Descriptors that came with a line. The receiver takes one by setting its slot to -1; the rest
 * are closed when the handler returns. */
struct rpc_fds {
	int fd[RPC_FDS_MAX];
	size_t n;
};

#endif
