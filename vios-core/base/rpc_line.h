/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_line.h - private to vios-core/base: what a JSON-RPC connection's bytes mean. Pure: cuts a
 * byte stream into lines, gives each line the descriptors that came with it, classifies a line,
 * writes lines.
 *
 * Which line a descriptor belongs to: a sender passes them with the line's first byte. A receive on
 * a UNIX stream socket may begin with plain bytes sent earlier, but ends with the bytes of the send
 * that carried the descriptors (unix(7), SCM_RIGHTS). So they belong to the line that holds the
 * last byte of what was received.
 */
#ifndef VIOS_BASE_RPC_LINE_H
#define VIOS_BASE_RPC_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "vios-core/base/rpc_types.h"

struct rpc_reader {
	char *buf;
	size_t len, cap;
	size_t at;	     /* start of the first line not yet taken */
	size_t scanned;	     /* no newline between at and here */
	struct rpc_fds head; /* of the line at `at` */
	struct rpc_fds last; /* of the line that begins at last_at, if that is a later one */
	size_t last_at;
};

/* Room for at least one byte at *to, or -EMSGSIZE: a line longer than RPC_LINE_MAX; -ENOMEM. Call
 * it only when rpc_reader_next() has nothing more. */
int rpc_reader_room(struct rpc_reader *reader, char **to, size_t *room);
/* n > 0 bytes were written there and fds came with them; their ownership moves. -EMSGSIZE: too many
 * for one line; those that did not fit stay in fds->fd[0 to fds->n), the caller closes them. */
int rpc_reader_commit(struct rpc_reader *reader, size_t n, struct rpc_fds *fds);
/* True: a line without its newline, valid until the next rpc_reader_room(). fds: ownership moves
 * out. */
bool rpc_reader_next(
	struct rpc_reader *reader, const char **line, size_t *len, struct rpc_fds *fds);
/* Frees the buffer. The descriptors that no line took move out, for the caller to close. */
void rpc_reader_fini(struct rpc_reader *reader, struct rpc_fds left[2]);

enum rpc_kind { RPC_KIND_CALL, RPC_KIND_NOTE, RPC_KIND_RESULT, RPC_KIND_ERROR };

struct rpc_message {
	enum rpc_kind kind;
	json_t *root;		   /* owned: json_decref() */
	json_t *id;		   /* CALL: borrowed */
	json_int_t answer_id;	   /* RESULT, ERROR */
	const char *method;	   /* CALL, NOTE: borrowed */
	json_t *params;		   /* CALL, NOTE: borrowed, an object or NULL */
	bool params_bad;	   /* params are there and no object */
	json_t *result;		   /* RESULT: borrowed */
	int error_code;		   /* ERROR: never 0 */
	const char *error_message; /* ERROR: borrowed */
	json_t *error_data;	   /* ERROR: borrowed, may be NULL */
};

/* 0, or RPC_PARSE, RPC_INVALID_REQUEST with a sentence in why. */
int rpc_line_parse(
	const char *line, size_t len, struct rpc_message *out, char *why, size_t why_size);

/* Each returns a new object or NULL (no memory); params and result: ownership moves, may be NULL.
 */
json_t *rpc_line_call(json_int_t id, const char *method, json_t *params);
json_t *rpc_line_note(const char *method, json_t *params);
json_t *rpc_line_result(json_t *id, json_t *result);
json_t *rpc_line_error(json_t *id, int code, const char *message);

/* The bytes of root with a newline, without a NUL: writes at most size and returns the length. */
size_t rpc_line_write(json_t *root, char *to, size_t size);

#endif
