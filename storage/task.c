/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control queue: task management (virtio 1.2, 5.6.6.2; SAM-6, Task management functions). What
 * is with the kernel cannot be called back: a function is answered when the requests that it covers
 * have ended, and those are answered as aborted. The worker's.
 */
#include "storage/worker_private.h"

/* Does task management c, taken as number, cover r? */
static bool covers(const struct request *task, const struct request *r)
{
	const struct vs_control *c = &task->control;

	if (r->state == REQUEST_FREE || r->state == REQUEST_WAITING || r->number > task->number)
		return false;
	if (c->function == VS_I_T_NEXUS_RESET)
		return true;
	if (r->unit != task->unit || !r->unit)
		return false;
	return (c->function != VS_ABORT_TASK && c->function != VS_QUERY_TASK) || r->tag == c->tag;
}

/* Calls fn for each request covered; how many there are. */
static unsigned for_covered(
	struct request *task, void (*fn)(struct request *task, struct request *r))
{
	struct worker *w = task->queue->worker;
	unsigned n = 0;

	for (unsigned i = VS_REQUEST_QUEUE; i < VU_RINGS_MAX; i++) {
		struct queue *q = &w->queue[i];

		for (unsigned k = 0; q->state != QUEUE_OFF && q->in_flight && k < q->n_allocated;
			k++) {
			if (!covers(task, &q->requests[k]))
				continue;
			n++;
			if (fn)
				fn(task, &q->requests[k]);
		}
	}
	return n;
}

static void unlink_parked(struct request *r)
{
	struct unit *u = r->unit;

	for (struct request **at = &u->parked; *at; at = &(*at)->next) {
		if (*at != r)
			continue;
		*at = r->next;
		if (!*at)
			u->parked_tail = at;
		return;
	}
}

static void abort_request(struct request *r, uint8_t how)
{
	r->aborted = how;
	if (r->state != REQUEST_PARKED && r->state != REQUEST_HELD)
		return;
	unlink_parked(r);
	execute_abort(r, (enum vs_response)how);
}

static void abort_one(struct request *task, struct request *r)
{
	bool reset = task->control.function == VS_I_T_NEXUS_RESET ||
		     task->control.function == VS_LOGICAL_UNIT_RESET;

	abort_request(r, reset ? VS_RESET : VS_ABORTED);
}

static void answer(struct request *r, enum vs_response response)
{
	uint8_t wire[VS_CONTROL_ANSWER_BYTES_MAX];
	uint32_t bytes = r->control.answer_bytes;

	vs_control_answer(&r->control, (uint8_t)response, wire);
	iov_write(r->chain.iov + r->chain.n_out, r->chain.n_in, 0, wire, bytes);
	queue_give(r, bytes);
}

void task_clear(struct worker *w, struct unit *u, uint8_t how)
{
	for (unsigned i = VS_REQUEST_QUEUE; i < VU_RINGS_MAX; i++) {
		struct queue *q = &w->queue[i];

		for (unsigned k = 0; q->state != QUEUE_OFF && k < q->n_allocated; k++) {
			struct request *r = &q->requests[k];

			if (r->unit == u && r->state != REQUEST_FREE)
				abort_request(r, how);
		}
	}
}

static bool aborts(const struct request *task)
{
	return task->control.function != VS_QUERY_TASK &&
	       task->control.function != VS_QUERY_TASK_SET;
}

/* What the predecessor had begun of it has not ended, either. */
static bool predecessor_may_work(const struct request *task)
{
	const struct worker *w = task->queue->worker;

	if (task->control.function != VS_I_T_NEXUS_RESET)
		return task->unit && !task->unit->locked;
	for (unsigned i = 0; i < VS_LUNS; i++)
		if (w->unit[i] && !w->unit[i]->locked)
			return true;
	return agree_lost(w);
}

static void wait_covered(struct request *r)
{
	struct worker *w = r->queue->worker;

	for_covered(r, abort_one);
	if (r->control.function == VS_LOGICAL_UNIT_RESET) {
		scsi_lun_reset(&r->unit->scsi);
		agree_reset(r);
	}
	if (r->control.function == VS_I_T_NEXUS_RESET) {
		for (unsigned i = 0; i < VS_LUNS; i++)
			if (w->unit[i])
				scsi_lun_reset(&w->unit[i]->scsi);
		agree_nexus_lost(w);
	}
	r->state = REQUEST_WAITING;
	r->next = w->tasks;
	w->tasks = r;
}

static void carry_out(struct request *r)
{
	switch (r->control.function) {
	case VS_ABORT_TASK:
	case VS_ABORT_TASK_SET:
	case VS_CLEAR_TASK_SET:
	case VS_I_T_NEXUS_RESET:
	case VS_LOGICAL_UNIT_RESET:
		wait_covered(r);
		return;
	case VS_QUERY_TASK:
	case VS_QUERY_TASK_SET:
		answer(r, for_covered(r, NULL) ? VS_FUNCTION_SUCCEEDED : VS_OK);
		return;
	default: /* CLEAR ACA: no ACA is offered */
		answer(r, VS_FUNCTION_REJECTED);
	}
}

void task_execute(struct request *r)
{
	struct worker *w = r->queue->worker;
	uint8_t wire[VS_CONTROL_BYTES_MAX];
	enum scsi_address address;
	size_t n = iov_read(r->chain.iov, r->chain.n_out, 0, wire, sizeof(wire));
	unsigned number = 0;

	if (vs_control_get(wire, (uint32_t)n, &r->control) ||
		r->chain.in_bytes < r->control.answer_bytes) {
		r->queue->ring.broken = true;
		queue_give(r, 0);
		return;
	}
	address = scsi_address(&w->target, r->control.lun, &number);
	if (address == SCSI_AT_LUN && number < VS_LUNS)
		r->unit = w->unit[number]; /* not counted: it holds no I/O */
	if (r->control.kind != VS_TASK_MANAGEMENT)
		answer(r, r->unit ? VS_OK : VS_BAD_TARGET);
	else if (address == SCSI_AT_NO_TARGET)
		answer(r, VS_BAD_TARGET);
	else if (!r->unit && r->control.function != VS_I_T_NEXUS_RESET)
		answer(r, VS_INCORRECT_LUN);
	else
		carry_out(r);
}

void task_poll(struct worker *w)
{
	struct request **at = &w->tasks;

	while (*at) {
		struct request *r = *at;

		if (for_covered(r, NULL) || r->op.kind != AGREE_NONE ||
			(aborts(r) && predecessor_may_work(r))) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		answer(r, r->op.failed ? VS_FAILURE : VS_OK);
	}
}
