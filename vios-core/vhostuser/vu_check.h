/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_check.h - are the values in a decoded payload possible? Shared by both ends of the mux and by
 * tests. Pure.
 */
#ifndef VIOS_VHOSTUSER_VU_CHECK_H
#define VIOS_VHOSTUSER_VU_CHECK_H

#include "vios-core/vhostuser/vu_msg.h"

struct vu_limits {
	uint32_t n_rings;	/* at most VU_RINGS_MAX */
	uint32_t ring_size_max; /* of the profile; a power of two */
};

/* 1 to VU_REGIONS_MAX regions, none empty, none that wraps (guest, user, file: the file's within
 * off_t), none that overlaps another in guest or user addresses. Files may overlap: QEMU maps one
 * file below and above 4 GiB. */
enum vu_fault vu_check_mem_table(const struct vu_mem_table *table);

/* SET_VRING_NUM: a power of two up to ring_size_max. BASE: below 65536. ENABLE: 0 or 1. */
enum vu_fault vu_check_num(const struct vu_vring_state *s, const struct vu_limits *limits);
enum vu_fault vu_check_base(const struct vu_vring_state *s, const struct vu_limits *limits);
enum vu_fault vu_check_enable(const struct vu_vring_state *s, const struct vu_limits *limits);
enum vu_fault vu_check_index(uint32_t index, const struct vu_limits *limits);
/* Index, known flags, alignment (virtio 1.2 2.7). Where it lies is vu_ring_locate()'s. */
enum vu_fault vu_check_addr(const struct vu_vring_addr *a, const struct vu_limits *limits);

/* SET_VRING_KICK, CALL, ERR: splits the u64; a descriptor came if and only if VU_VRING_NO_FD is
 * clear. *fd: m's first (still m's), or -1. */
enum vu_fault vu_check_vring_fd(
	const struct vu_msg *m, const struct vu_limits *limits, uint32_t *index, int *fd);

/* All that the above and vu_msg_check_request() can say about one request of the front end's; a
 * request that carries no checked value is only checked for its form. For sessions and fuzzers. */
enum vu_fault vu_check_request(const struct vu_msg *m, const struct vu_limits *limits);

#endif
