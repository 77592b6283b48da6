/* SPDX-License-Identifier: BSD-3-Clause */
/* sense.h - sense data (SPC-5, Sense data): what went wrong, and its two encodings. Pure. */
#ifndef VIOS_STORAGE_SENSE_H
#define VIOS_STORAGE_SENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SENSE_BYTES_MAX 40 /* the longest encoding here */

enum sense_key {
	SENSE_NONE = 0x0,
	SENSE_NOT_READY = 0x2,
	SENSE_MEDIUM_ERROR = 0x3,
	SENSE_HARDWARE_ERROR = 0x4,
	SENSE_ILLEGAL_REQUEST = 0x5,
	SENSE_UNIT_ATTENTION = 0x6,
	SENSE_DATA_PROTECT = 0x7,
	SENSE_ABORTED_COMMAND = 0xB,
	SENSE_MISCOMPARE = 0xE,
};

#define SENSE_CODE(asc, ascq) ((uint16_t)((asc) << 8 | (ascq)))

struct sense {
	uint8_t key;
	uint16_t code; /* SENSE_CODE: additional sense code and its qualifier */
	bool has_information;
	uint64_t information; /* an LBA, or the offset of a miscompare */
	bool has_field;	      /* ILLEGAL REQUEST: which field */
	bool in_parameters;   /* field is one of the parameter list, not of the CDB */
	uint8_t bit;	      /* 0 to 7; above 7: the whole byte */
	uint16_t field;	      /* byte */
};

/* Returns the length. descriptor: format 72h, else fixed format 70h (SPC-5, Control mode page:
 * D_SENSE). */
uint8_t sense_encode(const struct sense *sense, bool descriptor, uint8_t to[SENSE_BYTES_MAX]);

/* Key 0 to Fh, known response code, lengths that fit: what a test asks of any sense data. */
bool sense_valid(const uint8_t *bytes, size_t len);

#endif
