/* SPDX-License-Identifier: BSD-3-Clause */
/* bytes.h - big-endian numbers in bytes, and a writer that knows its room. Pure. */
#ifndef VIOS_STORAGE_BYTES_H
#define VIOS_STORAGE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t bytes_get16(const uint8_t *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

static inline uint32_t bytes_get24(const uint8_t *from)
{
	return (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
}

static inline uint32_t bytes_get32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | bytes_get24(from + 1);
}

static inline uint64_t bytes_get64(const uint8_t *from)
{
	return (uint64_t)bytes_get32(from) << 32 | bytes_get32(from + 4);
}

void bytes_set16(uint8_t *to, uint16_t value);
void bytes_set32(uint8_t *to, uint32_t value);
void bytes_set64(uint8_t *to, uint64_t value);

struct bytes_out {
	uint8_t *to;
	size_t room;
	size_t len; /* may exceed room: then bytes were only counted */
};

void bytes_8(struct bytes_out *out, uint8_t value);
void bytes_16(struct bytes_out *out, uint16_t value);
void bytes_32(struct bytes_out *out, uint32_t value);
void bytes_64(struct bytes_out *out, uint64_t value);
void bytes_zero(struct bytes_out *out, size_t count);
void bytes_copy(struct bytes_out *out, const void *from, size_t count);
/* text, padded with spaces to count bytes; a longer one is cut. */
void bytes_text(struct bytes_out *out, const char *text, size_t count);
/* Puts into the size bytes (1, 2 or 4) at place how many bytes follow them. */
void bytes_patch_len(struct bytes_out *out, size_t place, unsigned size);

#endif
