/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * accord_fuzz.c - memory that targets share and that holds anything. What is read is a state that
 * events can lead to; changes by who believes it stay within it, and are read back.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "storage/accord.h"

static bool gone(void *user, uint32_t adapter)
{
	return adapter & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct accord a;
	static struct reservation_effects effects;
	struct reservation_event event = {
		.action = RESERVATION_REGISTER_AND_IGNORE, .from = {7, 1}, .service_key = 5};
	struct reservations state, again;
	uint64_t generation, heard[SCSI_ATTENTIONS] = {0}, next;
	struct accord_member *m;
	int rc;

	memset(&a, 0, sizeof(a));
	memcpy(&a, data, size < sizeof(a) ? size : sizeof(a));
	rc = accord_read(&a, &state, &generation);
	assert(rc == 0 || rc == -EBADMSG);
	m = accord_join(&a, 7, gone, NULL);
	assert(!m || (m >= a.member && m < a.member + ACCORD_MEMBERS && m->adapter == 7));
	if (rc)
		return 0;
	assert(reservations_valid(&state));
	if (m)
		accord_tell(m, heard, accord_news(m, generation, heard));
	reservations_apply(&state, &event, &effects);
	next = accord_commit(&a, &state, &effects);
	assert(next == generation + 1);
	assert(accord_read(&a, &again, &generation) == 0 && generation == next);
	assert(again.count == state.count && again.type == state.type);
	accord_commit_reset(&a, &state, 7);
	assert(accord_read(&a, &again, &generation) == 0 && generation == next + 1);
	return 0;
}
