/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trunk_msg.c - see trunk_msg.h. Pure; the main thread. One record of a sequenced socket is one
 * message, of one size; both ends are on one host, so numbers are in its order:
 *
 *   0 magic, version | 8 type, rings | 16 incarnation | 24 seq | 32 ack | 40 claims | 552 uses
 */
#include "net/trunk_msg.h"

#include <string.h>

static const uint8_t magic[8] = {'V', 'T', 'R', 'U', 'N', 'K', 0, 2};

void trunk_msg_write(const struct trunk_msg *msg, uint8_t out[TRUNK_MSG_BYTES])
{
	const uint32_t type = msg->type;

	memcpy(out, magic, sizeof(magic));
	memcpy(out + 8, &type, 4);
	memcpy(out + 12, &msg->n_rings, 4);
	memcpy(out + 16, &msg->incarnation, 8);
	memcpy(out + 24, &msg->say.seq, 8);
	memcpy(out + 32, &msg->say.ack, 8);
	memcpy(out + 40, &msg->say.claims, sizeof(struct vlanset));
	memcpy(out + 40 + sizeof(struct vlanset), &msg->say.uses, sizeof(struct vlanset));
}

bool trunk_msg_read(const uint8_t *bytes, size_t len_bytes, struct trunk_msg *out)
{
	uint32_t type;

	if (len_bytes != TRUNK_MSG_BYTES || memcmp(bytes, magic, sizeof(magic)) != 0)
		return false;
	memcpy(&type, bytes + 8, 4);
	memcpy(&out->n_rings, bytes + 12, 4);
	memcpy(&out->incarnation, bytes + 16, 8);
	memcpy(&out->say.seq, bytes + 24, 8);
	memcpy(&out->say.ack, bytes + 32, 8);
	memcpy(&out->say.claims, bytes + 40, sizeof(struct vlanset));
	memcpy(&out->say.uses, bytes + 40 + sizeof(struct vlanset), sizeof(struct vlanset));
	out->type = (enum trunk_msg_type)type;
	if (type == TRUNK_MSG_HELLO)
		return out->n_rings >= 1 && out->n_rings <= TRUNK_MSG_RINGS_MAX;
	return type == TRUNK_MSG_SAY;
}
