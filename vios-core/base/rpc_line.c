/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_line.c - lines of a JSON-RPC connection: framing and classification (JSON-RPC 2.0, sections 4
 * and 5). Pure but for memory: it neither reads nor closes anything; descriptors are numbers here.
 * One thread at a time; the connection owns the reader, and the caller what rpc_reader_next() and
 * rpc_reader_fini() hand out.
 */
#include "vios-core/base/rpc_line.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READER_FIRST 4096u
#define READER_KEEP 65536u /* a larger buffer is given back when it is empty */

static void reader_compact(struct rpc_reader *reader)
{
	size_t rest = reader->len - reader->at;

	if (reader->at > 0 && rest > 0)
		memmove(reader->buf, reader->buf + reader->at, rest);
	reader->scanned -= reader->at;
	reader->len = rest;
	reader->at = 0;
	if (rest == 0 && reader->cap > READER_KEEP) {
		free(reader->buf);
		reader->buf = NULL;
		reader->cap = 0;
	}
}

int rpc_reader_room(struct rpc_reader *reader, char **to, size_t *room)
{
	reader_compact(reader);
	if (reader->len >= RPC_LINE_MAX)
		return -EMSGSIZE;
	if (reader->len == reader->cap) {
		size_t cap = reader->cap == 0 ? READER_FIRST : reader->cap * 2;
		char *buf = realloc(reader->buf, cap);

		if (buf == NULL)
			return -ENOMEM;
		reader->buf = buf;
		reader->cap = cap;
	}
	*to = reader->buf + reader->len;
	*room = reader->cap - reader->len;
	return 0;
}

static void fds_move(struct rpc_fds *to, struct rpc_fds *from)
{
	size_t taken = 0;

	while (taken < from->n && to->n < RPC_FDS_MAX)
		to->fd[to->n++] = from->fd[taken++];
	from->n -= taken;
	memmove(from->fd, from->fd + taken, from->n * sizeof(from->fd[0]));
}

int rpc_reader_commit(struct rpc_reader *reader, size_t n, struct rpc_fds *fds)
{
	const char *fresh = reader->buf + reader->len;
	const char *newline = n > 1 ? memrchr(fresh, '\n', n - 1) : NULL;

	reader->len += n;
	if (fds->n == 0)
		return 0;
	if (newline == NULL) {
		fds_move(&reader->head, fds);
	} else {
		reader->last_at = (size_t)(newline + 1 - reader->buf);
		fds_move(&reader->last, fds);
	}
	return fds->n > 0 ? -EMSGSIZE : 0;
}

bool rpc_reader_next(struct rpc_reader *reader, const char **line, size_t *len, struct rpc_fds *fds)
{
	size_t rest = reader->len - reader->scanned;
	char *newline = rest > 0 ? memchr(reader->buf + reader->scanned, '\n', rest) : NULL;

	if (newline == NULL) {
		reader->scanned = reader->len;
		return false;
	}
	*line = reader->buf + reader->at;
	*len = (size_t)(newline - *line);
	*fds = reader->head;
	reader->head.n = 0;
	reader->at = reader->scanned = (size_t)(newline + 1 - reader->buf);
	if (reader->last.n > 0 && reader->last_at == reader->at) {
		reader->head = reader->last;
		reader->last.n = 0;
	}
	return true;
}

void rpc_reader_fini(struct rpc_reader *reader, struct rpc_fds left[2])
{
	left[0] = reader->head;
	left[1] = reader->last;
	free(reader->buf);
	*reader = (struct rpc_reader){.buf = NULL};
}

static int invalid(char *why, size_t why_size, const char *text)
{
	snprintf(why, why_size, "%s", text);
	return RPC_INVALID_REQUEST;
}

static int classify_request(struct rpc_message *m, json_t *method, char *why, size_t why_size)
{
	json_t *id = json_object_get(m->root, "id");

	m->method = json_string_value(method);
	if (m->method == NULL)
		return invalid(why, why_size, "method is no string");
	if (id != NULL && !json_is_string(id) && !json_is_number(id) && !json_is_null(id))
		return invalid(why, why_size, "id is no string, number or null");
	m->kind = id != NULL ? RPC_KIND_CALL : RPC_KIND_NOTE;
	m->id = id;
	m->params = json_object_get(m->root, "params");
	if (m->params != NULL && !json_is_object(m->params)) {
		m->params_bad = true;
		m->params = NULL;
	}
	return 0;
}

