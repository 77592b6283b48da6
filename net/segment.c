/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See segment.h. TCP over IPv4 is cut by rte_gso, whose segments share the payload of the frame;
 * rte_gso 22.11 knows no IPv6, so that is cut here, into copies. Checksums are rte_net's.
 */
#include "net/segment.h"

#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_gso.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#define REFERENCES 2047 /* more than one frame is cut into, at the worst */
#define REFERENCES_CACHE 128
#define ASKS                                                                                       \
	(RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6 | \
		RTE_MBUF_F_TX_IP_CKSUM)
#define TCP_CHECKSUM offsetof(struct rte_tcp_hdr, cksum)
#define UDP_CHECKSUM offsetof(struct rte_udp_hdr, dgram_cksum)

int segment_init(struct segment_pools *pools, struct rte_mempool *frames)
{
	pools->frames = frames;
	pools->references = rte_pktmbuf_pool_create(
		"references", REFERENCES, REFERENCES_CACHE, 0, 0, SOCKET_ID_ANY);
	return pools->references ? 0 : -ENOMEM;
}

void segment_fini(struct segment_pools *pools)
{
	rte_mempool_free(pools->references);
	pools->references = NULL;
}

static void finish_at(struct rte_mbuf *m, uint32_t start, uint32_t offset)
{
	uint16_t sum = 0;

	rte_raw_cksum_mbuf(m, start, rte_pktmbuf_pkt_len(m) - start, &sum);
	sum = (uint16_t)~sum;
	if (!sum)
		sum = 0xFFFF; /* the same number; 0 is UDP's "none" */
	memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, start + offset), &sum, sizeof(sum));
	m->ol_flags &= ~ASKS;
}

void segment_mark(struct rte_mbuf *m, const struct offload *o)
{
	if (!o->asks)
		return;
	if (!o->protocol) {
		finish_at(m, o->checksum_start, o->checksum_offset);
		return;
	}
	m->l2_len = o->l2_bytes;
	m->l3_len = o->checksum_start - o->l2_bytes;
	m->l4_len = o->l4_bytes;
	m->tso_segsz = o->segment_bytes;
	m->ol_flags |= o->ip_version == 4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6;
	m->ol_flags |=
		o->protocol == IPPROTO_TCP ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
	if (o->asks & (OFFLOAD_TSO4 | OFFLOAD_TSO6))
		m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
	if (o->asks & OFFLOAD_TSO4)
		m->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM; /* of each segment */
}

void segment_asked(const struct rte_mbuf *m, struct offload *out)
{
	const bool udp = (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_UDP_CKSUM;

	*out = (struct offload){
		.asks = OFFLOAD_CHECKSUM,
		.protocol = udp ? IPPROTO_UDP : IPPROTO_TCP,
		.ip_version = m->ol_flags & RTE_MBUF_F_TX_IPV4 ? 4 : 6,
		.l2_bytes = m->l2_len,
		.l4_bytes = (uint8_t)m->l4_len,
		.checksum_start = (uint16_t)(m->l2_len + m->l3_len),
		.checksum_offset = udp ? UDP_CHECKSUM : TCP_CHECKSUM,
		.segment_bytes = m->tso_segsz,
	};
	if (segment_is_long(m))
		out->asks |= out->ip_version == 4 ? OFFLOAD_TSO4 : OFFLOAD_TSO6;
}

void segment_finish(struct rte_mbuf *m)
{
	const bool udp = (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_UDP_CKSUM;

	finish_at(m, m->l2_len + m->l3_len, udp ? UDP_CHECKSUM : TCP_CHECKSUM);
}

/* A segment's lengths are right, its checksums are not. */
static void sum_ipv4(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, m->l2_len);
	const uint16_t tcp_at = (uint16_t)(m->l2_len + m->l3_len);
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, tcp_at);

	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	tcp->cksum = rte_ipv4_phdr_cksum(ip, 0);
	finish_at(m, tcp_at, TCP_CHECKSUM);
}

/* Those of more than `most` buffers are copied into one. */
static int join(const struct segment_pools *pools, struct rte_mbuf **frames, int n, unsigned most)
{
	for (int i = 0; i < n; i++) {
		struct rte_mbuf *chain = frames[i];

		if (chain->nb_segs <= most)
			continue;
		frames[i] = rte_pktmbuf_copy(chain, pools->frames, 0, UINT32_MAX);
		if (!frames[i]) {
			frames[i] = chain;
			rte_pktmbuf_free_bulk(frames, (unsigned)n);
			return -ENOBUFS;
		}
		rte_pktmbuf_free(chain);
	}
	return n;
}

