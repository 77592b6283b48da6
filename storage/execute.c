/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A request of a request queue, from the buffer to its answer: header, decode, wait for the LUN's
 * lock, I/O, response. What SCSI says of it is scsi.h's. The worker runs it.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "storage/drive.h"
#include "storage/fault.h"
#include "storage/worker_private.h"

static void respond_scsi(struct request *r)
{
	const struct scsi_request *s = &r->scsi;
	struct vs_result result = {
		.residual = s->residual,
		.status = (uint8_t)s->status,
		.response = VS_OK,
		.sense_bytes = s->sense_len,
	};
	uint32_t data_bytes = s->data_len < s->in_offered ? s->data_len : s->in_offered;

	memcpy(result.sense, s->sense, s->sense_len);
	if (s->data_len) /* an answer made here; what was read is there already */
		iov_write(r->chain.iov + r->chain.n_out, r->chain.n_in, VS_RESPONSE_BYTES, s->data,
			data_bytes);
	else if (s->plan == SCSI_READ && s->status == SCSI_GOOD)
		data_bytes = s->in_len;
	execute_respond(r, &result, data_bytes);
}

void execute_respond(struct request *r, const struct vs_result *result, uint32_t data_bytes)
{
	uint8_t wire[VS_RESPONSE_BYTES];

	vs_response_put(result, wire);
	iov_write(r->chain.iov + r->chain.n_out, r->chain.n_in, 0, wire, sizeof(wire));
	if (r->unit)
		agree_leave(r);
	agree_cancel(r);
	rangelock_leave(r);
	worker_drop_bounce(r);
	queue_give(r, VS_RESPONSE_BYTES + data_bytes);
}

/* Answers with nothing but virtio's own code. */
static void respond_code(struct request *r, enum vs_response code)
{
	if (code == (enum vs_response)REQUEST_CLEARED) {
		scsi_aborted(&r->scsi);
		respond_scsi(r);
		return;
	}
	execute_respond(r,
		&(struct vs_result){.response = (uint8_t)code,
			.residual = r->scsi.in_offered + r->scsi.out_offered},
		0);
}

void execute_abort(struct request *r, enum vs_response response)
{
	respond_code(r, response);
}

static void count(struct request *r, enum scsi_io result)
{
	struct unit_counters *c = &r->unit->counters;
	bool read = r->scsi.plan == SCSI_READ, write = r->scsi.plan == SCSI_WRITE;

	if (result != SCSI_IO_DONE && result != SCSI_IO_MISCOMPARE)
		c->errors++;
	else if (!read && !write)
		c->others++;
	if (result != SCSI_IO_DONE)
		return;
	if (read) {
		c->reads++;
		c->read_bytes += r->bytes;
	} else if (write) {
		c->writes++;
		c->write_bytes += r->bytes;
	}
}

void execute_done(struct request *r, enum scsi_io result, uint64_t where)
{
	count(r, result);
	if (r->aborted) {
		respond_code(r, (enum vs_response)r->aborted);
		return;
	}
	r->scsi.data = r->queue->worker->data;
	scsi_complete(&r->scsi, result, where);
	respond_scsi(r);
}

void execute_reserved(struct request *r, int rc)
{
	if (rc) { /* it is not on the disk, or not everywhere: nobody can say more */
		execute_done(r, SCSI_IO_ABORTED, 0);
		return;
	}
	again_keep(r, (uint8_t)r->where, 0);
	if (r->aborted) {
		respond_code(r, (enum vs_response)r->aborted);
		return;
	}
	scsi_reserved(&r->scsi, (enum reservation_result)r->where);
	respond_scsi(r);
}

void execute_grouped(struct request *r, int rc)
{
	if (r->aborted) {
		respond_code(r, (enum vs_response)r->aborted);
		return;
	}
	scsi_groups_set(&r->scsi, rc);
	respond_scsi(r);
}

/* Where READ and WRITE move data, in the buffer behind the headers. */
static void find_data(struct request *r, bool write)
{
	const struct vring_chain *c = &r->chain;

	r->bytes = write ? r->scsi.out_len : r->scsi.in_len;
	if (write)
		r->n_data = iov_slice(c->iov, c->n_out, VS_REQUEST_BYTES, r->bytes, r->data);
	else
		r->n_data =
			iov_slice(c->iov + c->n_out, c->n_in, VS_RESPONSE_BYTES, r->bytes, r->data);
	r->offset = r->scsi.lba * r->unit->backing.block_bytes;
}

/* The predecessor had it: what it has kept of it is the answer. */
static void answer_again(struct request *r)
{
	struct outcome kept;

	if (again_find(r, &kept) != OUTCOME_KEPT) {
		/* The client must look, and decide: what it finds holds everywhere. */
		if (r->scsi.plan == SCSI_RESERVE)
			agree_unknown(r);
		else
			execute_done(r, SCSI_IO_ABORTED, 0);
	} else if (r->scsi.plan != SCSI_RESERVE) {
		execute_done(r, (enum scsi_io)kept.result, kept.where);
	} else {
		scsi_reserved(&r->scsi, (enum reservation_result)kept.result);
		respond_scsi(r);
	}
}