static int classify_error(struct rpc_message *m, json_t *error, char *why, size_t why_size)
{
	json_t *code = json_object_get(error, "code");
	const char *message = json_string_value(json_object_get(error, "message"));
	json_int_t value;

	if (!json_is_integer(code) || message == NULL)
		return invalid(why, why_size, "error lacks an integer code or a message");
	value = json_integer_value(code);
	if (value == 0 || value < INT_MIN || value > INT_MAX)
		return invalid(why, why_size, "the error's code is out of range");
	m->kind = RPC_KIND_ERROR;
	m->error_code = (int)value;
	m->error_message = message;
	m->error_data = json_object_get(error, "data");
	return 0;
}

static int classify_answer(struct rpc_message *m, char *why, size_t why_size)
{
	json_t *id = json_object_get(m->root, "id");
	json_t *result = json_object_get(m->root, "result");
	json_t *error = json_object_get(m->root, "error");

	if ((result == NULL) == (error == NULL))
		return invalid(why, why_size, "neither a method, nor one of result and error");
	if (!json_is_integer(id))
		return invalid(why, why_size, "the answer's id is none that was given out");
	m->answer_id = json_integer_value(id);
	if (error != NULL)
		return classify_error(m, error, why, why_size);
	m->kind = RPC_KIND_RESULT;
	m->result = result;
	return 0;
}

static int classify(struct rpc_message *m, char *why, size_t why_size)
{
	const char *version = json_string_value(json_object_get(m->root, "jsonrpc"));
	json_t *method = json_object_get(m->root, "method");

	if (!json_is_object(m->root))
		return invalid(why, why_size, "not an object");
	if (version == NULL || strcmp(version, "2.0") != 0)
		return invalid(why, why_size, "jsonrpc is not \"2.0\"");
	if (method != NULL)
		return classify_request(m, method, why, why_size);
	return classify_answer(m, why, why_size);
}

int rpc_line_parse(
	const char *line, size_t len, struct rpc_message *out, char *why, size_t why_size)
{
	json_error_t error;
	int rc;

	*out = (struct rpc_message){.root = NULL};
	out->root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (out->root == NULL) {
		snprintf(why, why_size, "%s", error.text);
		return RPC_PARSE;
	}
	rc = classify(out, why, why_size);
	if (rc != 0) {
		json_decref(out->root);
		out->root = NULL;
	}
	return rc;
}

/* value: ownership moves. An object that could not be completed is none. */
static json_t *with(json_t *root, const char *key, json_t *value)
{
	if (root == NULL) {
		json_decref(value);
		return NULL;
	}
	if (json_object_set_new(root, key, value) == 0)
		return root;
	json_decref(root);
	return NULL;
}

static json_t *envelope(void)
{
	return with(json_object(), "jsonrpc", json_string("2.0"));
}

json_t *rpc_line_note(const char *method, json_t *params)
{
	json_t *root = with(envelope(), "method", json_string(method));

	return params != NULL ? with(root, "params", params) : root;
}

json_t *rpc_line_call(json_int_t id, const char *method, json_t *params)
{
	return with(rpc_line_note(method, params), "id", json_integer(id));
}

json_t *rpc_line_result(json_t *id, json_t *result)
{
	json_t *root = with(envelope(), "id", json_incref(id));

	return with(root, "result", result != NULL ? result : json_object());
}

json_t *rpc_line_error(json_t *id, int code, const char *message)
{
	json_t *error = with(json_object(), "code", json_integer(code));
	json_t *root = with(envelope(), "id", id != NULL ? json_incref(id) : json_null());
	/* A message may quote what the peer sent; what is not UTF-8 cannot travel as JSON. */
	json_t *text = json_string(message);

	error = with(error, "message", text != NULL ? text : json_string("(not UTF-8)"));
	return with(root, "error", error);
}

size_t rpc_line_write(json_t *root, char *to, size_t size)
{
	size_t len = json_dumpb(root, to, size, JSON_COMPACT);

	if (len == 0)
		return 0;
	if (len < size)
		to[len] = '\n';
	return len + 1;
}
