// SPDX-License-Identifier: BSD-3-Clause
/*
 * backing_look.c - each device is opened for reading and writing and for direct I/O, which is what
 * its target will do, then a few of its blocks are read. Nothing is written. Runs in the process
 * that file_look.h makes for it, which may wait for a disk, and owns nothing beyond a call.
 */
#include "vios-core/daemon/backing_look.h"

#include "vios-core/discovery/disk_scan.h"
#include "vios-core/discovery/file_id.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sha256.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PIECE_BYTES 4096u
#define PIECES 16u /* spread from the first block to the last */
#define FILE_BLOCK 512u

struct found {
	struct stat st;
	uint64_t size_bytes;
	uint32_t block_bytes;
	char node[MAPPING_TEXT], identity[MAPPING_TEXT], wwid[MAPPING_TEXT];
	char sample[2 * SHA256_DIGEST_LENGTH + 1];
	json_t *warnings;
};

static json_t *fault(const char *what, int error)
{
	return json_pack("{s:o}", "fault",
		error ? json_sprintf("%s: %s", what, strerror(error)) : json_string(what));
}

/* Looked at before it is opened: there are devices that act when somebody opens them. */
static int open_device(const char *path, struct stat *st)
{
	char self[64];
	int at = open(path, O_PATH | O_CLOEXEC), fd;

	if (at < 0 || fstat(at, st) < 0) {
		fd = -errno;
	} else if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode)) {
		fd = -ENOTBLK;
	} else {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", at);
		fd = open(self, O_RDWR | O_DIRECT | O_NONBLOCK | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
	}
	if (at >= 0)
		close(at);
	return fd;
}

static json_t *not_opened(int error)
{
	if (error == ENOTBLK)
		return fault("is neither a block device nor a file", 0);
	if (error == EINVAL)
		return fault("lies on a file system without direct I/O", 0);
	return fault("cannot be opened for writing", error);
}

static int find_sizes(int fd, const struct mapping_device *device, struct found *f)
{
	int logical = 0;

	if (S_ISREG(f->st.st_mode)) {
		f->block_bytes = device->block_bytes ? device->block_bytes : FILE_BLOCK;
		f->size_bytes = (uint64_t)f->st.st_size / f->block_bytes * f->block_bytes;
		return 0;
	}
	if (ioctl(fd, BLKSSZGET, &logical) < 0 || ioctl(fd, BLKGETSIZE64, &f->size_bytes) < 0)
		return -errno;
	f->block_bytes = (uint32_t)logical;
	return 0;
}

static int identify(int root, const char *path, struct found *f)
{
	const unsigned major = major(f->st.st_rdev), minor = minor(f->st.st_rdev);
	struct disk_facts facts;
	char boot[40] = "";
	uint64_t size_bytes;

	if (S_ISREG(f->st.st_mode))
		return file_id(root, path, f->node, &size_bytes);
	if (sysfile_text(root, "proc/sys/kernel/random/boot_id", boot, sizeof(boot)))
		snprintf(f->node, sizeof(f->node), "device.%s.%u:%u", boot, major, minor);
	if (disk_scan_number(root, major, minor, &facts) < 0)
		return 0; /* sysfs does not show it: nothing more is known */
	disk_identity(&facts, f->identity);
	snprintf(f->wwid, sizeof(f->wwid), "%s",
		facts.designator[0] ? facts.designator : facts.wwid);
	f->warnings = disk_warnings(&facts);
	return 0;
}

static int read_piece(int fd, uint64_t at, uint8_t *piece, SHA256_CTX *ctx)
{
	ssize_t n;

	do
		n = pread(fd, piece, PIECE_BYTES, (off_t)at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	SHA256Update(ctx, piece, (size_t)n);
	return 0;
}

static int sample(int fd, struct found *f)
{
	static uint8_t piece[PIECE_BYTES] __attribute__((aligned(PIECE_BYTES)));
	const uint64_t last = (f->size_bytes - 1) / PIECE_BYTES;
	uint8_t raw[SHA256_DIGEST_LENGTH];
	SHA256_CTX ctx;
	int r = 0;

	SHA256Init(&ctx);
	for (unsigned i = 0; i < PIECES && r == 0; i++)
		r = read_piece(fd, last / (PIECES - 1) * i * PIECE_BYTES, piece, &ctx);
	if (r == 0)
		r = read_piece(fd, last * PIECE_BYTES, piece, &ctx);
	SHA256Final(raw, &ctx);
	for (size_t i = 0; i < sizeof(raw); i++)
		sprintf(f->sample + 2 * i, "%02x", raw[i]);
	return r;
}

static json_t *look_into(int root, int fd, const struct mapping_device *device, struct found *f)
{
	int r = find_sizes(fd, device, f);

	if (r < 0)
		return fault("does not tell its size", -r);
	if (f->size_bytes < f->block_bytes)
		return fault("is empty", 0);
	r = identify(root, device->path, f);
	if (r < 0)
		return fault("cannot be told from others", -r);
	r = sample(fd, f);
	if (r < 0)
		return fault("cannot be read", -r);
	return json_pack("{s:I, s:i, s:s, s:s, s:s, s:s, s:O*}", "size_bytes",
		(json_int_t)f->size_bytes, "block_bytes", (int)f->block_bytes, "node", f->node,
		"identity", f->identity, "wwid", f->wwid, "sample", f->sample, "warnings",
		f->warnings);
}

static json_t *look(int root, const struct mapping_device *device)
{
	struct found f = {.warnings = NULL};
	int fd = open_device(device->path, &f.st);
	json_t *answer;

	if (fd < 0)
		return not_opened(-fd);
	answer = look_into(root, fd, device, &f);
	json_decref(f.warnings);
	close(fd);
	return answer;
}

json_t *backing_look(const void *what)
{
	const struct mapping_ask *ask = what;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	json_t *list = json_array();

	for (size_t i = 0; i < ask->n; i++)
		json_array_append_new(list, look(root, &ask->list[i]));
	close(root);
	return list;
}