static int cut_ipv4(
	const struct segment_pools *pools, struct rte_mbuf *m, unsigned can, struct rte_mbuf **out)
{
	const struct rte_gso_ctx by = {
		.direct_pool = pools->frames,
		.indirect_pool = pools->references,
		.gso_types = RTE_ETH_TX_OFFLOAD_TCP_TSO,
		.gso_size = (uint16_t)segment_wire_bytes(m),
	};
	const uint64_t flags = m->ol_flags; /* it clears some, and another may have m */
	int n = rte_gso_segment(m, &by, out, OFFLOAD_SEGMENTS_MAX);

	m->ol_flags = flags;
	if (n <= 0)
		return -ENOBUFS;
	/* Headers and a piece of payload; where the payload lies in more, rte_net 22.11 sums up
	 * wrongly behind a piece of odd length. */
	n = join(pools, out, n, can & OFFLOAD_CHAINS ? 2 : 1);
	for (int i = 0; i < n; i++)
		sum_ipv4(out[i]);
	return n;
}

static void sum_ipv6(struct rte_mbuf *m, const struct rte_mbuf *of)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, of->l2_len);
	const uint16_t tcp_at = (uint16_t)(of->l2_len + of->l3_len);
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, tcp_at);
	struct rte_ipv6_hdr pseudo = *ip;

	ip->payload_len =
		rte_cpu_to_be_16((uint16_t)(rte_pktmbuf_data_len(m) - of->l2_len - sizeof(*ip)));
	/* The pseudo header knows nothing of extension headers. */
	pseudo.proto = IPPROTO_TCP;
	pseudo.payload_len = rte_cpu_to_be_16((uint16_t)(rte_pktmbuf_data_len(m) - tcp_at));
	tcp->cksum = rte_ipv6_phdr_cksum(&pseudo, 0);
	finish_at(m, tcp_at, TCP_CHECKSUM);
}

/* One segment: the headers, and so many bytes of payload from `at` on. */
static struct rte_mbuf *copy_segment(const struct segment_pools *pools, const struct rte_mbuf *m,
	uint32_t header_bytes, uint32_t at, uint32_t bytes)
{
	struct rte_mbuf *s = rte_pktmbuf_alloc(pools->frames);
	const uint32_t tcp_at = (uint32_t)(m->l2_len + m->l3_len);
	const bool last = at + bytes == rte_pktmbuf_pkt_len(m);
	struct rte_tcp_hdr *tcp;
	char *to = s ? rte_pktmbuf_append(s, (uint16_t)(header_bytes + bytes)) : NULL;
	const void *from;

	if (!to) {
		rte_pktmbuf_free(s);
		return NULL;
	}
	memcpy(to, rte_pktmbuf_mtod(m, void *), header_bytes);
	from = rte_pktmbuf_read(m, at, bytes, to + header_bytes);
	if (from != to + header_bytes)
		memcpy(to + header_bytes, from, bytes);
	tcp = rte_pktmbuf_mtod_offset(s, struct rte_tcp_hdr *, tcp_at);
	tcp->sent_seq = rte_cpu_to_be_32(rte_be_to_cpu_32(tcp->sent_seq) + at - header_bytes);
	if (!last)
		tcp->tcp_flags &= (uint8_t) ~(RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG);
	sum_ipv6(s, m);
	return s;
}

static int cut_ipv6(
	const struct segment_pools *pools, const struct rte_mbuf *m, struct rte_mbuf **out)
{
	const uint32_t header_bytes = (uint32_t)(m->l2_len + m->l3_len + m->l4_len);
	const uint32_t end = rte_pktmbuf_pkt_len(m);
	int n = 0;

	for (uint32_t at = header_bytes; at < end; at += m->tso_segsz) {
		const uint32_t bytes = RTE_MIN(end - at, (uint32_t)m->tso_segsz);

		out[n] = copy_segment(pools, m, header_bytes, at, bytes);
		if (!out[n]) {
			rte_pktmbuf_free_bulk(out, (unsigned)n);
			return -ENOBUFS;
		}
		n++;
	}
	return n;
}

static int cut(
	const struct segment_pools *pools, struct rte_mbuf *m, unsigned can, struct rte_mbuf **out)
{
	int n = m->ol_flags & RTE_MBUF_F_TX_IPV4 ? cut_ipv4(pools, m, can, out)
						 : cut_ipv6(pools, m, out);

	rte_pktmbuf_free(m);
	return n;
}

int segment_for(
	const struct segment_pools *pools, struct rte_mbuf *m, unsigned can, struct rte_mbuf **out)
{
	struct offload asked;

	segment_asked(m, &asked);
	out[0] = m;
	switch (offload_todo(&asked, can)) {
	case OFFLOAD_CUT:
		return cut(pools, m, can, out);
	case OFFLOAD_FINISH:
		segment_finish(m);
		return 1;
	default:
		return 1;
	}
}
