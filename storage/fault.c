/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Planted faults; compiled into `vios-scsid-faults` alone. The main thread asks for them by the
 * `fault` method, the worker carries them out.
 */
#include "storage/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/worker_private.h"

#define HELD_MAX 4096

static _Atomic unsigned left[FAULT_PLACES];

static const char *const names[FAULT_PLACES] = {"", "put", "before-show", "shown", "half-cleared",
	"cleared", "crash", "spin", "begun", "done", "kept", "agreed", "unlocked", "unguarded",
	"undrained"};

void fault_plant(enum fault_place place, unsigned n)
{
	atomic_store(&left[place], n);
}

enum fault_place fault_named(const char *name)
{
	for (unsigned i = 1; i < FAULT_PLACES; i++)
		if (name && !strcmp(names[i], name))
			return (enum fault_place)i;
	return FAULT_NONE;
}

/* Writer: main. */
static struct {
	_Atomic int what;
	_Atomic unsigned delay_ms;
} disks[VS_LUNS];

/* The worker's. */
static struct {
	struct request *request;
	uint64_t due_ns;
} held[HELD_MAX];
static unsigned n_held;

static int due(enum fault_place place)
{
	return atomic_load(&left[place]) && atomic_fetch_sub(&left[place], 1) == 1;
}

void fault_point(enum fault_place place)
{
	if (!due(place))
		return;
	if (place == FAULT_CRASH)
		abort();
	while (place == FAULT_SPIN)
		;
	_exit(3);
}

bool fault_on(enum fault_place place)
{
	return atomic_load(&left[place]);
}

void fault_half(struct inflight *q, unsigned n, unsigned used_idx)
{
	if (n < 2 || !due(FAULT_HALF_CLEARED))
		return;
	inflight_shown(q, n / 2, (uint16_t)used_idx);
	_exit(3);
}

int fault_disk_named(const char *name)
{
	static const char *const what[FAULT_DISKS] = {
		"none", "error", "gone", "delay", "stuck", "medium", "block"};

	for (int i = 0; i < FAULT_DISKS; i++)
		if (name && !strcmp(what[i], name))
			return i;
	return -1;
}

void fault_disk(unsigned lun, enum fault_disk what, unsigned delay_ms)
{
	atomic_store(&disks[lun].delay_ms, delay_ms);
	atomic_store(&disks[lun].what, what);
}

int fault_probe(unsigned lun, uint64_t offset)
{
	int what = atomic_load(&disks[lun].what);

	if (what == FAULT_DISK_BLOCK)
		return offset < FAULT_BLOCK * 512 ? -EIO : 0;
	return what == FAULT_DISK_ERROR ? -EIO : what == FAULT_DISK_GONE ? -ENODEV : 0;
}

static bool hold(struct request *r, uint64_t due_ns)
{
	if (n_held == HELD_MAX)
		return false;
	held[n_held].request = r;
	held[n_held++].due_ns = due_ns;
	return true;
}

bool fault_takes(struct request *r)
{
	unsigned lun = r->unit->config.lun;
	bool writes = r->scsi.plan != SCSI_READ && r->scsi.plan != SCSI_VERIFY;

	switch (atomic_load(&disks[lun].what)) {
	case FAULT_DISK_ERROR:
		held_failed(r, EIO, writes, r->scsi.lba);
		return true;
	case FAULT_DISK_GONE:
		held_failed(r, ENODEV, writes, r->scsi.lba);
		return true;
	case FAULT_DISK_MEDIUM:
		held_failed(r, ENODATA, writes, r->scsi.lba);
		return true;
	case FAULT_DISK_BLOCK:
		if (r->scsi.lba >= FAULT_BLOCK)
			return false;
		held_failed(r, EIO, writes, r->scsi.lba);
		return true;
	case FAULT_DISK_DELAY:
		return hold(r, worker_now_ns() + atomic_load(&disks[lun].delay_ms) * 1000000ull);
	case FAULT_DISK_STUCK:
		return hold(r, UINT64_MAX);
	default:
		return false;
	}
}

unsigned fault_turn(void)
{
	uint64_t now_ns = n_held ? worker_now_ns() : 0;
	unsigned n = 0;

	for (unsigned i = 0; i < n_held;) {
		struct request *r = held[i].request;
		int what = atomic_load(&disks[r->unit->config.lun].what);

		if (what == FAULT_DISK_STUCK ||
			(what == FAULT_DISK_DELAY && held[i].due_ns > now_ns)) {
			i++;
			continue;
		}
		held[i] = held[--n_held];
		execute_io_now(r);
		n++;
	}
	return n;
}

int fault_timeout_us(void)
{
	return n_held ? 1000 : -1;
}

static int trace_fd = -1; /* opened before there is a thread; -1: nobody asked */

__attribute__((constructor)) static void open_trace(void)
{
	const char *path = getenv("VIOS_TRACE");

	if (path)
		trace_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

void fault_trace(const struct request *r, bool begun)
{
	uint8_t record[16] = {[8] = 'X', [9] = r->scsi.cdb[0]};
	bool has_outcome = r->scsi.plan == SCSI_COMPARE_AND_WRITE || r->scsi.plan == SCSI_ORWRITE ||
			   r->scsi.plan == SCSI_RESERVE;

	if (trace_fd < 0 || begun != has_outcome)
		return;
	memcpy(record, &r->tag, sizeof(r->tag));
	if (write(trace_fd, record, sizeof(record)) != sizeof(record))
		abort(); /* a trace with holes proves nothing */
}
