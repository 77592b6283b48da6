/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Block devices and files behind LUNs. Opening, sizes, discarding and flushing run on a thread that
 * may block (jobs.h), locking in the worker. A struct backing owns its descriptor.
 */
#include "storage/backing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_BASE (INT64_C(1) << 62)  /* + adapter id: who works the LUN */
#define PLACE_BASE (INT64_C(1) << 61) /* + byte: who gets it next */

__attribute__((format(printf, 3, 4))) static int refuse(
	char *why, size_t why_bytes, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, why_bytes, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* What it is said to be, if a logical unit can say so (SBC-4: 2^n blocks; more than 256 are no
 * sector's). */
static uint32_t physical(uint32_t block_bytes, uint64_t said)
{
	if (said < block_bytes || said > 256 * (uint64_t)block_bytes || (said & (said - 1)))
		return block_bytes;
	return (uint32_t)said;
}

static int probe_device(struct backing *b, uint32_t wanted, char *why, size_t why_bytes)
{
	int logical = 0;
	unsigned said = 0;

	if (ioctl(b->fd, BLKSSZGET, &logical) || ioctl(b->fd, BLKGETSIZE64, &b->size_bytes))
		return refuse(why, why_bytes, "its size cannot be read: %s", strerror(errno));
	if (wanted && wanted != (uint32_t)logical)
		return refuse(why, why_bytes,
			"has blocks of %d bytes, not of %u; map it with block_bytes %d", logical,
			wanted, logical);
	b->block_bytes = (uint32_t)logical;
	b->align_bytes = (uint32_t)logical;
	b->physical_bytes = physical(b->block_bytes, ioctl(b->fd, BLKPBSZGET, &said) ? 0 : said);
	return 0;
}

static int probe_file(struct backing *b, const struct stat *st, uint32_t wanted)
{
	struct statx sx;

	b->block_bytes = wanted ? wanted : 512;
	b->size_bytes = (uint64_t)st->st_size / b->block_bytes * b->block_bytes;
	b->align_bytes = 512;
	b->physical_bytes = physical(b->block_bytes, (uint64_t)st->st_blksize);
#ifdef STATX_DIOALIGN
	if (!statx(b->fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &sx) &&
		(sx.stx_mask & STATX_DIOALIGN)) {
		uint32_t align = sx.stx_dio_offset_align > sx.stx_dio_mem_align
					 ? sx.stx_dio_offset_align
					 : sx.stx_dio_mem_align;
		if (align > b->align_bytes)
			b->align_bytes = align;
	}
#else
	(void)sx;
#endif
	return 0;
}

static int probe(struct backing *b, uint32_t block_bytes, char *why, size_t why_bytes)
{
	struct stat st;

	if (fstat(b->fd, &st))
		return refuse(why, why_bytes, "cannot be looked at: %s", strerror(errno));
	b->dev = st.st_dev;
	b->ino = st.st_ino;
	b->rdev = st.st_rdev;
	b->is_device = S_ISBLK(st.st_mode);
	if (b->is_device)
		return probe_device(b, block_bytes, why, why_bytes);
	if (S_ISREG(st.st_mode))
		return probe_file(b, &st, block_bytes);
	return refuse(why, why_bytes, "is neither a block device nor a file");
}

int backing_open(
	const char *path, uint32_t block_bytes, struct backing *out, char *why, size_t why_bytes)
{
	/* For writing, also when the LUN is read-only: an exclusive lock asks for it. */
	struct backing b = {.fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC), .other_fd = -1};
	int rc;

	if (b.fd < 0 && errno == EINVAL)
		return refuse(why, why_bytes,
			"its file system has no direct I/O (O_DIRECT); put it on one that has");
	if (b.fd < 0) {
		rc = -errno;
		refuse(why, why_bytes, "cannot be opened for writing (the lock needs that): %s",
			strerror(errno));
		return rc;
	}
	rc = probe(&b, block_bytes, why, why_bytes);
	if (!rc && b.align_bytes > b.block_bytes)
		rc = refuse(why, why_bytes,
			"takes direct I/O of %u bytes only, more than its blocks of %u; use "
			"block_bytes %u",
			b.align_bytes, b.block_bytes, b.align_bytes);
	if (!rc && !b.size_bytes)
		rc = refuse(why, why_bytes, "is empty; give it a size first");
	if (rc)
		close(b.fd);
	else
		*out = b;
	return rc;
}

void backing_close(struct backing *b)
{
	if (b->fd >= 0)
		close(b->fd);
	if (b->other_fd >= 0)
		close(b->other_fd);
	b->fd = b->other_fd = -1;
}

int backing_open_other(struct backing *b, const char *path, char *why, size_t why_bytes)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), rc;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		rc = -errno;
		refuse(why, why_bytes,
			"the other VIOS's node of it, %.120s, cannot be opened: %s; both VIOS "
			"must have both nodes, for their locks",
			path, strerror(-rc));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	if (st.st_dev == b->dev && st.st_ino == b->ino) {
		close(fd);
		return 0;
	}
	b->other_fd = fd;
	b->other_first = st.st_dev < b->dev || (st.st_dev == b->dev && st.st_ino < b->ino);
	return 0;
}

