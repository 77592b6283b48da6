/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SET TARGET PORT GROUPS: which of a client's ways is the best one is the pair's to say, so the
 * request waits here, among those that are agreed on (agree.h), while main asks viosd. A target
 * that dies meanwhile leaves it to its successor, which asks again; asked for twice is as good as
 * once. The worker's, but for worker_groups_*(), which are main's.
 */
#include "storage/groups.h"

#include <errno.h>
#include <unistd.h>

#include "storage/worker_private.h"

static struct request *waiting(const struct worker *w)
{
	struct request *r = w->agree.ops;

	while (r && r->op.kind != AGREE_GROUPS)
		r = r->op.next;
	return r;
}

void groups_ask(struct request *r)
{
	struct worker *w = r->queue->worker;
	const uint64_t one = 1;

	if (waiting(w)) {
		execute_done(r, SCSI_IO_BUSY, 0);
		return;
	}
	agree_groups(r);
	r->op.generation = ++w->agree.groups.number;
	atomic_store(&w->agree.groups.wanted, (uint64_t)w->agree.groups.number << 32 |
						      (uint64_t)r->unit->config.lun << 16 |
						      r->scsi.groups.chosen);
	if (write(w->trouble_fd, &one, sizeof(one)) < 0)
		return; /* full: readable as well */
}

/* The client that asked knows; its other LUNs' and the other adapters' are told by `configure`. */
static void make_so(struct request *r)
{
	struct alua alua = r->unit->scsi.alua;

	alua_make_chosen(&alua, r->scsi.groups.chosen);
	scsi_lun_alua(&r->unit->scsi, &alua, true);
}

bool groups_step(struct request *r, bool overdue)
{
	uint64_t answer = atomic_load(&r->queue->worker->agree.groups.answers);
	bool answered = answer >> 1 == r->op.generation, done = answered && (answer & 1);

	if (!answered && !overdue)
		return false;
	agree_cancel(r);
	r->state = REQUEST_RUNNING;
	if (done)
		make_so(r);
	execute_grouped(r, done ? 0 : -EBUSY);
	return true;
}

bool groups_awaits(const struct worker *w, const struct unit *u, const struct alua *alua)
{
	const struct request *r = waiting(w);

	return r && r->unit == u && alua_is_chosen(alua, r->scsi.groups.chosen);
}

bool worker_groups_take(struct worker *w, struct worker_groups *out)
{
	uint64_t wanted = atomic_load(&w->agree.groups.wanted);

	if (wanted == w->agree.groups.taken)
		return false;
	w->agree.groups.taken = wanted;
	*out = (struct worker_groups){.number = (uint32_t)(wanted >> 32),
		.lun = (uint8_t)(wanted >> 16),
		.group = (uint16_t)wanted};
	return true;
}

void worker_groups_answer(struct worker *w, uint32_t number, bool done)
{
	atomic_store(&w->agree.groups.answers, (uint64_t)number << 1 | done);
	worker_ping(w);
}
