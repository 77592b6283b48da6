/* SPDX-License-Identifier: BSD-3-Clause */
/* view_rates.h - what adapters carry a second. Pure. */
#ifndef VIOS_CLI_VIEW_RATES_H
#define VIOS_CLI_VIEW_RATES_H

#include <jansson.h>
#include <stdint.h>

/* {"vios", "adapter", "tx_packets_s", "tx_bytes_s", "rx_packets_s", "rx_bytes_s", "drops_s",
 * "held_times_s"} of each uplink and client adapter, from two answers of `running`, ms apart; sent
 * is what was given to the wire, or to the client. only: a VIOS, or NULL: all. */
json_t *view_rates(const json_t *before, const json_t *now, const char *only, uint32_t ms);
/* As a table; the caller frees it. NULL without memory. */
char *lay_rates(const json_t *records);

#endif
