// SPDX-License-Identifier: BSD-3-Clause
/*
 * vpd.c - reads device identification (SPC-5 7.7.6) and unit serial number (SPC-5 7.7.19). Pure.
 * The bytes are the device's: a length is believed only as far as there are bytes.
 */
#include "vios-core/discovery/vpd.h"

#include "vios-core/discovery/plain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PAGE_HEADER 4
#define DESIGNATOR_HEADER 4

enum { CODE_BINARY = 1, CODE_ASCII = 2, CODE_UTF8 = 3 };
enum { TYPE_T10 = 1, TYPE_EUI = 2, TYPE_NAA = 3, TYPE_NAME = 8, TYPE_UUID = 10 };

struct designator {
	unsigned code_set, association, type;
	const uint8_t *bytes;
	size_t n;
};

/* The payload's length, or -EINVAL. */
static long payload(const uint8_t *page, size_t n, uint8_t code)
{
	if (n < PAGE_HEADER || page[1] != code)
		return -EINVAL;
	size_t told = (size_t)page[2] << 8 | page[3], have = n - PAGE_HEADER;
	return (long)(told < have ? told : have);
}

static int naa_rank(const struct designator *d)
{
	if (d->n != 8 && d->n != 16)
		return 0;
	switch (d->bytes[0] >> 4) {
	case 6:
		return d->n == 16 ? 12 : 0;
	case 5:
		return d->n == 8 ? 11 : 0;
	case 2:
		return d->n == 8 ? 10 : 0;
	case 3: /* locally assigned: unique within one box at best */
		return d->n == 8 ? 1 : 0;
	default:
		return 0;
	}
}

/* 0: of no use; else the higher the better. */
static int rank(const struct designator *d)
{
	bool binary = d->code_set == CODE_BINARY;
	bool text = d->code_set == CODE_ASCII || d->code_set == CODE_UTF8;

	switch (d->type) {
	case TYPE_NAA:
		return binary ? naa_rank(d) : 0;
	case TYPE_EUI:
		return binary && (d->n == 8 || d->n == 12 || d->n == 16) ? 5 + (int)d->n / 4 : 0;
	case TYPE_UUID:
		return binary && d->n == 18 && d->bytes[0] >> 4 == 1 ? 6 : 0;
	case TYPE_NAME:
		return d->code_set == CODE_UTF8 && d->n > 0 ? 5 : 0;
	case TYPE_T10:
		return text && d->n > 8 ? 4 : 0; /* 8: the vendor's name, and nothing of the unit */
	default:
		return 0;
	}
}

static void hex(const char *kind, const uint8_t *bytes, size_t n, char out[VPD_NAME_BYTES])
{
	size_t at = (size_t)snprintf(out, VPD_NAME_BYTES, "%s.", kind);

	for (size_t i = 0; i < n; i++, at += 2)
		snprintf(out + at, VPD_NAME_BYTES - at, "%02x", bytes[i]);
}

/* False: there is nothing printable in it. */
static bool name_it(const struct designator *d, char out[VPD_NAME_BYTES])
{
	switch (d->type) {
	case TYPE_NAA:
		hex("naa", d->bytes, d->n, out);
		return true;
	case TYPE_EUI:
		hex("eui", d->bytes, d->n, out);
		return true;
	case TYPE_UUID:
		hex("uuid", d->bytes + 2, 16, out);
		return true;
	case TYPE_NAME: /* begins with its kind already: "naa.", "eui.", "iqn." */
		return plain_word(d->bytes, d->n, out, VPD_NAME_BYTES) > 0;
	default:
		memcpy(out, "t10.", 4);
		return plain_word(d->bytes, d->n, out + 4, VPD_NAME_BYTES - 4) > 0;
	}
}

int vpd_designator(const uint8_t *page, size_t n, char out[VPD_NAME_BYTES])
{
	long left = payload(page, n, 0x83);
	const uint8_t *at = page + PAGE_HEADER;
	char text[VPD_NAME_BYTES];
	int best = 0;

	if (left < 0)
		return (int)left;
	out[0] = '\0';
	while (left >= DESIGNATOR_HEADER && left >= DESIGNATOR_HEADER + at[3]) {
		struct designator d = {.code_set = at[0] & 0x0f,
			.association = at[1] >> 4 & 3,
			.type = at[1] & 0x0f,
			.bytes = at + DESIGNATOR_HEADER,
			.n = at[3]};
		/* association 0: the logical unit, not its port or its box */
		if (d.association == 0 && rank(&d) > best && name_it(&d, text)) {
			best = rank(&d);
			memcpy(out, text, sizeof(text));
		}
		left -= DESIGNATOR_HEADER + at[3];
		at += DESIGNATOR_HEADER + at[3];
	}
	return best > 0 ? 0 : -ENOENT;
}

int vpd_serial(const uint8_t *page, size_t n, char *out, size_t size)
{
	long length = payload(page, n, 0x80);

	if (length < 0)
		return (int)length;
	return plain_copy(page + PAGE_HEADER, (size_t)length, out, size) > 0 ? 0 : -ENOENT;
}
