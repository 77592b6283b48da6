/* SPDX-License-Identifier: BSD-3-Clause */
/* retag.c - see retag.h. For the uplink; on its way into a client's ring a frame stays as it is
 * (vport.c). The calling worker's. */
#include "net/retag.h"

#include <stdbool.h>
#include <string.h>

#include "net/frame.h"
#include "net/segment.h"

/* Changes the tag in the frame's own bytes. Nobody else has the frame. */
static bool edit_in_place(struct rte_mbuf *m, uint32_t edit)
{
	uint8_t macs[FRAME_MACS_BYTES], *bytes = rte_pktmbuf_mtod(m, uint8_t *);

	memcpy(macs, bytes, sizeof(macs));
	if (edit & FRAME_EDIT_STRIP)
		bytes = (uint8_t *)rte_pktmbuf_adj(m, FRAME_VLAN_TAG_BYTES);
	if (bytes && (edit & FRAME_EDIT_PUSH))
		bytes = (uint8_t *)rte_pktmbuf_prepend(m, FRAME_VLAN_TAG_BYTES);
	if (!bytes)
		return false;
	memcpy(bytes, macs, sizeof(macs));
	if (edit & FRAME_EDIT_PUSH)
		frame_tag_bytes(edit, bytes + FRAME_MACS_BYTES);
	segment_moved(m, frame_edit_bytes(edit));
	return true;
}

struct rte_mbuf *retag(struct rte_mbuf *m, uint32_t edit, struct rte_mempool *pool)
{
	if (rte_mbuf_refcnt_read(m) > 1) { /* a flood: others get it with another tag */
		struct rte_mbuf *copy = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);

		rte_pktmbuf_free(m);
		m = copy;
	}
	if (m && edit_in_place(m, edit))
		return m;
	rte_pktmbuf_free(m);
	return NULL;
}
