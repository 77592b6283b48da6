/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * READ and WRITE: straight between the client's memory and the disk, or, where a piece of memory is
 * not aligned as direct I/O asks, through a buffer of the pool, a piece after the other. The worker
 * runs it.
 */
#include <errno.h>

#include "storage/worker_private.h"

static void step_done(struct aio_request *aio, long result);

static struct request *request_of(struct aio_request *aio)
{
	return (struct request *)(void *)((char *)aio - offsetof(struct request, aio));
}

static void wait_for_bounce(struct request *r)
{
	struct worker *w = r->queue->worker;

	r->next = NULL;
	*w->bounce_tail = r;
	w->bounce_tail = &r->next;
}

static bool is_write(const struct request *r)
{
	return r->scsi.plan == SCSI_WRITE;
}

static void submit(struct request *r, const struct iov *iov, unsigned n)
{
	struct worker *w = r->queue->worker;
	uint64_t at = r->offset + r->done_bytes;

	r->aio.done = step_done;
	if (is_write(r))
		aio_write(w->aio, &r->aio, r->unit->backing.fd, iov, n, at, r->durable);
	else
		aio_read(w->aio, &r->aio, r->unit->backing.fd, iov, n, at);
}

/* The next piece, of what is left. */
static void step(struct request *r)
{
	uint32_t left = r->bytes - r->done_bytes;

	if (!r->bounce && iov_aligned(r->data, r->n_data, r->unit->backing.align_bytes)) {
		r->step_bytes = left;
		submit(r, r->data, r->n_data);
		return;
	}
	if (!r->bounce)
		r->bounce = bounce_take(r->queue->worker->bounce);
	if (!r->bounce) {
		wait_for_bounce(r);
		return;
	}
	r->step_bytes = left < BOUNCE_BYTES ? left : BOUNCE_BYTES;
	if (is_write(r))
		iov_read(r->data, r->n_data, 0, r->bounce, r->step_bytes);
	r->bounce_iov = (struct iov){r->bounce, r->step_bytes};
	submit(r, &r->bounce_iov, 1);
}

static void step_done(struct aio_request *aio, long result)
{
	struct request *r = request_of(aio);
	uint32_t block = r->unit->backing.block_bytes;

	/* Nothing: behind the end of a file that has been cut. Not whole blocks: likewise. */
	if (result <= 0 || result % block) {
		worker_drop_bounce(r);
		held_failed(r, result < 0 ? -result : ENODATA, is_write(r),
			(r->offset + r->done_bytes) / block);
		return;
	}
	if (r->bounce && !is_write(r))
		iov_write(r->data, r->n_data, 0, r->bounce, (size_t)result);
	r->done_bytes += (uint32_t)result;
	if (r->done_bytes < r->bytes) {
		r->n_data = iov_slice(
			r->data, r->n_data, (uint64_t)result, r->bytes - r->done_bytes, r->data);
		step(r);
		return;
	}
	worker_drop_bounce(r);
	execute_done(r, SCSI_IO_DONE, 0);
}

void transfer_start(struct request *r)
{
	r->done_bytes = 0;
	r->durable = r->scsi.fua || !r->unit->scsi.modes.current.wce;
	step(r);
}

static void flushed(struct aio_request *aio, long result)
{
	struct request *r = request_of(aio);

	if (result == -EINVAL || result == -EOPNOTSUPP) { /* not asynchronously on this file */
		blockop_start(r);
		return;
	}
	if (result < 0)
		held_failed(r, -result, true, r->scsi.lba);
	else
		execute_done(r, SCSI_IO_DONE, 0);
}

void transfer_flush(struct request *r)
{
	r->aio.done = flushed;
	aio_flush(r->queue->worker->aio, &r->aio, r->unit->backing.fd);
}

void transfer_retry(struct worker *w)
{
	struct request *r = w->bounce_wait;

	w->bounce_wait = NULL;
	w->bounce_tail = &w->bounce_wait;
	while (r) {
		struct request *next = r->next;

		r->next = NULL;
		step(r); /* may wait again, behind nobody who waited before it */
		r = next;
	}
}
