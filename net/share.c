/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * share.c - see share.h. A round of the worker ends with nothing left of a port that has been
 * withdrawn or is about to move: the other VIOS may send for it then, and must not be overtaken.
 */
#include "net/share.h"

#include <rte_mbuf.h>

#include "net/bridge.h"
#include "net/uplink.h"

#define STALL_US 100000

static bool limited(const struct bridge *b, unsigned uplink)
{
	return portset_has(&b->ingress.by.rules->limited_out, PORT_UPLINK + uplink);
}

static void lose(struct bridge *b, uint16_t port, enum drop reason, struct rte_mbuf *m)
{
	stats_count(&b->stats[port].drops[reason], 1);
	rte_pktmbuf_free(m);
}

/* Returns how many the uplink has taken. */
static unsigned transmit(struct bridge *b, unsigned uplink, struct rte_mbuf **frames, unsigned n)
{
	struct port_stats *stats = &b->stats[PORT_UPLINK + uplink];
	const struct rules_rate *rate = &b->ingress.by.rules->out[PORT_UPLINK + uplink];
	struct share *s = &b->share[uplink];
	uint64_t bytes = 0, left = 0;
	unsigned sent = 0;

	for (unsigned i = 0; i < n; i++) /* before they are no longer ours */
		bytes += rte_pktmbuf_pkt_len(frames[i]);
	if (b->uplink[uplink])
		sent = uplink_tx(b->uplink[uplink], b->worker, frames, (uint16_t)n);
	for (unsigned i = sent; i < n; i++)
		left += rte_pktmbuf_pkt_len(frames[i]);
	stats_count(&stats->tx_packets, sent);
	stats_count(&stats->tx_bytes, bytes - left);
	if (sent) {
		s->progress_us = b->ingress.now_us;
		s->stalled = false;
	}
	if (limited(b, uplink))
		bucket_charge(&s->bucket, rate->bytes_per_s, (uint32_t)(bytes - left));
	return sent;
}

static void wait_turn(struct bridge *b, unsigned uplink, uint16_t port, struct rte_mbuf *m)
{
	struct share *s = &b->share[uplink];

	if (s->stalled) {
		lose(b, (uint16_t)(PORT_UPLINK + uplink), DROP_TX_FULL, m);
		return;
	}
	if (!s->drr.n)
		s->progress_us = b->ingress.now_us;
	if (!drr_put(&s->drr, port, b->ingress.by.rules->weight[port], m, rte_pktmbuf_pkt_len(m))) {
		lose(b, port, DROP_UPLINK_SHARE, m);
		return;
	}
	portset_add(&s->waiting, port);
	stats_count(&b->stats[port].shared, 1);
}

/* Frames that were made here: at once. */
static void send_own(struct bridge *b, unsigned uplink, struct rte_mbuf *m)
{
	if (!transmit(b, uplink, &m, 1))
		lose(b, (uint16_t)(PORT_UPLINK + uplink), DROP_TX_FULL, m);
}

void share_flush(struct bridge *b, unsigned uplink, struct bridge_tx *tx)
{
	const struct share *s = &b->share[uplink];
	unsigned at = 0;

	if (!share_waits(s) && (!limited(b, uplink) || s->stalled)) {
		at = transmit(b, uplink, tx->frame, tx->n);
		if (at == tx->n)
			return;
	}
	for (; at < tx->n; at++)
		if (tx->pair[at] == SHARE_OWN)
			send_own(b, uplink, tx->frame[at]);
		else
			wait_turn(b, uplink, tx->pair[at], tx->frame[at]);
	share_settle(b, uplink);
}

static void lose_all(struct bridge *b, unsigned uplink)
{
	struct drr_frame lost[BRIDGE_BURST];
	unsigned n;

	while ((n = drr_take(&b->share[uplink].drr, lost, BRIDGE_BURST, UINT64_MAX)))
		for (unsigned i = 0; i < n; i++)
			lose(b, (uint16_t)(PORT_UPLINK + uplink), DROP_TX_FULL, lost[i].mbuf);
	b->share[uplink].stalled = true;
}

/* The next frames by turns that the rate allows. */
static unsigned next(struct bridge *b, unsigned uplink, struct drr_frame *turn, unsigned most)
{
	const struct rules_rate *rate = &b->ingress.by.rules->out[PORT_UPLINK + uplink];
	struct share *s = &b->share[uplink];
	uint32_t level;
	unsigned n;

	if (!limited(b, uplink))
		return drr_take(&s->drr, turn, most, UINT64_MAX);
	level = bucket_level(&s->bucket, rate->bytes_per_s, rate->burst_bytes, b->ingress.now_us);
	n = drr_take(&s->drr, turn, most, level);
	/* One that is longer than all that may come at once is paid for later. */
	if (!n && level == rate->burst_bytes)
		n = drr_take(&s->drr, turn, 1, UINT64_MAX);
	if (!n)
		s->progress_us = b->ingress.now_us; /* it is the rate that it waits for */
	return n;
}

static void hurry(struct bridge *b, unsigned uplink, uint16_t port)
{
	struct share *s = &b->share[uplink];
	struct drr_frame all[BRIDGE_BURST];
	unsigned n;

	if (!portset_has(&s->waiting, port))
		return;
	while ((n = drr_take_port(&s->drr, port, all, BRIDGE_BURST)))
		for (unsigned i = 0; i < n; i++)
			if (!transmit(b, uplink, &all[i].mbuf, 1))
				lose(b, port, DROP_UPLINK_SHARE, all[i].mbuf);
	portset_remove(&s->waiting, port);
}

static void leave_none_behind(struct bridge *b, unsigned uplink)
{
	struct share *s = &b->share[uplink];

	for (uint16_t p = portset_next(&s->waiting, 0); p != PORT_NONE;
		p = portset_next(&s->waiting, p + 1u))
		if (!portset_has(&b->ingress.by.live, p))
			hurry(b, uplink, p);
}

void share_settle(struct bridge *b, unsigned uplink)
{
	struct drr_frame turn[BRIDGE_BURST];
	struct rte_mbuf *frames[BRIDGE_BURST];
	struct share *s = &b->share[uplink];
	unsigned n, sent;

	leave_none_behind(b, uplink);
	do {
		n = next(b, uplink, turn, BRIDGE_BURST);
		for (unsigned i = 0; i < n; i++)
			frames[i] = turn[i].mbuf;
		sent = n ? transmit(b, uplink, frames, n) : 0;
		drr_give_back(&s->drr, turn + sent, n - sent);
	} while (n && sent == n);
	if (s->drr.n && b->ingress.now_us > s->progress_us + STALL_US)
		lose_all(b, uplink);
	if (!s->drr.n)
		s->waiting = (struct portset){{0}};
}

void share_hurry(struct bridge *b, uint16_t port)
{
	for (unsigned i = 0; i < b->n_uplinks; i++)
		hurry(b, i, port);
}
