/* SPDX-License-Identifier: BSD-3-Clause */
/* held.c - see held.h. Pure: the frames are only pointers here. The worker's thread. */
#include "net/held.h"

bool held_put(struct held *held, const struct held_frame *frame)
{
	if (held->n == HELD_MAX)
		return false;
	held->frame[(held->first + held->n) % HELD_MAX] = *frame;
	held->n++;
	return true;
}

void held_settle(
	struct held *held, bool (*gone)(const struct held_frame *frame, void *user), void *user)
{
	for (unsigned left = held->n; left; left--) {
		const struct held_frame frame = held->frame[held->first];

		held->first = (uint16_t)((held->first + 1) % HELD_MAX);
		held->n--;
		if (!gone(&frame, user))
			held_put(held, &frame); /* there is room: it has just come off */
	}
}
