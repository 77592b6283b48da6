/* SPDX-License-Identifier: BSD-3-Clause */
/* sc_reserve.h - a persistent reservation (SPC-5 5.14), of a client that rests. For tests. */
#ifndef VIOS_TESTS_SC_RESERVE_H
#define VIOS_TESTS_SC_RESERVE_H

#include "tests/lib/sfront/sc_pace.h"

struct sc_reservation {
	uint64_t key;  /* of the holder; 0: none */
	unsigned type; /* of the reservation */
	unsigned n_keys;
};

/* Each: 0 or -errno (-EBADE: reservation conflict). */
int sc_reserve(struct sc_pace *p, uint64_t key); /* registers, and reserves: write exclusive */
int sc_unreserve(struct sc_pace *p, uint64_t key);
int sc_reserved(struct sc_pace *p, struct sc_reservation *out);

#endif
