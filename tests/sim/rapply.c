// SPDX-License-Identifier: BSD-3-Clause
/* rapply.c - what a change makes of a state in the simulation: it adds its line. Pure. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/rsim.h"

int rapply(const char *text, size_t text_bytes, const char *change, size_t change_bytes,
	struct replica_applied *out, void *user)
{
	memset(out, 0, sizeof(*out));
	out->verdict = change[0] == 'f'	  ? REPLICA_FAULTY
		       : change[0] == 's' ? REPLICA_UNCHANGED
					  : REPLICA_CHANGED;
	if (out->verdict != REPLICA_CHANGED)
		return 0;
	out->text = malloc(text_bytes + change_bytes);
	memcpy(out->text, text, text_bytes);
	memcpy(out->text + text_bytes, change, change_bytes);
	out->text_bytes = text_bytes + change_bytes;
	out->result = strndup(change, change_bytes);
	out->changed.n = 1;
	out->changed.id[0] = (uint32_t)strtoul(change + 1, NULL, 10);
	return 0;
}

bool rvalid(const char *text, size_t text_bytes, void *user)
{
	return text[0] == '0';
}
