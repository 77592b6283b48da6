/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * confine.c - see confine.h. Any worker runs it. It only ever takes ports away from what
 * forward_frame() has decided. What hosts report goes to routers alone: a host that heard another's
 * report would keep its own back, and nobody would know that it is there (RFC 4541 2.1.1). The
 * uplink gets all: what there is beyond it, it knows itself.
 */
#include "net/confine.h"

static bool pick(const struct snoop *snoop, const struct mcast *message, const struct frame *frame,
	uint16_t vlan, uint32_t now_s, struct portset *keep)
{
	if (message->kind == MCAST_REPORT) {
		snoop_add_routers(snoop, vlan, keep);
		return true;
	}
	if (message->link_local || !snoop_confines(snoop, vlan, message->is_v6, now_s))
		return false;
	snoop_add_routers(snoop, vlan, keep);
	snoop_add_members(snoop, vlan, frame->dst, keep);
	snoop_add_open(snoop, keep);
	return true;
}

void confine_frame(const struct snoop *snoop, const uint8_t *bytes, size_t len_bytes,
	const struct frame *frame, uint16_t in_port, uint32_t now_s, struct forward *out,
	struct mcast *message)
{
	struct portset keep = {{0}};
	uint64_t any = 0;

	if (!mcast_parse(bytes, len_bytes, frame, message) ||
		!pick(snoop, message, frame, out->vlan, now_s, &keep))
		return;
	for (unsigned i = 0; i < PORT_UPLINKS; i++)
		portset_add(&keep, PORT_UPLINK + i);
	portset_add(&keep, PORT_TRUNK);
	for (unsigned i = 0; i < PORTSET_WORDS; i++)
		any |= out->set.word[i] &= keep.word[i];
	if (any)
		return;
	out->reason = DROP_NO_LISTENER;
	out->charged = in_port;
}
