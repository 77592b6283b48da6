/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands that are more than one read or write, or that libaio cannot do: they run one after the
 * other on the jobs thread, with plain system calls, and so never beside each other. run_* is that
 * thread's and touches only the request and its unit's backing device; the rest is the worker's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/io_error.h"
#include "storage/worker_private.h"

static struct request *request_of(struct job *job)
{
	return (struct request *)(void *)((char *)job - offsetof(struct request, job));
}

/* Nothing: behind the end of a file that has been cut. */
static int short_of(ssize_t n)
{
	return n ? -errno : -ENODATA;
}

/* All of it, or -errno. */
static int read_all(int fd, uint8_t *to, size_t len, uint64_t at)
{
	while (len) {
		ssize_t n = pread(fd, to, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return short_of(n);
		to += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_all(int fd, const uint8_t *from, size_t len, uint64_t at)
{
	while (len) {
		ssize_t n = pwrite(fd, from, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return short_of(n);
		from += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* A piece of the range at work: up to a buffer of it. */
struct piece {
	struct request *r;
	uint8_t *disk, *client; /* BOUNCE_BYTES each, of this thread */
	uint64_t at, done;	/* place on the disk; in the range */
	size_t len;
};

/* Where the client's bytes for this piece are: for a range of one block, again and again. */
static void client_bytes(struct piece *p, uint64_t skip)
{
	struct request *r = p->r;
	uint32_t block = r->unit->backing.block_bytes;

	if (r->scsi.no_data) {
		memset(p->client, 0, p->len);
		return;
	}
	if (!r->scsi.one_block && r->scsi.plan != SCSI_WRITE_SAME) {
		iov_read(r->data, r->n_data, skip + p->done, p->client, p->len);
		return;
	}
	for (size_t i = 0; i < p->len; i += block)
		iov_read(r->data, r->n_data, 0, p->client + i, block);
}

static bool differs(struct piece *p)
{
	for (size_t i = 0; i < p->len; i++) {
		if (p->disk[i] == p->client[i])
			continue;
		p->r->io = SCSI_IO_MISCOMPARE;
		p->r->where = p->done + i;
		return true;
	}
	return false;
}

static void settle(struct request *r, int rc, bool write, uint64_t where)
{
	if (!rc)
		return;
	r->error = -rc;
	r->io = io_error_result(-rc, write);
	r->where = where;
}

static bool failed(struct piece *p, int rc, bool write)
{
	settle(p->r, rc, write, p->at / p->r->unit->backing.block_bytes);
	return rc;
}

/* Each false: stop; r->io says why. */
static bool do_read(struct piece *p)
{
	return !failed(p, read_all(p->r->unit->backing.fd, p->disk, p->len, p->at), false);
}

static bool do_write(struct piece *p, const uint8_t *from)
{
	return !failed(p, write_all(p->r->unit->backing.fd, from, p->len, p->at), true);
}

static bool verify_piece(struct piece *p)
{
	if (!do_read(p))
		return false;
	if (!p->r->scsi.bytchk)
		return true;
	client_bytes(p, 0);
	return !differs(p);
}

static bool compare_piece(struct piece *p)
{
	client_bytes(p, 0);
	return do_read(p) && !differs(p);
}

static bool write_second_half(struct piece *p)
{
	client_bytes(p, p->r->scsi.blocks * p->r->unit->backing.block_bytes);
	return do_write(p, p->client);
}

static bool write_piece(struct piece *p)
{
	client_bytes(p, 0);
	return do_write(p, p->client);
}

static bool orwrite_piece(struct piece *p)
{
	client_bytes(p, 0);
	if (!do_read(p))
		return false;
	for (size_t i = 0; i < p->len; i++)
		p->disk[i] |= p->client[i];
	return do_write(p, p->disk);
}

static bool for_range(struct request *r, bool (*fn)(struct piece *p))
{
	static uint8_t disk[BOUNCE_BYTES] __attribute__((aligned(4096)));
	static uint8_t client[BOUNCE_BYTES] __attribute__((aligned(4096)));
	uint64_t total = r->scsi.blocks * r->unit->backing.block_bytes;
	struct piece p = {.r = r, .disk = disk, .client = client};

	for (p.done = 0; p.done < total; p.done += p.len) {
		p.at = r->offset + p.done;
		p.len = total - p.done < BOUNCE_BYTES ? (size_t)(total - p.done) : BOUNCE_BYTES;
		if (!fn(&p))
			return false;
	}
	return true;
}

static void run_unmap(struct request *r)
{
	const struct backing *b = &r->unit->backing;
	int rc = 0;

	for (uint32_t i = 0; i < r->scsi.unmap_count && !rc; i++) {
		uint64_t lba, blocks;

		scsi_unmap_get(r->bounce, i, &lba, &blocks);
		if (!blocks) /* SBC-4, UNMAP block descriptor: no error */
			continue;
		rc = backing_discard(b, lba * b->block_bytes, blocks * b->block_bytes);
	}
	settle(r, rc == -EOPNOTSUPP ? 0 : rc, true, r->scsi.lba); /* a hint: nothing to give back */
}

static void run_write_same(struct request *r)
{
	const struct backing *b = &r->unit->backing;
	uint64_t bytes = r->scsi.blocks * b->block_bytes;

	if (!r->scsi.no_data)
		for_range(r, write_piece);
	else if (backing_zero(b, r->offset, bytes, r->scsi.unmap)) {
		for_range(r, write_piece); /* by hand */
	}
}

static void run_compound(struct request *r)
{
	bool done = true;

	switch (r->scsi.plan) {
	case SCSI_VERIFY:
		for_range(r, verify_piece);
		return;
	case SCSI_WRITE_VERIFY:
		if (for_range(r, write_piece))
			settle(r, backing_flush(&r->unit->backing), true, r->scsi.lba);
		if (r->io == SCSI_IO_DONE)
			for_range(r, verify_piece);
		return;
	case SCSI_COMPARE_AND_WRITE:
		done = for_range(r, compare_piece);
		if (done)
			again_begin(r);
		done = done && for_range(r, write_second_half);
		break;
	case SCSI_ORWRITE:
		again_begin(r);
		done = for_range(r, orwrite_piece);
		break;
	case SCSI_UNMAP:
		run_unmap(r);
		break;
	case SCSI_WRITE_SAME:
		run_write_same(r);
		break;
	case SCSI_FLUSH:
	case SCSI_SELECT_MODES:
		settle(r, backing_flush(&r->unit->backing), true, r->scsi.lba);
		return;
	default:
		r->io = SCSI_IO_ABORTED; /* a plan that this program does not know */
		return;
	}
	if (done && r->io == SCSI_IO_DONE && r->durable)
		settle(r, backing_flush(&r->unit->backing), true, r->scsi.lba);
}

static void run(struct job *job)
{
	struct request *r = request_of(job);

	r->io = SCSI_IO_DONE;
	r->where = 0;
	r->error = 0;
	run_compound(r);
	/* Of one that another path may find undone, done or half done, nobody knows the outcome. */
	if ((r->scsi.plan == SCSI_ORWRITE || r->scsi.plan == SCSI_COMPARE_AND_WRITE) &&
		!io_error_of_path(r->error))
		again_keep(r, (uint8_t)r->io, r->where);
}

static void done(struct job *job)
{
	struct request *r = request_of(job);

	if (r->scsi.plan == SCSI_SELECT_MODES && r->io == SCSI_IO_DONE && !r->aborted) {
		struct vs_result result;

		scsi_lun_modes(r->scsi.lun, &r->scsi.modes, true);
		scsi_modes_set(&r->scsi);
		result = (struct vs_result){.residual = r->scsi.residual,
			.status = (uint8_t)r->scsi.status,
			.sense_bytes = r->scsi.sense_len};
		memcpy(result.sense, r->scsi.sense, r->scsi.sense_len);
		r->unit->counters.others++;
		execute_respond(r, &result, 0);
		return;
	}
	if (r->error)
		held_failed(r, r->error, r->io != SCSI_IO_READ_ERROR, r->where);
	else
		execute_done(r, r->io, r->where);
}

void blockop_start(struct request *r)
{
	r->durable = r->scsi.fua || !r->unit->scsi.modes.current.wce;
	r->job.run = run;
	r->job.done = done;
	jobs_post(r->queue->worker->slow, &r->job);
}
