/* SPDX-License-Identifier: BSD-3-Clause */
/* bucket.c - see bucket.h. Pure; whoever owns the bucket runs it. */
#include "net/bucket.h"

/* One token is a million units, so that per_s units come in each microsecond without rounding. */
#define SCALE UINT64_C(1000000)

static void refill(struct bucket *bucket, uint32_t per_s, uint64_t full, uint64_t now_us)
{
	if (bucket->tokens > full)
		bucket->tokens = full;
	if (now_us > bucket->last_us) {
		uint64_t passed_us = now_us - bucket->last_us;

		bucket->last_us = now_us;
		/* A pause of an hour must not overflow the product. */
		if (per_s && passed_us > full / per_s)
			bucket->tokens = full;
		else
			bucket->tokens += passed_us * per_s;
	}
	if (bucket->tokens > full)
		bucket->tokens = full;
}

bool bucket_take(struct bucket *bucket, uint32_t per_s, uint32_t burst, unsigned n, uint64_t now_us)
{
	refill(bucket, per_s, burst * SCALE, now_us);
	if (bucket->tokens < n * SCALE)
		return false;
	bucket->tokens -= n * SCALE;
	return true;
}

uint32_t bucket_level(struct bucket *bucket, uint32_t per_s, uint32_t burst, uint64_t now_us)
{
	refill(bucket, per_s, burst * SCALE, now_us);
	return (uint32_t)(bucket->tokens / SCALE);
}

void bucket_charge(struct bucket *bucket, uint32_t per_s, uint32_t n)
{
	uint64_t units = n * SCALE;

	if (bucket->tokens >= units) {
		bucket->tokens -= units;
		return;
	}
	/* No tokens come until then. */
	if (per_s)
		bucket->last_us += (units - bucket->tokens) / per_s;
	bucket->tokens = 0;
}
