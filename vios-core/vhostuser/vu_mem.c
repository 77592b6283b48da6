/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_mem.c - looks at the client's memory files without mapping them. Runs in the caller's thread;
 * owns nothing.
 */
#include "vios-core/vhostuser/vu_mem.h"

#include "vios-core/base/keep_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum vu_fault vu_mem_check_file(int fd, const struct vu_region *region, bool allow_unsealed)
{
	struct stat st;
	int seals;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return VU_BAD_VALUE;
	if (st.st_size < 0 || region->mmap_offset > (uint64_t)st.st_size ||
		region->size_bytes > (uint64_t)st.st_size - region->mmap_offset)
		return VU_MEM_SHORT;
	seals = fcntl(fd, F_GET_SEALS); /* -1 where the file system has none */
	if (!allow_unsealed && (seals < 0 || !(seals & F_SEAL_SHRINK)))
		return VU_MEM_UNSEALED;
	return VU_OK;
}

enum vu_fault vu_mem_check_event(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return VU_BAD_VALUE;
	/* eventfd(2) is an anonymous inode: it has no type */
	return S_ISFIFO(st.st_mode) || !(st.st_mode & S_IFMT) ? VU_OK : VU_BAD_VALUE;
}

enum vu_fault vu_mem_check_message(const struct vu_msg *msg, bool allow_unsealed)
{
	struct vu_mem_table table;
	enum vu_fault fault = VU_OK;

	if (msg->request != VU_SET_MEM_TABLE) { /* then they are a ring's */
		for (uint32_t i = 0; !fault && i < msg->n_fds; i++)
			fault = vu_mem_check_event(msg->fds[i]);
		return fault;
	}
	fault = vu_msg_get_mem_table(msg, &table);
	for (uint32_t i = 0; !fault && i < table.n_regions && i < msg->n_fds; i++)
		fault = vu_mem_check_file(msg->fds[i], &table.region[i], allow_unsealed);
	return fault;
}

static int read_index(int fd, uint64_t offset, uint16_t *out)
{
	uint16_t value;
	ssize_t n;

	if (offset > INT64_MAX)
		return -EINVAL;
	do
		n = pread(fd, &value, sizeof(value), (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n != sizeof(value))
		return -ENODATA;
	*out = value;
	return 0;
}

int vu_mem_used_idx(const int *fds, const struct vu_ring_layout *layout, uint16_t *out)
{
	return read_index(fds[layout->used.region], vu_ring_used_idx_offset(layout), out);
}

int vu_mem_avail_idx(const int *fds, const struct vu_ring_layout *layout, uint16_t *out)
{
	return read_index(fds[layout->avail.region], vu_ring_avail_idx_offset(layout), out);
}

int vu_mem_kept_used_idx(const struct vu_back *b, uint32_t ring, uint16_t *out, void *user)
{
	const struct vu_front_ring *r = &b->device.ring[ring];
	struct vu_ring_layout layout;
	int fds[VU_REGIONS_MAX];

	for (uint32_t i = 0; i < VU_REGIONS_MAX; i++)
		fds[i] = keep_fd(b->device.mem_fds[i]);
	if (!r->num || !r->has_addr || !b->device.mem.n_regions ||
		vu_ring_locate(&b->device.mem, &r->addr, r->num, &layout))
		return -ENODATA;
	return vu_mem_used_idx(fds, &layout, out);
}

int vu_mem_new_region(uint64_t bytes)
{
	int fd = memfd_create("vios-inflight", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		err = -errno;
	if (err)
		close(fd);
	return err ? err : fd;
}
