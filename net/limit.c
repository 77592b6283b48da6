/* SPDX-License-Identifier: BSD-3-Clause */
/* limit.c - see limit.h. A bucket per adapter and direction; the worker's thread. */
#include "net/limit.h"

#include <rte_spinlock.h>

#include "net/bridge.h"

struct limit_out { /* any worker, under the lock */
	rte_spinlock_t lock;
	struct bucket bucket;
};

static struct limit_out limit_out[PORT_CLIENTS]; /* one plane a process */

static bool has_frames(const struct bridge *b, uint16_t port_number)
{
	struct vport *vport = &b->plane->port[port_number].vport;

	for (unsigned pair = 0; pair < vport->n_pairs; pair++)
		if (vport_waiting(vport, pair))
			return true;
	return false;
}

static void hold(struct bridge *b, uint16_t port)
{
	struct limit *limit = &b->limit;

	if (limit_is_held(limit, port) || !has_frames(b, port))
		return;
	portset_add(&limit->held, port);
	limit->since_us[port] = b->ingress.now_us;
	stats_count(&b->stats[port].held_times, 1);
}

void limit_end(struct bridge *b, uint16_t port)
{
	struct limit *limit = &b->limit;

	if (!limit_is_held(limit, port))
		return;
	portset_remove(&limit->held, port);
	stats_count(&b->stats[port].held_us, b->ingress.now_us - limit->since_us[port]);
}

unsigned limit_take(struct bridge *b, uint16_t port, unsigned most)
{
	const struct rules_rate *rate = &b->ingress.by.rules->in[port];
	uint32_t level = bucket_level(
		&b->limit.in[port], rate->bytes_per_s, rate->burst_bytes, b->ingress.now_us);
	uint32_t n = level / b->plane->port[port].frame_max_bytes;

	if (!n) {
		hold(b, port);
		return 0;
	}
	limit_end(b, port);
	return n < most ? n : most;
}

void limit_taken(struct bridge *b, uint16_t port, uint64_t bytes)
{
	bucket_charge(
		&b->limit.in[port], b->ingress.by.rules->in[port].bytes_per_s, (uint32_t)bytes);
}

bool limit_give(struct bridge *b, uint16_t port, uint32_t bytes)
{
	const struct rules_rate *rate = &b->ingress.by.rules->out[port];
	struct limit_out *out = &limit_out[port];
	bool may;

	rte_spinlock_lock(&out->lock);
	may = bucket_take(
		&out->bucket, rate->bytes_per_s, rate->burst_bytes, bytes, b->ingress.now_us);
	rte_spinlock_unlock(&out->lock);
	return may;
}

unsigned limit_first_pair(struct bridge *b, uint16_t port, unsigned pairs)
{
	return pairs > 1 ? b->limit.first[port]++ % pairs : 0;
}
