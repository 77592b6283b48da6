/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * iov.h - lists of stretches of memory. Pure. struct iov has struct iovec's layout (POSIX), which
 * aio.c relies on and asserts; its header is no pure one.
 */
#ifndef VIOS_STORAGE_IOV_H
#define VIOS_STORAGE_IOV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iov {
	void *base;
	size_t len_bytes;
};

uint64_t iov_bytes(const struct iov *iov, unsigned n);
/* Copies up to len_bytes from offset skip on; how many. */
size_t iov_read(const struct iov *iov, unsigned n, uint64_t skip, void *to, size_t len_bytes);
size_t iov_write(
	const struct iov *iov, unsigned n, uint64_t skip, const void *from, size_t len_bytes);
size_t iov_zero(const struct iov *iov, unsigned n, uint64_t skip, size_t len_bytes);
/* The part from offset skip on, at most len_bytes of it, into out (room for n). How many pieces. */
unsigned iov_slice(
	const struct iov *iov, unsigned n, uint64_t skip, uint64_t len_bytes, struct iov *out);
/* Does each piece begin and end at a multiple of align (a power of two)? */
bool iov_aligned(const struct iov *iov, unsigned n, size_t align);

#endif
