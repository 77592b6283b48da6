/* SPDX-License-Identifier: BSD-3-Clause */
/* bucket.h - a token bucket. Pure: time is passed in; one owner.
 * All zero is empty at time 0, so full after the first pause. */
#ifndef VIOS_NET_BUCKET_H
#define VIOS_NET_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	uint64_t last_us;
	uint64_t tokens; /* millionths of one */
};

/* Takes n tokens if there are so many. per_s come in each second, at most burst wait; both may be
 * others than before. now_us may stand still or step back. */
bool bucket_take(
	struct bucket *bucket, uint32_t per_s, uint32_t burst, unsigned n, uint64_t now_us);
/* How many tokens there are; as above. */
uint32_t bucket_level(struct bucket *bucket, uint32_t per_s, uint32_t burst, uint64_t now_us);
/* Takes n tokens after bucket_level(), also more than there are: the next ones pay for them. */
void bucket_charge(struct bucket *bucket, uint32_t per_s, uint32_t n);

#endif
