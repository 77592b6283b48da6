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

#include "net/segment.h"
#include "net/vhost.h"

#define PIECES_MAX 48	      /* a frame of OFFLOAD_FRAME_MAX_BYTES in the smallest buffers */
#define TAKE_SEGMENTS_MAX 256 /* long frames: so many segments at a time, and the last frame's */

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
	const uint64_t features = vhost_features(vid);
	unsigned pairs = vhost_pairs(vid);

	v->may = offload_may(features);
	v->can = offload_can(features);
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

/* A long frame's buffers. */
struct chain {
	struct rte_mempool *pool;
	struct rte_mbuf *first, *last;
	uint32_t full_bytes; /* in all but the last */
};

static uint8_t *chain_more(void *user, uint32_t *room_bytes)
{
	struct chain *c = user;
	struct rte_mbuf *m = rte_pktmbuf_alloc(c->pool);

	if (!m)
		return NULL;
	c->last->data_len += rte_pktmbuf_tailroom(c->last);
	c->full_bytes += c->last->data_len;
	c->last->next = m;
	c->last = m;
	c->first->nb_segs++;
	*room_bytes = rte_pktmbuf_tailroom(m);
	return rte_pktmbuf_mtod(m, uint8_t *);
}

/* The first buffer can be filled again. */
static void chain_undo(struct rte_mbuf *first)
{
	rte_pktmbuf_free(first->next);
	first->next = NULL;
	first->nb_segs = 1;
	first->data_len = 0;
}

/* What the driver asks for is noted in the frame. How many frames it counts for, or 0: dropped. */
static unsigned mark(const struct vport *v, const uint8_t *header, struct rte_mbuf *m)
{
	const struct offload_frame frame = {
		.bytes = rte_pktmbuf_mtod(m, const uint8_t *),
		.len_bytes = m->data_len,
		.whole_bytes = m->pkt_len,
	};
	struct offload offload;

	if (offload_read(header, &frame, v->may, &offload) != OFFLOAD_OK)
		return 0;
	segment_mark(m, &offload);
	return offload.segments;
}

/* Takes one frame from a driver that may leave work to us. What it counts for, or 0: dropped. */
static int take_long(struct vport *v, struct split_ring *ring, struct rte_mbuf *m, uint64_t *drops)
{
	struct chain chain = {.pool = m->pool, .first = m, .last = m};
	struct split_ring_sink sink = {
		.most_bytes = v->may & (OFFLOAD_TSO4 | OFFLOAD_TSO6) ? OFFLOAD_FRAME_MAX_BYTES
								     : rte_pktmbuf_tailroom(m),
		.more = chain_more,
		.user = &chain,
	};
	int len = split_ring_take_long(
		ring, &v->mem, rte_pktmbuf_mtod(m, uint8_t *), rte_pktmbuf_tailroom(m), &sink);
	unsigned counts = 1;

	if (len >= 0) {
		chain.last->data_len = (uint16_t)((uint32_t)len - chain.full_bytes);
		m->pkt_len = (uint32_t)len;
		/* virtio 1.2, 5.1.6.2: flags and gso_type; nothing is asked for without them */
		if (sink.header[0] | sink.header[1])
			counts = mark(v, sink.header, m);
		if (counts)
			return (int)counts;
		drops[DROP_BAD_OFFLOAD]++;
	} else {
		drops[drop_of_ring(len)]++;
	}
	chain_undo(m);
	return len == -EPROTO ? -EPROTO : 0;
}

/* Takes one frame from a driver that finishes its frames; the same. */
static int take_plain(struct vport *v, struct split_ring *ring, struct rte_mbuf *m, uint64_t *drops)
{
	int len = split_ring_take(
		ring, &v->mem, rte_pktmbuf_mtod(m, uint8_t *), rte_pktmbuf_tailroom(m));

	if (len < 0) {
		drops[drop_of_ring(len)]++;
		return len == -EPROTO ? -EPROTO : 0;
	}
	m->data_len = (uint16_t)len;
	m->pkt_len = (uint32_t)len;
	return 1;
}

/* Fills the packet buffers in turn; returns how many got a frame. */
static unsigned take_frames(struct vport *v, struct split_ring *ring, struct rte_mbuf **frames,
	unsigned n, uint64_t *drops)
{
	unsigned got = 0, counted = 0;

	for (unsigned i = 0; i < n && counted < TAKE_SEGMENTS_MAX; i++) {
		int counts = v->may ? take_long(v, ring, frames[got], drops)
				    : take_plain(v, ring, frames[got], drops);

		if (counts < 0)
			break;
		counted += (unsigned)counts;
		got += counts > 0;
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
	uint8_t header[SPLIT_RING_HEADER_BYTES] = {0}, tag[FRAME_VLAN_TAG_BYTES];
	struct split_ring_piece pieces[PIECES_MAX];
	struct offload asked;
	unsigned n = 0;

	if (segment_asks(m)) { /* and the client can do it */
		segment_asked(m, &asked);
		offload_write(&asked, frame_edit_bytes(edit), header);
	}
	if (edit) {
		n = edit_head(m, edit, tag, pieces); /* parsed: it has these bytes */
		m = m->next;
	}
	for (; m && n < PIECES_MAX; m = m->next)
		pieces[n++] = (struct split_ring_piece){rte_pktmbuf_mtod(m, void *), m->data_len};
	return m ? -EMSGSIZE : split_ring_give_with(ring, &v->mem, header, pieces, n);
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
