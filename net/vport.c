/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One client's rings as workers use them: frames are copied between the guest's memory and packet
 * buffers by split_ring.c, and the client is called when it wants to be. Opened and closed by
 * adapters.c, used by workers in between. Owns duplicates of the call descriptors.
 */
#include "net/vport.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "net/vhost.h"

#define PIECES_MAX 16

static void open_ring(struct vport_ring *r, int vid, unsigned number)
{
	struct split_ring_setup setup;

	r->in_use = !vhost_ring_get(vid, number, &setup) && !split_ring_init(&r->ring, &setup);
	r->call_fd = r->in_use ? vhost_call_dup(vid, number) : -1;
	/* A counter that somebody else has filled must not stop the worker. */
	if (r->call_fd >= 0)
		fcntl(r->call_fd, F_SETFL, fcntl(r->call_fd, F_GETFL) | O_NONBLOCK);
}

void vport_open(struct vport *v, int vid, unsigned pairs_max, bool shared)
{
	unsigned pairs = vhost_pairs(vid);

	v->vid = vid;
	v->shared = shared;
	v->takes = 0;
	v->n_pairs = 0;
	if (vhost_memory_get(vid, &v->mem))
		return;
	v->n_pairs = pairs < pairs_max ? pairs : pairs_max;
	for (unsigned i = 0; i < v->n_pairs; i++) {
		rte_spinlock_init(&v->lock[i]);
		open_ring(&v->to_client[i], vid, 2 * i);
		open_ring(&v->from_client[i], vid, 2 * i + 1);
		if (v->to_client[i].in_use)
			v->takes |= 1u << i;
	}
}

static void close_ring(struct vport_ring *r, int vid, unsigned number)
{
	if (!r->in_use)
		return;
	vhost_ring_save(vid, number, r->ring.next_avail, r->ring.next_used);
	if (r->call_fd >= 0)
		close(r->call_fd);
	r->in_use = false;
}

void vport_close(struct vport *v)
{
	for (unsigned i = 0; i < v->n_pairs; i++) {
		close_ring(&v->to_client[i], v->vid, 2 * i);
		close_ring(&v->from_client[i], v->vid, 2 * i + 1);
	}
	v->n_pairs = 0;
}

static void finish(struct vport_ring *r)
{
	if (split_ring_finish(&r->ring) && r->call_fd >= 0)
		eventfd_write(r->call_fd, 1);
}

/* Fills the packet buffers in turn; returns how many got a frame. */
static unsigned take_frames(struct vport *v, struct split_ring *ring, struct rte_mbuf **frames,
	unsigned n, uint64_t *drops)
{
	unsigned got = 0;

	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = frames[got];
		int len = split_ring_take(
			ring, &v->mem, rte_pktmbuf_mtod(m, uint8_t *), rte_pktmbuf_tailroom(m));

		if (len < 0) {
			drops[drop_of_ring(len)]++;
			if (len == -EPROTO)
				break;
			continue;
		}
		m->data_len = (uint16_t)len;
		m->pkt_len = (uint32_t)len;
		got++;
	}
	return got;
}

unsigned vport_take(struct vport *v, unsigned pair, struct rte_mempool *pool,
	struct rte_mbuf **frames, unsigned n, uint64_t *drops)
{
	struct vport_ring *r = &v->from_client[pair];
	unsigned waiting, got;

	if (!r->in_use)
		return 0;
	waiting = split_ring_waiting(&r->ring);
	n = waiting < n ? waiting : n;
	if (!n || rte_pktmbuf_alloc_bulk(pool, frames, n))
		return 0;
	got = take_frames(v, &r->ring, frames, n, drops);
	if (got < n)
		rte_pktmbuf_free_bulk(frames + got, n - got);
	finish(r);
	return got;
}

/* The first bytes of a frame whose tag changes, in up to three pieces; the frame itself is shared
 * and stays as it is. `tag` must live as long as they. Returns how many. */
static unsigned edit_head(
	const struct rte_mbuf *m, uint32_t edit, uint8_t tag[], struct split_ring_piece *pieces)
{
	uint8_t *bytes = rte_pktmbuf_mtod(m, uint8_t *);
	size_t skip = FRAME_MACS_BYTES + (edit & FRAME_EDIT_STRIP ? FRAME_VLAN_TAG_BYTES : 0);
	unsigned n = 0;

	pieces[n++] = (struct split_ring_piece){bytes, FRAME_MACS_BYTES};
	if (edit & FRAME_EDIT_PUSH) {
		frame_tag_bytes(edit, tag);
		pieces[n++] = (struct split_ring_piece){tag, FRAME_VLAN_TAG_BYTES};
	}
	pieces[n++] = (struct split_ring_piece){bytes + skip, m->data_len - skip};
	return n;
}

static int give_frame(
	struct vport *v, struct split_ring *ring, const struct rte_mbuf *m, uint32_t edit)
{
	struct split_ring_piece pieces[PIECES_MAX];
	uint8_t tag[FRAME_VLAN_TAG_BYTES];
	unsigned n = 0;

	if (edit) {
		n = edit_head(m, edit, tag, pieces); /* parsed: it has these bytes */
		m = m->next;
	}
	for (; m && n < PIECES_MAX; m = m->next)
		pieces[n++] = (struct split_ring_piece){rte_pktmbuf_mtod(m, void *), m->data_len};
	return m ? -EMSGSIZE : split_ring_give(ring, &v->mem, pieces, n);
}

static unsigned give_frames(struct vport *v, struct split_ring *ring, struct rte_mbuf **frames,
	const uint32_t *edits, unsigned n, uint64_t *bytes, uint64_t *drops)
{
	unsigned given = 0;

	for (unsigned i = 0; i < n; i++) {
		int rc = give_frame(v, ring, frames[i], edits[i]);

		if (!rc) {
			given++;
			*bytes += rte_pktmbuf_pkt_len(frames[i]) +
				  (uint64_t)frame_edit_bytes(edits[i]);
		} else if (rc == -EAGAIN) {
			drops[DROP_TX_FULL] += n - i;
			break;
		} else {
			drops[drop_of_ring(rc)]++;
		}
	}
	return given;
}

unsigned vport_give(struct vport *v, unsigned pair, struct rte_mbuf **frames, const uint32_t *edits,
	unsigned n, uint64_t *bytes, uint64_t *drops)
{
	struct vport_ring *r = &v->to_client[pair];
	unsigned given;

	if (pair >= v->n_pairs || !r->in_use) {
		drops[DROP_TX_FULL] += n;
		return 0;
	}
	if (v->shared)
		rte_spinlock_lock(&v->lock[pair]);
	given = give_frames(v, &r->ring, frames, edits, n, bytes, drops);
	if (given)
		finish(r);
	if (v->shared)
		rte_spinlock_unlock(&v->lock[pair]);
	return given;
}

void vport_want_kicks(struct vport *v, unsigned pair, bool kicks)
{
	if (v->from_client[pair].in_use)
		split_ring_want_kicks(&v->from_client[pair].ring, kicks);
}

void vport_greet(struct vport *v)
{
	/* New buffers to fill are nothing to wake for. */
	for (unsigned i = 0; i < v->n_pairs; i++)
		if (v->to_client[i].in_use)
			split_ring_want_kicks(&v->to_client[i].ring, false);
}

bool vport_waiting(struct vport *v, unsigned pair)
{
	return v->from_client[pair].in_use && split_ring_waiting(&v->from_client[pair].ring) > 0;
}
