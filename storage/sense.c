/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sense.c - the two encodings of sense data (SPC-5, Sense data): descriptor format 72h holds
 * whatever there is, fixed format 70h only an INFORMATION of 32 bits. Pure.
 */
#include "storage/sense.h"

#include <string.h>

#include "storage/bytes.h"

/* Sense key specific data of ILLEGAL REQUEST: the field pointer (SPC-5, Field pointer). */
static void field_pointer(const struct sense *sense, uint8_t to[3])
{
	to[0] = (uint8_t)(0x80 | (sense->in_parameters ? 0 : 0x40));
	if (sense->bit < 8)
		to[0] |= (uint8_t)(0x08 | sense->bit);
	bytes_set16(to + 1, sense->field);
}

static uint8_t fixed(const struct sense *sense, uint8_t *to)
{
	memset(to, 0, 18);
	to[0] = 0x70;
	to[2] = sense->key;
	to[7] = 10; /* ADDITIONAL SENSE LENGTH */
	if (sense->has_information && sense->information <= UINT32_MAX) {
		to[0] |= 0x80; /* VALID */
		bytes_set32(to + 3, (uint32_t)sense->information);
	}
	bytes_set16(to + 12, sense->code);
	if (sense->has_field)
		field_pointer(sense, to + 15);
	return 18;
}

static uint8_t described(const struct sense *sense, uint8_t *to)
{
	uint8_t at = 8;

	memset(to, 0, SENSE_BYTES_MAX);
	to[0] = 0x72;
	to[1] = sense->key;
	bytes_set16(to + 2, sense->code);
	if (sense->has_information) {
		to[at] = 0x00; /* information descriptor */
		to[at + 1] = 0x0A;
		to[at + 2] = 0x80;
		bytes_set64(to + at + 4, sense->information);
		at += 12;
	}
	if (sense->has_field) {
		to[at] = 0x02; /* sense key specific descriptor */
		to[at + 1] = 0x06;
		field_pointer(sense, to + at + 4);
		at += 8;
	}
	to[7] = (uint8_t)(at - 8);
	return at;
}

uint8_t sense_encode(const struct sense *sense, bool descriptor, uint8_t to[SENSE_BYTES_MAX])
{
	return descriptor ? described(sense, to) : fixed(sense, to);
}

static bool descriptors_valid(const uint8_t *bytes, size_t len)
{
	size_t at = 8;

	if (len < 8 || len != 8u + bytes[7])
		return false;
	while (at < len) {
		if (len - at < 2 || len - at - 2 < bytes[at + 1])
			return false;
		at += 2u + bytes[at + 1];
	}
	return true;
}

bool sense_valid(const uint8_t *bytes, size_t len)
{
	if (len < 8 || len > SENSE_BYTES_MAX)
		return false;
	if ((bytes[0] & 0x7F) == 0x70)
		return len == 8u + bytes[7] && !(bytes[2] & 0xF0);
	return bytes[0] == 0x72 && !(bytes[1] & 0xF0) && descriptors_valid(bytes, len);
}
