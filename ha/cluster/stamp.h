/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stamp.h - which state it is: epoch, version, digest, and whose change was the last. Pure.
 *
 * The epoch grows with each change that is committed by one VIOS alone, the version with every
 * change.
 */
#ifndef HA_CLUSTER_STAMP_H
#define HA_CLUSTER_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_DIGEST 32
#define STAMP_HEX (2 * STAMP_DIGEST + 1)
#define STAMP_IDS 256

/* The last request of a VIOS that is in the state: it is never applied twice. */
struct stamp_done {
	uint64_t incarnation, seq;
};

struct stamp {
	uint64_t epoch, version;
	uint8_t digest[STAMP_DIGEST]; /* SHA-256 of the text */
	struct stamp_done done[2];    /* of the VIOS with the lower node id, and of the other */
};

/* As the witness keeps it; digest "" before the first. */
struct stamp_mark {
	uint64_t epoch, version;
	char digest[129];
};

struct stamp_ids {
	bool all; /* more than fit: then n is 0 */
	uint32_t n;
	uint32_t id[STAMP_IDS];
};

void stamp_digest(const char *text, size_t text_bytes, uint8_t digest[STAMP_DIGEST]);
void stamp_hex(const uint8_t digest[STAMP_DIGEST], char hex[STAMP_HEX]);
struct stamp_mark stamp_mark(const struct stamp *stamp);

bool stamp_equal(const struct stamp *a, const struct stamp *b);
/* Below 0, 0, above 0: epoch, then version. */
int stamp_compare(const struct stamp *a, const struct stamp *b);
bool stamp_is_mark(const struct stamp *stamp, const struct stamp_mark *mark);
/* The same text at the same version, whoever stamped it. */
bool stamp_same_text(const struct stamp *stamp, const struct stamp_mark *mark);
/* Nothing that the witness vouches for is missing in it. */
bool stamp_covers(const struct stamp *stamp, const struct stamp_mark *witness);

bool stamp_ids_have(const struct stamp_ids *ids, uint32_t id);

#endif
