/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vt_flow.h - numbered frames from one end of a VLAN to another. Each VLAN has three ends: two
 * client adapters, near and far, and the outside. Pure but for the memory of the counts.
 */
#ifndef VIOS_TESTS_VT_FLOW_H
#define VIOS_TESTS_VT_FLOW_H

#include "tests/lib/nfront/nf_count.h"

#define VT_VLANS_MAX 16

enum vt_end { VT_NEAR, VT_FAR, VT_OUTSIDE, VT_ENDS };
enum vt_way { VT_NEAR_FAR, VT_FAR_NEAR, VT_NEAR_OUT, VT_OUT_NEAR, VT_WAYS };

struct vt_flow {
	unsigned vlan; /* index */
	enum vt_way way;
	struct nf_count count;
	uint64_t sent, blocked, next_number, first_of_count;
	uint64_t astray; /* came to an end of another VLAN */
};

const char *vt_way_name(enum vt_way way);
enum vt_end vt_way_from(enum vt_way way);
enum vt_end vt_way_to(enum vt_way way);
/* The address of an end of the VLAN with this index. */
void vt_mac(enum vt_end end, unsigned vlan, uint8_t mac[6]);

int vt_flow_init(struct vt_flow *f, unsigned vlan, enum vt_way way); /* 0 or -ENOMEM */
void vt_flow_fini(struct vt_flow *f);
int vt_flow_count_anew(struct vt_flow *f); /* 0 or -ENOMEM */
/* The next frame, without a tag. */
void vt_flow_frame(const struct vt_flow *f, uint8_t frame[TEST_FRAME_MIN], uint64_t now_ns);
void vt_flow_sent(struct vt_flow *f, bool sent);
/* A frame that came to an end of a VLAN: of which of the flows it is, if of any, it says itself. */
/* Whether it is of any. */
bool vt_flow_arrived(struct vt_flow *flows, unsigned n_vlans, unsigned vlan, enum vt_end end,
	const uint8_t *frame, size_t len_bytes, uint64_t now_ns);

#endif
