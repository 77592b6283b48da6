/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several targets of one disk: what a request changes is locked on the description that its I/O is
 * done on, before anything of it is read or written, until it is over. Who takes part: COMPARE AND
 * WRITE and ORWRITE always; plain writes while their LUN is shared, or beside one of those; reads
 * never. The rules are ranges.h's; here are the kernel's locks and the requests. The worker's.
 */
#include "storage/rangelock.h"

#include "storage/fault.h"
#include "storage/worker_private.h"

/* Lists of UNMAP are kept in buffers of the pool, which those that they wait for may need. */
#define LISTS_MAX (BOUNCE_BUFFERS / 2)

static struct request *request_of(struct range *range)
{
	return (struct request *)(void *)((char *)range - offsetof(struct request, range));
}

static int lock(void *user, enum ranges_lock which, uint64_t begin, uint64_t end)
{
	const struct unit *u = user;

	int first = u->backing.other_first ? u->backing.other_fd : u->backing.fd;
	int second = u->backing.other_first ? u->backing.fd : u->backing.other_fd;
	int rc;

	if (fault_on(FAULT_UNLOCKED))
		return 0;
	rc = backing_lock_range(first, begin, end, which == RANGES_PLACE);
	if (rc || second < 0)
		return rc;
	rc = backing_lock_range(second, begin, end, which == RANGES_PLACE);
	if (rc)
		backing_unlock_range(first, begin, end, which == RANGES_PLACE);
	return rc;
}

static void unlock(void *user, enum ranges_lock which, uint64_t begin, uint64_t end)
{
	const struct unit *u = user;

	if (fault_on(FAULT_UNLOCKED))
		return;
	backing_unlock_range(u->backing.fd, begin, end, which == RANGES_PLACE);
	if (u->backing.other_fd >= 0)
		backing_unlock_range(u->backing.other_fd, begin, end, which == RANGES_PLACE);
}

static bool others_wait(void *user)
{
	const struct unit *u = user;

	return backing_others_wait(u->backing.fd);
}

static struct ranges_kernel kernel_of(struct unit *u)
{
	return (struct ranges_kernel){lock, unlock, others_wait, u};
}

/* From the first block to the last of the list; false: it is empty. */
static bool unmap_blocks(const struct request *r, uint64_t *first, uint64_t *end)
{
	*first = UINT64_MAX;
	*end = 0;
	for (uint32_t i = 0; i < r->scsi.unmap_count; i++) {
		uint64_t lba, blocks;

		scsi_unmap_get(r->bounce, i, &lba, &blocks);
		*first = lba < *first ? lba : *first;
		*end = lba + blocks > *end ? lba + blocks : *end;
	}
	return *first < *end;
}

/* What it changes; false: nothing. */
static bool changes(const struct request *r, uint64_t *begin, uint64_t *end)
{
	uint32_t block = r->unit->backing.block_bytes;

	*begin = r->scsi.lba;
	*end = r->scsi.lba + r->scsi.blocks;
	switch (r->scsi.plan) {
	case SCSI_WRITE:
	case SCSI_WRITE_VERIFY:
	case SCSI_WRITE_SAME:
	case SCSI_COMPARE_AND_WRITE:
	case SCSI_ORWRITE:
		break;
	case SCSI_UNMAP:
		if (!unmap_blocks(r, begin, end))
			return false;
		break;
	default:
		return false;
	}
	*begin *= block;
	*end *= block;
	return *begin < *end;
}

static bool reads_first(const struct request *r)
{
	return r->scsi.plan == SCSI_COMPARE_AND_WRITE || r->scsi.plan == SCSI_ORWRITE;
}

static void wait_here(struct request *r)
{
	struct worker *w = r->queue->worker;

	w->range_waits++;
	w->range_lists += r->scsi.plan == SCSI_UNMAP;
	r->state = REQUEST_PARKED;
}

static void waits_no_more(struct request *r)
{
	struct worker *w = r->queue->worker;

	w->range_waits--;
	w->range_lists -= r->scsi.plan == SCSI_UNMAP;
	r->state = REQUEST_RUNNING;
}

bool rangelock_enter(struct request *r)
{
	struct worker *w = r->queue->worker;
	struct unit *u = r->unit;
	struct ranges_kernel kernel = kernel_of(u);
	uint64_t begin, end, now_ns;

	if (!changes(r, &begin, &end))
		return true;
	if (!u->shared && !u->ranges.first && !reads_first(r)) {
		ranges_add_loose(&u->ranges, &r->range);
		return true;
	}
	now_ns = worker_now_ns();
	ranges_add(&u->ranges, &r->range, begin, end, !u->shared && !reads_first(r), now_ns);
	if (ranges_try(&u->ranges, &r->range, now_ns, &kernel))
		return true;
	wait_here(r);
	if (w->range_lists > LISTS_MAX)
		execute_done(r, SCSI_IO_BUSY, 0);
	return false;
}

void rangelock_leave(struct request *r)
{
	struct ranges_kernel kernel;

	if (r->range.state == RANGE_NONE)
		return;
	kernel = kernel_of(r->unit);
	if (r->range.state == RANGE_WAITING)
		waits_no_more(r);
	ranges_remove(&r->unit->ranges, &r->range, &kernel);
}

struct request *rangelock_waiting(struct unit *u)
{
	struct range *range = u->ranges.first;

	while (range && range->state != RANGE_WAITING)
		range = range->next;
	return range ? request_of(range) : NULL;
}

static unsigned poll_unit(struct unit *u, uint64_t now_ns)
{
	struct ranges_kernel kernel = kernel_of(u);
	unsigned n = 0;

	for (struct range *range = u->ranges.first, *next; range; range = next) {
		struct request *r = request_of(range);

		next = range->next;
		if (range->state != RANGE_WAITING)
			continue;
		if (ranges_try(&u->ranges, range, now_ns, &kernel)) {
			waits_no_more(r);
			execute_perform(r);
		} else if (ranges_overdue(range, now_ns)) {
			execute_done(r, SCSI_IO_BUSY, 0);
		} else {
			continue;
		}
		n++;
	}
	return n;
}

unsigned rangelock_poll(struct worker *w)
{
	uint64_t now_ns = w->range_waits ? worker_now_ns() : 0;
	unsigned n = 0;

	for (unsigned i = 0; w->range_waits && i < VS_LUNS; i++)
		if (w->unit[i] && w->unit[i]->ranges.n_waiting)
			n += poll_unit(w->unit[i], now_ns);
	return n;
}

int rangelock_timeout_us(const struct worker *w)
{
	uint64_t next_ns = UINT64_MAX, now_ns;

	if (!w->range_waits)
		return -1;
	for (unsigned i = 0; i < VS_LUNS; i++) {
		uint64_t unit_ns = w->unit[i] ? ranges_next_ns(&w->unit[i]->ranges) : UINT64_MAX;

		next_ns = unit_ns < next_ns ? unit_ns : next_ns;
	}
	now_ns = worker_now_ns();
	if (next_ns == UINT64_MAX)
		return -1;
	return next_ns <= now_ns ? 0 : (int)((next_ns - now_ns) / 1000 + 1);
}
