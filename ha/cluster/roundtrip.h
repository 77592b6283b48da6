/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * roundtrip.h - how long the group takes for a message of ours: from its multicast to its delivery
 * to ourselves, which is in the group's order. Pure. One stay in the group; then reset.
 */
#ifndef HA_CLUSTER_ROUNDTRIP_H
#define HA_CLUSTER_ROUNDTRIP_H

#include <stddef.h>
#include <stdint.h>

#define ROUNDTRIP_FLIGHT 64 /* on their way at once; of more the rest is not measured */
#define ROUNDTRIP_KEPT 64

struct roundtrip {
	uint64_t n_sent, n_back;
	struct {
		uint64_t number, sent_us;
	} flight[ROUNDTRIP_FLIGHT];
	uint64_t n_taken;
	uint64_t took_us[ROUNDTRIP_KEPT];
};

struct roundtrip_figures {
	size_t n; /* of how many; 0: nothing is known */
	uint64_t last_us, median_us, worst_us;
};

void roundtrip_sent(struct roundtrip *trip, uint64_t now_us);
void roundtrip_back(struct roundtrip *trip, uint64_t now_us);
/* What is on its way is lost; what was measured stays. */
void roundtrip_cut(struct roundtrip *trip);
/* Of the last ROUNDTRIP_KEPT. */
struct roundtrip_figures roundtrip_figures(const struct roundtrip *trip);

#endif
