/* SPDX-License-Identifier: BSD-3-Clause */
/* held.c - see held.h. Pure: the frames are only pointers here. The worker's thread. */
#include "net/held.h"

#include <stddef.h>

bool held_put(struct held *held, const struct held_frame *frame)
{
	if (held->n == HELD_MAX)
		return false;
	held->frame[(held->first + held->n) % HELD_MAX] = *frame;
	held->n++;
	return true;
}

const struct held_frame *held_first(const struct held *held)
{
	return held->n ? &held->frame[held->first] : NULL;
}

void held_pop(struct held *held)
{
	held->first = (uint16_t)((held->first + 1) % HELD_MAX);
	held->n--;
}
