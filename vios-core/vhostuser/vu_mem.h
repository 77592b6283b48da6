/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_mem.h - edge: the files behind guest memory. Nothing is ever mapped here: a client that
 * truncates its file makes pread(2) fail, not the process.
 */
#ifndef VIOS_VHOSTUSER_VU_MEM_H
#define VIOS_VHOSTUSER_VU_MEM_H

#include "vios-core/vhostuser/vu_back.h"

/* Is the file behind fd as long as the region says (VU_MEM_SHORT) and sealed against shrinking
 * (VU_MEM_UNSEALED, unless allow_unsealed)? VU_BAD_VALUE if it is no regular file. */
enum vu_fault vu_mem_check_file(int fd, const struct vu_region *region, bool allow_unsealed);

/* Can fd be a ring's kick, call or err descriptor: an eventfd or a pipe? VU_BAD_VALUE for anything
 * else: a file could block, and a client's own socket would keep its connection open for ever. */
enum vu_fault vu_mem_check_event(int fd);

/* What is behind the descriptors of a message, while they are still the message's: the files of a
 * memory table, or else a ring's. */
enum vu_fault vu_mem_check_message(const struct vu_msg *msg, bool allow_unsealed);

/* Reads a ring's used->idx or avail->idx; fds: one a region. 0, or -errno (-ENODATA: the file ends
 * before it). */
int vu_mem_used_idx(const int *fds, const struct vu_ring_layout *layout, uint16_t *out);
int vu_mem_avail_idx(const int *fds, const struct vu_ring_layout *layout, uint16_t *out);
/* The same of a session's ring, whose descriptors are slots (as vu_keep.h's used_idx); also
 * -ENODATA: not all of where it lies has been told. */
int vu_mem_kept_used_idx(const struct vu_back *b, uint32_t ring, uint16_t *out, void *user);

/* A new file of zeroes for a region of requests in flight, sealed against a change of its size.
 * Descriptor or -errno. */
int vu_mem_new_region(uint64_t bytes);

#endif
