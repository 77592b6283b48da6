/* SPDX-License-Identifier: BSD-3-Clause */
/* vt_flow.c - see vt_flow.h. One thread; a flow owns its count. */
#include "tests/lib/vlans/vt_flow.h"

#include <errno.h>

#define CAPACITY UINT64_C(10000000)

static const struct {
	const char *name;
	enum vt_end from, to;
} ways[VT_WAYS] = {
	[VT_NEAR_FAR] = {"near_far", VT_NEAR, VT_FAR},
	[VT_FAR_NEAR] = {"far_near", VT_FAR, VT_NEAR},
	[VT_NEAR_OUT] = {"near_out", VT_NEAR, VT_OUTSIDE},
	[VT_OUT_NEAR] = {"out_near", VT_OUTSIDE, VT_NEAR},
};

const char *vt_way_name(enum vt_way way)
{
	return ways[way].name;
}

enum vt_end vt_way_from(enum vt_way way)
{
	return ways[way].from;
}

enum vt_end vt_way_to(enum vt_way way)
{
	return ways[way].to;
}

void vt_mac(enum vt_end end, unsigned vlan, uint8_t mac[6])
{
	const uint8_t bytes[6] = {2, 0x76, 0x69, (uint8_t)(end + 1), 0, (uint8_t)vlan};

	memcpy(mac, bytes, sizeof(bytes));
}

int vt_flow_init(struct vt_flow *f, unsigned vlan, enum vt_way way)
{
	*f = (struct vt_flow){.vlan = vlan, .way = way, .next_number = 1};
	return vt_flow_count_anew(f);
}

void vt_flow_fini(struct vt_flow *f)
{
	nf_count_fini(&f->count);
}

int vt_flow_count_anew(struct vt_flow *f)
{
	nf_count_fini(&f->count);
	f->sent = f->blocked = f->astray = 0;
	f->first_of_count = f->next_number;
	return nf_count_init(&f->count, CAPACITY);
}

void vt_flow_frame(const struct vt_flow *f, uint8_t frame[TEST_FRAME_MIN], uint64_t now_ns)
{
	const struct test_frame what = {
		.number = f->next_number, .sent_ns = now_ns, .stream = f->vlan * VT_WAYS + f->way};
	uint8_t to[6], from[6];

	vt_mac(ways[f->way].to, f->vlan, to);
	vt_mac(ways[f->way].from, f->vlan, from);
	test_frame_put(frame, to, from, &what);
}

void vt_flow_sent(struct vt_flow *f, bool sent)
{
	f->blocked += !sent;
	f->sent += sent;
	f->next_number += sent;
}

/* What is flooded comes to others of its VLAN, too, who do not want it. */
bool vt_flow_arrived(struct vt_flow *flows, unsigned n_vlans, unsigned vlan, enum vt_end end,
	const uint8_t *frame, size_t len_bytes, uint64_t now_ns)
{
	struct test_frame what;
	struct vt_flow *f;

	if (!test_frame_get(frame, len_bytes, &what) || what.stream >= n_vlans * VT_WAYS)
		return false;
	f = &flows[what.stream];
	if (f->vlan != vlan)
		f->astray++;
	else if (ways[f->way].to == end && what.number >= f->first_of_count)
		nf_count_frame(&f->count, &what, now_ns);
	return true;
}
