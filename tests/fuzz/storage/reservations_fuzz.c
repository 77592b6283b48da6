/* SPDX-License-Identifier: BSD-3-Clause */
/* reservations_fuzz.c - bytes that claim to be a logical unit's reservations: refused, or valid and
 * exactly what would be written of them. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "storage/reservations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reservations state = {.generation = 7};
	uint8_t again[RESERVATIONS_BYTES_MAX];
	int rc = reservations_decode(&state, data, size);

	assert(rc == 0 || rc == -EBADMSG);
	if (rc) {
		assert(state.generation == 7 && !state.count);
		return 0;
	}
	assert(reservations_valid(&state));
	assert(reservations_encode(&state, again) == size && !memcmp(again, data, size));
	return 0;
}
