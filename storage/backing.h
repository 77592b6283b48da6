/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * backing.h - edge: what a LUN is made of, a block device or a file. Everything but the lock may
 * block on the disk.
 */
#ifndef VIOS_STORAGE_BACKING_H
#define VIOS_STORAGE_BACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct backing {
	int fd; /* O_DIRECT; the only description that I/O is done on, and that the lock is on */
	bool other_first; /* of two nodes it is the one that everybody locks first */
	int other_fd; /* the other VIOS's node of the same LUN, for locks alone; -1: it is this one
		       */
	bool is_device;
	uint32_t block_bytes; /* of a device its logical blocks; of a file as configured */
	uint32_t align_bytes; /* of memory and offsets for direct I/O */
	/* What it writes without reading first: a power of two, block_bytes at least. */
	uint32_t physical_bytes;
	uint64_t size_bytes;
	dev_t dev; /* the inode that locks belong to */
	ino_t ino;
	dev_t rdev; /* of a device */
};

/* Opens path. block_bytes: a file's, 512 or 4096; a device's must be the same, 0: as it is. 0, or
 * -errno and in why what was wrong and what to do. */
int backing_open(
	const char *path, uint32_t block_bytes, struct backing *out, char *why, size_t why_bytes);
void backing_close(struct backing *b);
/* Where each VIOS has a node of its own: the other one's, unless it is the same inode. 0, or -errno
 * and why. */
int backing_open_other(struct backing *b, const char *path, char *why, size_t why_bytes);
/* How large it is now. 0 or -errno. */
int backing_size(const struct backing *b, uint64_t *size_bytes);

/*
 * DESIGN, *Release*: nothing is done on a LUN before this is held; the kernel drops it with the
 * last request in flight. The byte is 2^62 + adapter_id. Never blocks: 0, -EAGAIN: another target
 * still has it, -errno.
 */
int backing_lock(int fd, uint32_t adapter_id);
void backing_unlock(int fd, uint32_t adapter_id);
/*
 * Bytes begin to end, for this description alone; on the same inode all targets of the device find
 * it. place: who is next to get them (ranges.h). Never blocks: 0, -EAGAIN, -errno. end: at most
 * 2^61.
 */
int backing_lock_range(int fd, uint64_t begin, uint64_t end, bool place);
void backing_unlock_range(int fd, uint64_t begin, uint64_t end, bool place);
bool backing_others_wait(int fd); /* another description has a place */
/* Has another description the lock of that adapter? */
bool backing_held(int fd, uint32_t adapter_id);
/* As backing_lock_range(), and waits: not for the worker. */
int backing_wait_range(int fd, uint64_t begin, uint64_t end);
/* Opens and makes the file that stands for the adapter as a whole, for backing_lock(). */
int backing_lock_file(const char *path);

/* 0 or -errno; a range that need not become zero is given back (-EOPNOTSUPP: it cannot be). */
int backing_discard(const struct backing *b, uint64_t offset, uint64_t len_bytes);
/* The range reads as zeroes afterwards. */
int backing_zero(const struct backing *b, uint64_t offset, uint64_t len_bytes, bool may_discard);
int backing_flush(const struct backing *b);

#endif
