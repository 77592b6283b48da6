/* SPDX-License-Identifier: BSD-3-Clause */
/* lacp.c - see lacp.h. Pure; the thread that sends the frame, which has it for itself. */
#include "net/lacp.h"

#include <string.h>

#define MACS_BYTES 12
#define TYPE_AT MACS_BYTES
#define STATE_AT 32
#define STATE_SHORT_TIMEOUT 0x02 /* 6.4.2.3: LACP_Timeout, of Actor_State */

bool lacp_ask_short(uint8_t *frame, size_t len_bytes)
{
	static const uint8_t to[6] = {0x01, 0x80, 0xC2, 0x00, 0x00, 0x02};
	/* Slow protocols; LACP, version 1; TLV of the actor, 20 bytes. */
	static const uint8_t begin[6] = {0x88, 0x09, 0x01, 0x01, 0x01, 0x14};

	if (len_bytes < LACP_LOOK_BYTES || memcmp(frame, to, sizeof(to)) != 0 ||
		memcmp(frame + TYPE_AT, begin, sizeof(begin)) != 0)
		return false;
	frame[STATE_AT] |= STATE_SHORT_TIMEOUT;
	return true;
}
