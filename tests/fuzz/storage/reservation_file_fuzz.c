/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reservation_file_fuzz.c - a file of reservations that holds anything. What is taken is a state
 * that events can lead to, and is read back the same; at another boot nothing is left that does not
 * survive it; a refusal changes nothing.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "storage/reservation_file.h"

static const char boots[2][RESERVATION_FILE_BOOT + 1] = {
	"01234567-89ab-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcdee"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reservations state, again;
	uint8_t file[RESERVATION_FILE_BYTES_MAX];

	for (unsigned i = 0; i < 2; i++) {
		int rc;
		size_t len;

		memset(&state, 0xa5, sizeof(state));
		memset(&again, 0xa5, sizeof(again));
		rc = reservation_file_get(&state, boots[i], data, size);
		assert(rc == 0 || rc == -EBADMSG);
		if (rc) {
			assert(!memcmp(&state, &again, sizeof(state)));
			continue;
		}
		assert(reservations_valid(&state));
		len = reservation_file_put(&state, boots[i], file);
		assert(len <= sizeof(file));
		assert(!reservation_file_get(&again, boots[i], file, len));
		assert(again.count == state.count && again.type == state.type);
		assert(!reservation_file_get(&again, boots[!i], file, len));
		assert(!again.spc2 && (state.aptpl ? again.count == state.count : !again.count));
	}
	return 0;
}
