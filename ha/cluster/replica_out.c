// SPDX-License-Identifier: BSD-3-Clause
/*
 * replica_out.c - the replica's actions, each with copies of its own of what it carries. Pure; runs
 * within an event of replica.c. Without memory the actions' error says so, and the owner begins
 * again from the disk: nothing that was acknowledged is only here.
 */
#include "ha/cluster/replica_in.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void replica_record_clear(struct replica_record *record)
{
	free(record->text);
	memset(record, 0, sizeof(*record));
}

void replica_actions_clear(struct replica_actions *actions)
{
	for (size_t i = 0; i < actions->n; i++) {
		replica_record_clear(&actions->v[i].record);
		free(actions->v[i].bytes);
		free(actions->v[i].result);
	}
	free(actions->v);
	memset(actions, 0, sizeof(*actions));
}

char *replica_copy(struct replica *r, const void *bytes, size_t n)
{
	char *copy = malloc(n ? n : 1);

	if (!copy)
		r->out->error = -ENOMEM;
	else
		memcpy(copy, bytes, n);
	return copy;
}

bool replica_record_copy(
	struct replica *r, struct replica_record *to, const struct replica_record *from)
{
	char *text = replica_copy(r, from->text, from->text_bytes);

	if (!text)
		return false;
	free(to->text);
	*to = *from;
	to->text = text;
	return true;
}

/* Never NULL: without memory it is one that the caller will not see. */
struct replica_action *replica_emit(struct replica *r, enum replica_do what)
{
	struct replica_actions *out = r->out;

	if (out->n == out->size) {
		size_t size = out->size ? 2 * out->size : 4;
		struct replica_action *v = realloc(out->v, size * sizeof(*v));

		if (!v) {
			out->error = -ENOMEM;
			r->lost.what = what;
			return &r->lost;
		}
		out->v = v;
		out->size = size;
	}
	struct replica_action *a = &out->v[out->n++];
	memset(a, 0, sizeof(*a));
	a->what = what;
	return a;
}

void replica_log(struct replica *r, bool warning, const char *format, ...)
{
	struct replica_action *a = replica_emit(r, REPLICA_LOG);
	va_list args;

	va_start(args, format);
	vsnprintf(a->sentence, sizeof(a->sentence), format, args);
	va_end(args);
	a->alone = warning;
}

void replica_answer(
	struct replica *r, size_t i, enum replica_outcome outcome, const char *format, ...)
{
	struct replica_action *a = replica_emit(r, REPLICA_ANSWER);
	va_list args;

	va_start(args, format);
	vsnprintf(a->sentence, sizeof(a->sentence), format, args);
	va_end(args);
	a->request = r->open[i].request;
	a->outcome = outcome;
	a->record.stamp = r->cur.stamp;
	free(r->open[i].change);
	r->n_open--;
	memmove(&r->open[i], &r->open[i + 1], (r->n_open - i) * sizeof(r->open[0]));
}

void replica_multicast(struct replica *r, struct replica_msg *msg)
{
	struct replica_action *a = replica_emit(r, REPLICA_MULTICAST);

	msg->from = r->self;
	msg->to = r->peer;
	a->bytes = replica_msg_write(msg, &a->n_bytes);
	if (!a->bytes)
		r->out->error = -ENOMEM;
}

/* `next` is what is to be stored; the work goes on in replica_stored(). */
void replica_ask_store(struct replica *r, enum replica_work work)
{
	r->work = work;
	r->orphan = false;
	r->work_since_ns = r->now_ns;
	r->retry_ns = REPLICA_NEVER;
	replica_record_copy(r, &replica_emit(r, REPLICA_STORE)->record, &r->next);
}

/* Version 0 holds nothing that somebody has asked for. */
void replica_keep_aside(struct replica *r, const struct replica_record *record, const char *why)
{
	if (record->stamp.version == 0 || !record->text)
		return;
	struct replica_action *a = replica_emit(r, REPLICA_KEEP_ASIDE);
	snprintf(a->sentence, sizeof(a->sentence), "%s", why);
	replica_record_copy(r, &a->record, record);
}