static void execute_io(struct request *r)
{
	fault_point(FAULT_CRASH);
	fault_point(FAULT_SPIN);
	if (r->again && !again_may_run(r))
		answer_again(r);
	else if (r->again && r->unit->agree.abort_again)
		respond_code(r, (enum vs_response)REQUEST_CLEARED);
	else if (!fault_takes(r))
		execute_io_now(r);
}

void execute_unparked(struct request *r)
{
	if (scsi_still_allowed(&r->queue->worker->target, &r->scsi))
		execute_io(r);
	else
		respond_scsi(r);
}

void execute_io_now(struct request *r)
{
	if (rangelock_enter(r))
		execute_perform(r);
}

void execute_perform(struct request *r)
{
	fault_trace(r, false);
	switch (r->scsi.plan) {
	case SCSI_READ:
	case SCSI_WRITE:
		find_data(r, r->scsi.plan == SCSI_WRITE);
		/* Half a block cannot be done: scsi.h hands whole ones, or the client lies. */
		if (!r->bytes || r->bytes % r->unit->backing.block_bytes)
			execute_done(r, r->bytes ? SCSI_IO_ABORTED : SCSI_IO_DONE, 0);
		else
			transfer_start(r);
		return;
	case SCSI_FLUSH:
		transfer_flush(r);
		return;
	case SCSI_LOAD:
	case SCSI_EJECT:
		drive_move_tray(r);
		return;
	case SCSI_PREFETCH:
		execute_done(r, SCSI_IO_DONE, 0);
		return;
	case SCSI_RESERVE:
		agree_reserve(r);
		return;
	case SCSI_SET_GROUPS:
		groups_ask(r);
		return;
	default:
		find_data(r, true);
		blockop_start(r);
	}
}

static void park(struct request *r)
{
	r->state = REQUEST_PARKED;
	r->next = NULL;
	*r->unit->parked_tail = r;
	r->unit->parked_tail = &r->next;
}

static bool needs_lock(const struct request *r)
{
	return r->scsi.plan != SCSI_ANSWERED && r->unit->backing.fd >= 0;
}

static void carry_out(struct request *r)
{
	switch (r->scsi.plan) {
	case SCSI_ANSWERED:
		respond_scsi(r);
		return;
	case SCSI_BAD_TARGET:
		respond_code(r, VS_BAD_TARGET);
		return;
	case SCSI_OVERRUN:
		respond_code(r, VS_OVERRUN);
		return;
	default:
		break;
	}
	assert(r->unit);
	if (needs_lock(r) && !r->unit->locked)
		park(r);
	else
		execute_io(r);
}

/* The parameter list: copied once. An UNMAP's list is kept in a buffer of the pool. */
static void take_parameters(struct request *r)
{
	struct worker *w = r->queue->worker;

	r->bounce = bounce_take(w->bounce);
	if (!r->bounce) {
		respond_code(r, VS_BUSY);
		return;
	}
	iov_read(r->chain.iov, r->chain.n_out, VS_REQUEST_BYTES, r->bounce, r->scsi.out_len);
	scsi_parameters(&w->target, &r->scsi, r->bounce);
	if (r->scsi.plan != SCSI_UNMAP)
		worker_drop_bounce(r);
	carry_out(r);
}

void execute(struct request *r)
{
	struct worker *w = r->queue->worker;
	uint8_t wire[VS_REQUEST_BYTES];
	struct vs_request header;
	unsigned number;

	if (r->chain.out_bytes < VS_REQUEST_BYTES || r->chain.in_bytes < VS_RESPONSE_BYTES) {
		/* virtio 1.2, 5.6.6.1: the driver must give these */
		r->queue->ring.broken = true;
		queue_give(r, 0);
		return;
	}
	iov_read(r->chain.iov, r->chain.n_out, 0, wire, sizeof(wire));
	vs_request_get(wire, &header);
	r->tag = header.tag;
	memcpy(r->scsi.lun_address, header.lun, sizeof(header.lun));
	memcpy(r->scsi.cdb, header.cdb, sizeof(r->scsi.cdb));
	r->scsi.in_offered = r->chain.in_bytes - VS_RESPONSE_BYTES;
	r->scsi.out_offered = r->chain.out_bytes - VS_REQUEST_BYTES;
	r->scsi.data = w->data;
	if (scsi_address(&w->target, header.lun, &number) == SCSI_AT_LUN && number < VS_LUNS &&
		w->unit[number]) {
		agree_look(w, w->unit[number]); /* before it is one of those that go by the old */
		r->unit = w->unit[number];
		agree_enter(r);
	}
	scsi_decode(&w->target, &r->scsi);
	if (r->scsi.plan == SCSI_PARAMETERS)
		take_parameters(r);
	else
		carry_out(r);
}
