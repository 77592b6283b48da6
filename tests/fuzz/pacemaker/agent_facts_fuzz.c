/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_facts_fuzz.c - any bytes as a viosd's answer to `status`: what an agent makes of it must
 * stay within what Pacemaker is told, and be the same seen from the peer.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "ha/pacemaker/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct facts *f)
{
	const int score = verdict_score(f);
	const char *why = NULL;

	assert(model_name_valid(f->own.name));
	assert(!f->peer.name[0] || strcmp(f->own.name, f->peer.name) != 0);
	assert(f->live_here + f->live_peer <= f->adapters);
	assert(f->ready_here <= f->adapters && f->ready_peer <= f->adapters);
	assert(score > 0 && score < 1000000);
	assert((score > 100) <= (verdict_health(f) == HEALTH_GREEN));
	assert(verdict_drain(f, 0, false, &why) != DRAIN_SWITCH);
	assert((verdict_drain(f, 0, true, &why) == DRAIN_DONE) == (f->live_here == 0));
	assert(why);
	assert(!verdict_hand_over(f) || verdict_drain(f, 1, false, &why) == DRAIN_SWITCH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *status = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
	struct facts f, other;

	if (facts_read(status, "vios1", &f) == 0) {
		check(&f);
		if (f.peer.name[0] && facts_read(status, f.peer.name, &other) == 0) {
			check(&other);
			if (strcmp(other.peer.name, "vios1") == 0)
				assert(other.live_here == f.live_peer &&
					other.adapters == f.adapters);
		}
	}
	json_decref(status);
	return 0;
}
