/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * witness_text.h - the witness: what it holds, its text with a checksum, and the rule of raising
 *it. Pure.
 *
 *	vios-witness 1
 *	epoch 3
 *	version 17
 *	digest 9f86d081884c7d65
 *	holder vios1                 ("-": nobody)
 *	changed 7 9                  ("none"; "all": more than fit)
 *	checksum 0123456789abcdef    (FNV-1a, 64 bits, of the lines above)
 */
#ifndef VIOS_FRAME_WITNESS_TEXT_H
#define VIOS_FRAME_WITNESS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WITNESS_DIGEST 129 /* up to 128 hex digits; "" before the first change */
#define WITNESS_HOLDER 64
#define WITNESS_IDS 256
#define WITNESS_TEXT 4096

struct witness_mark {
	uint64_t epoch, version;
	char digest[WITNESS_DIGEST];
};

/* Adapters changed since both VIOS were last in step. */
struct witness_ids {
	bool all; /* more than fit: then n is 0 */
	uint32_t n;
	uint32_t id[WITNESS_IDS];
};

struct witness {
	struct witness_mark mark;
	char holder[WITNESS_HOLDER]; /* the VIOS that raised it last; "" when both are in step */
	struct witness_ids changed;
};

enum witness_verdict {
	WITNESS_RAISED,
	WITNESS_MOVED,	  /* it is not where the caller expects it: synchronise first */
	WITNESS_BACKWARD, /* what is wanted is not above what is there */
	WITNESS_HELD,	  /* the epoch belongs to the other VIOS: it takes a higher one */
};

bool witness_digest_valid(const char *digest);
void witness_ids_add(struct witness_ids *ids, uint32_t id);

/* The length, always below WITNESS_TEXT. */
size_t witness_format(const struct witness *w, char out[WITNESS_TEXT]);
/* 0, or -EBADMSG with the reason. */
int witness_parse(const char *text, size_t len, struct witness *out, const char **why);

/*
 * Compare and raise: only from the mark that the caller has. The holder may raise the version
 * within its epoch; anybody else needs a higher epoch. in_step: both VIOS have it; the list of
 * changes begins anew and nobody holds the epoch.
 */
enum witness_verdict witness_raise(struct witness *w, const char *vios,
	const struct witness_mark *expect, const struct witness_mark *wanted,
	const struct witness_ids *changed, bool in_step);

#endif
