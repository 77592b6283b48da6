/* SPDX-License-Identifier: BSD-3-Clause */
/* rates.h - the members of a configuration that say what an adapter or an uplink may carry. Edge:
 * jansson. Main thread. */
#ifndef VIOS_NET_RATES_H
#define VIOS_NET_RATES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "net/rules.h"

struct rates {				      /* as configured; 0: no limit, or the usual one */
	uint32_t send_kbit_s, send_burst_kib; /* of an uplink: of all clients together */
	uint32_t recv_kbit_s, recv_burst_kib;
	uint8_t uplink_weight;
};

/* Those of an uplink: `send_kbit_s` and `send_burst_kib`. what: how a refusal names it. 0 or
 * -EINVAL with why[] filled. */
int rates_read_adapter(
	const json_t *object, const char *what, struct rates *out, char *why, size_t why_size);
int rates_read_uplink(const json_t *object, struct rates *out, char *why, size_t why_size);
/* Adds the same members. */
void rates_write_adapter(json_t *object, const struct rates *rates);
void rates_write_uplink(json_t *object, const struct rates *rates);

/* Fills in what the data path goes by. n_workers: each has a share of the uplink. */
void rates_fill_adapter(struct rules_port *port, const struct rates *rates);
void rates_fill_uplink(struct rules_port *port, const struct rates *rates, unsigned n_workers);

#endif
