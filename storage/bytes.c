/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bytes.c - big-endian bytes. SCSI reports lengths of what it would have liked to send, so a writer
 * goes on counting when its room is full. Pure.
 */
#include "storage/bytes.h"

#include <string.h>

void bytes_set16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

void bytes_set32(uint8_t *to, uint32_t value)
{
	bytes_set16(to, (uint16_t)(value >> 16));
	bytes_set16(to + 2, (uint16_t)value);
}

void bytes_set64(uint8_t *to, uint64_t value)
{
	bytes_set32(to, (uint32_t)(value >> 32));
	bytes_set32(to + 4, (uint32_t)value);
}

void bytes_copy(struct bytes_out *out, const void *from, size_t count)
{
	if (out->len < out->room) {
		size_t fits = out->room - out->len;

		memcpy(out->to + out->len, from, count < fits ? count : fits);
	}
	out->len += count;
}

void bytes_8(struct bytes_out *out, uint8_t value)
{
	bytes_copy(out, &value, 1);
}

void bytes_16(struct bytes_out *out, uint16_t value)
{
	uint8_t bytes[2];

	bytes_set16(bytes, value);
	bytes_copy(out, bytes, sizeof(bytes));
}

void bytes_32(struct bytes_out *out, uint32_t value)
{
	uint8_t bytes[4];

	bytes_set32(bytes, value);
	bytes_copy(out, bytes, sizeof(bytes));
}

void bytes_64(struct bytes_out *out, uint64_t value)
{
	uint8_t bytes[8];

	bytes_set64(bytes, value);
	bytes_copy(out, bytes, sizeof(bytes));
}

void bytes_zero(struct bytes_out *out, size_t count)
{
	while (count--)
		bytes_8(out, 0);
}

void bytes_text(struct bytes_out *out, const char *text, size_t count)
{
	size_t len = strnlen(text, count);

	bytes_copy(out, text, len);
	for (; len < count; len++)
		bytes_8(out, ' ');
}

void bytes_patch_len(struct bytes_out *out, size_t place, unsigned size)
{
	uint64_t follows = out->len - place - size;

	for (unsigned i = 0; i < size; i++)
		if (place + i < out->room)
			out->to[place + i] = (uint8_t)(follows >> 8 * (size - 1 - i));
}
