// SPDX-License-Identifier: BSD-3-Clause
/*
 * stamp.c - compares states by their stamps, and a stamp with the witness. Pure; the caller owns
 * everything.
 */
#include "ha/cluster/stamp.h"

#include <sha2.h>
#include <string.h>

void stamp_digest(const char *text, size_t text_bytes, uint8_t digest[STAMP_DIGEST])
{
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, (const uint8_t *)text, text_bytes);
	SHA256Final(digest, &context);
}

void stamp_hex(const uint8_t digest[STAMP_DIGEST], char hex[STAMP_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < STAMP_DIGEST; i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[STAMP_HEX - 1] = 0;
}

struct stamp_mark stamp_mark(const struct stamp *stamp)
{
	struct stamp_mark mark = {.epoch = stamp->epoch, .version = stamp->version};

	stamp_hex(stamp->digest, mark.digest);
	return mark;
}

bool stamp_equal(const struct stamp *a, const struct stamp *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

int stamp_compare(const struct stamp *a, const struct stamp *b)
{
	int epochs = compare(a->epoch, b->epoch);

	return epochs ? epochs : compare(a->version, b->version);
}

bool stamp_same_text(const struct stamp *stamp, const struct stamp_mark *mark)
{
	struct stamp_mark own = stamp_mark(stamp);

	return stamp->version == mark->version && strcmp(own.digest, mark->digest) == 0;
}

bool stamp_is_mark(const struct stamp *stamp, const struct stamp_mark *mark)
{
	return stamp->epoch == mark->epoch && stamp_same_text(stamp, mark);
}

bool stamp_covers(const struct stamp *stamp, const struct stamp_mark *witness)
{
	if (witness->epoch == 0 && witness->version == 0)
		return true;
	if (stamp_same_text(stamp, witness))
		return true;
	return stamp->epoch > witness->epoch ||
	       (stamp->epoch == witness->epoch && stamp->version > witness->version);
}

bool stamp_ids_have(const struct stamp_ids *ids, uint32_t id)
{
	for (uint32_t i = 0; i < ids->n; i++)
		if (ids->id[i] == id)
			return true;
	return ids->all;
}