int backing_size(const struct backing *b, uint64_t *size_bytes)
{
	struct stat st;

	if (b->is_device)
		return ioctl(b->fd, BLKGETSIZE64, size_bytes) ? -errno : 0;
	if (fstat(b->fd, &st))
		return -errno;
	*size_bytes = (uint64_t)st.st_size / b->block_bytes * b->block_bytes;
	return 0;
}

static int ask_lock(int fd, int how, short type, off_t start, off_t len)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
	int rc;

	do
		rc = fcntl(fd, how, &lock);
	while (rc && errno == EINTR);
	if (!rc)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

static int set_lock(int fd, short type, off_t start, off_t len)
{
	return ask_lock(fd, F_OFD_SETLK, type, start, len);
}

int backing_lock(int fd, uint32_t adapter_id)
{
	return set_lock(fd, F_WRLCK, LOCK_BASE + adapter_id, 1);
}

void backing_unlock(int fd, uint32_t adapter_id)
{
	set_lock(fd, F_UNLCK, LOCK_BASE + adapter_id, 1);
}

static off_t range_start(uint64_t begin, bool place)
{
	return (place ? PLACE_BASE : 0) + (off_t)begin;
}

int backing_lock_range(int fd, uint64_t begin, uint64_t end, bool place)
{
	return set_lock(fd, F_WRLCK, range_start(begin, place), (off_t)(end - begin));
}

void backing_unlock_range(int fd, uint64_t begin, uint64_t end, bool place)
{
	set_lock(fd, F_UNLCK, range_start(begin, place), (off_t)(end - begin));
}

int backing_wait_range(int fd, uint64_t begin, uint64_t end)
{
	return ask_lock(fd, F_OFD_SETLKW, F_WRLCK, range_start(begin, false), (off_t)(end - begin));
}

static bool others_have(int fd, off_t start, off_t len)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = len};

	return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

bool backing_others_wait(int fd)
{
	return others_have(fd, PLACE_BASE, PLACE_BASE);
}

bool backing_held(int fd, uint32_t adapter_id)
{
	return others_have(fd, LOCK_BASE + adapter_id, 1);
}

int backing_lock_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

int backing_discard(const struct backing *b, uint64_t offset, uint64_t len_bytes)
{
	uint64_t range[2] = {offset, len_bytes};
	int rc;

	if (b->is_device)
		rc = ioctl(b->fd, BLKDISCARD, range);
	else
		rc = fallocate(b->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
			(off_t)len_bytes);
	return rc ? -errno : 0;
}

int backing_zero(const struct backing *b, uint64_t offset, uint64_t len_bytes, bool may_discard)
{
	uint64_t range[2] = {offset, len_bytes};
	int mode = FALLOC_FL_KEEP_SIZE | FALLOC_FL_ZERO_RANGE;

	if (b->is_device)
		return ioctl(b->fd, BLKZEROOUT, range) ? -errno : 0;
	if (may_discard)
		mode = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
	return fallocate(b->fd, mode, (off_t)offset, (off_t)len_bytes) ? -errno : 0;
}

int backing_flush(const struct backing *b)
{
	return fdatasync(b->fd) ? -errno : 0;
}
