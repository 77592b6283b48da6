/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The long frame stands where its first piece stood; a frame of the same flow that is no piece of
 * it ends it. So no flow's frames change places. The buffers of the pieces are chained: nothing is
 * copied.
 */
#include "net/large_rx.h"

#include <rte_mbuf.h>

#include "net/bridge.h"
#include "net/gather.h"
#include "net/segment.h"
#include "net/uplink.h"

#define FLOWS 8 /* that are gathered at once */

struct flow {
	struct gather gather;
	struct rte_mbuf *head;
};

struct burst {
	struct flow flow[FLOWS];
	unsigned n;
};

static uint8_t *bytes_of(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, uint8_t *);
}

static void end_flow(const struct flow *flow)
{
	struct offload left;

	if (flow->gather.n_pieces < 2)
		return;
	gather_finish(&flow->gather, bytes_of(flow->head), &left);
	segment_mark(flow->head, &left);
}

static void end_all(struct burst *burst)
{
	for (unsigned i = 0; i < burst->n; i++)
		end_flow(&burst->flow[i]);
	burst->n = 0;
}

static struct flow *find(
	struct burst *burst, const struct rte_mbuf *m, const struct gather_piece *piece)
{
	for (unsigned i = 0; i < burst->n; i++)
		if (gather_same_flow(bytes_of(burst->flow[i].head), &burst->flow[i].gather.first,
			    bytes_of(m), piece))
			return &burst->flow[i];
	return NULL;
}

/* Without what is behind the packet: a wire's shortest frame is longer than some. */
static void trim(struct rte_mbuf *m, const struct gather_piece *piece)
{
	const uint32_t whole = gather_header_bytes(piece) + piece->payload_bytes;

	rte_pktmbuf_trim(m, (uint16_t)(rte_pktmbuf_data_len(m) - whole));
}

/* Whether it became part of a long frame. */
static bool gather_one(struct burst *burst, struct rte_mbuf *m, const struct gather_piece *piece)
{
	struct flow *flow = find(burst, m, piece);

	if (flow && gather_joins(&flow->gather, bytes_of(flow->head), bytes_of(m), piece) &&
		flow->head->nb_segs < RTE_MBUF_MAX_NB_SEGS) {
		trim(m, piece);
		rte_pktmbuf_adj(m, (uint16_t)gather_header_bytes(piece));
		rte_pktmbuf_chain(flow->head, m);
		gather_add(&flow->gather, piece);
		return true;
	}
	if (flow) {
		end_flow(flow);
	} else {
		if (burst->n == FLOWS)
			end_all(burst);
		flow = &burst->flow[burst->n++];
	}
	trim(m, piece);
	flow->head = m;
	gather_begin(&flow->gather, piece);
	return false;
}

static void end_its_flow(
	struct burst *burst, const struct rte_mbuf *m, const struct gather_piece *piece)
{
	struct flow *flow = find(burst, m, piece);

	if (!flow)
		return;
	end_flow(flow);
	*flow = burst->flow[--burst->n];
}

/* A driver may know that the sums are right. */
static bool is_checked(const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD &&
	       (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
}

static enum gather_kind look(const struct rte_mbuf *m, struct gather_piece *piece)
{
	if (!rte_pktmbuf_is_contiguous(m))
		return GATHER_UNKNOWN;
	return gather_read(bytes_of(m), rte_pktmbuf_data_len(m), is_checked(m), piece);
}

static unsigned gather_burst(struct rte_mbuf **frames, unsigned n)
{
	struct burst burst;
	unsigned kept = 0;

	burst.n = 0;
	for (unsigned i = 0; i < n; i++) {
		struct gather_piece piece = {0};

		switch (look(frames[i], &piece)) {
		case GATHER_PIECE:
			if (gather_one(&burst, frames[i], &piece))
				continue;
			break;
		case GATHER_ALONE:
			end_its_flow(&burst, frames[i], &piece);
			break;
		case GATHER_UNKNOWN:
			end_all(&burst);
			break;
		case GATHER_OTHER:
			break;
		}
		frames[kept++] = frames[i];
	}
	end_all(&burst);
	return kept;
}

static uint64_t sum_bytes(struct rte_mbuf **frames, unsigned n)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++)
		bytes += rte_pktmbuf_pkt_len(frames[i]);
	return bytes;
}

unsigned large_rx(struct bridge *b, unsigned uplink, struct rte_mbuf **frames, unsigned max)
{
	struct port_stats *stats = &b->stats[PORT_UPLINK + uplink];
	const unsigned n = uplink_rx(b->uplink[uplink], b->worker, frames, (uint16_t)max);
	uint64_t bytes;
	unsigned kept;

	if (n < 2 || !b->ingress.by.rules->large_receive[uplink])
		return n;
	bytes = sum_bytes(frames, n);
	kept = gather_burst(frames, n);
	/* What the wire had and the switch does not see. */
	stats_count(&stats->gathered, n - kept);
	stats_count(&stats->rx_packets, n - kept);
	stats_count(&stats->rx_bytes, bytes - sum_bytes(frames, kept));
	return kept;
}
