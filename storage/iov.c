/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of stretches of memory: copy, cut, look at. Pure; any thread; the caller owns all memory.
 */
#include "storage/iov.h"

#include <string.h>

uint64_t iov_bytes(const struct iov *iov, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += iov[i].len_bytes;
	return sum;
}

enum way { READ_OUT, WRITE_IN, ZERO };

static size_t move(const struct iov *iov, unsigned n, uint64_t skip, uint8_t *ours,
	const uint8_t *theirs, size_t len_bytes, enum way way)
{
	size_t done = 0;

	for (unsigned i = 0; i < n && done < len_bytes; i++) {
		uint8_t *at = iov[i].base;
		size_t len = iov[i].len_bytes;

		if (skip >= len) {
			skip -= len;
			continue;
		}
		at += skip;
		len -= (size_t)skip;
		skip = 0;
		if (len > len_bytes - done)
			len = len_bytes - done;
		if (way == READ_OUT)
			memcpy(ours + done, at, len);
		else if (way == WRITE_IN)
			memcpy(at, theirs + done, len);
		else
			memset(at, 0, len);
		done += len;
	}
	return done;
}

size_t iov_read(const struct iov *iov, unsigned n, uint64_t skip, void *to, size_t len_bytes)
{
	return move(iov, n, skip, to, NULL, len_bytes, READ_OUT);
}

size_t iov_write(
	const struct iov *iov, unsigned n, uint64_t skip, const void *from, size_t len_bytes)
{
	return move(iov, n, skip, NULL, from, len_bytes, WRITE_IN);
}

size_t iov_zero(const struct iov *iov, unsigned n, uint64_t skip, size_t len_bytes)
{
	return move(iov, n, skip, NULL, NULL, len_bytes, ZERO);
}

unsigned iov_slice(
	const struct iov *iov, unsigned n, uint64_t skip, uint64_t len_bytes, struct iov *out)
{
	unsigned n_out = 0;

	for (unsigned i = 0; i < n && len_bytes; i++) {
		size_t len = iov[i].len_bytes;

		if (skip >= len) {
			skip -= len;
			continue;
		}
		len -= (size_t)skip;
		if (len > len_bytes)
			len = (size_t)len_bytes;
		out[n_out++] = (struct iov){(uint8_t *)iov[i].base + skip, len};
		skip = 0;
		len_bytes -= len;
	}
	return n_out;
}

bool iov_aligned(const struct iov *iov, unsigned n, size_t align)
{
	for (unsigned i = 0; i < n; i++)
		if (((uintptr_t)iov[i].base | iov[i].len_bytes) & (align - 1))
			return false;
	return true;
}
