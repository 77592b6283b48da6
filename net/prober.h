/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prober.h - asks the addresses of `netaddr` on an uplink and tells viosd whether any answers:
 * reach.h with a clock, a timer, and the workers. Edge: jansson, sd-event. Main thread.
 */
#ifndef VIOS_NET_PROBER_H
#define VIOS_NET_PROBER_H

#include <jansson.h>
#include <stddef.h>

#include "net/reach.h"

#define PROBER_INTERVAL_MS 1000
#define PROBER_INTERVAL_MIN_MS 20
#define PROBER_INTERVAL_MAX_MS 60000
#define PROBER_MISSES 3
#define PROBER_MISSES_MAX 20

struct netd_uplink;
struct prober;

struct prober_config {
	struct probe_table table; /* mac is filled in later */
	struct reach_rules rules;
};

/* Of one uplink. NULL: no memory. */
struct prober *prober_new(struct netd_uplink *at);
void prober_free(struct prober *prober);

/* Members `netaddr` [address], `netaddr_interval` (ms), `netaddr_misses` of an uplink, each of
 * which may be left out. 0 or -EINVAL with why[] filled. */
int prober_read(const json_t *uplink, struct prober_config *out, char *why, size_t why_size);
/* Of the uplink that is there now, if any; before the rules of the switch are published. */
void prober_configure(struct prober *prober, const struct prober_config *config);

/* {"state", "interval_ms", "misses", "targets": [...]} of `status`; null: nobody is asked. */
json_t *prober_json(const struct prober *prober);

#endif
