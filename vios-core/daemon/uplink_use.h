/* SPDX-License-Identifier: BSD-3-Clause */
/* uplink_use.h - which of the devices found serve as this VIOS's uplinks. Pure. */
#ifndef VIOS_DAEMON_UPLINK_USE_H
#define VIOS_DAEMON_UPLINK_USE_H

#include "vios-core/discovery/adapter.h"
#include "vios-core/model/config.h"
#include "vios-core/model/frame_config.h"

#include <stddef.h>

#define UPLINK_USE_MAX 16

/* A physical adapter of this VIOS, as it is configured. */
struct uplink_use {
	char name[MODEL_NAME_MAX + 1];	     /* "ent0" */
	char devargs[MODEL_DEVARGS_MAX + 1]; /* "net_af_packet0,iface=up0", "0000:3b:00.0" */
};

/* All physical adapters of a VIOS that are devices of their own: no aggregations. Returns how many,
 * at most UPLINK_USE_MAX. */
size_t uplink_use_all(
	const struct config *config, const char *vios, struct uplink_use list[UPLINK_USE_MAX]);

/* The name of the first that devargs' interface or PCI address make this port or function, or NULL.
 */
const char *uplink_use_port(
	const struct uplink_use *list, size_t n, const struct port_facts *facts);
const char *uplink_use_pci(const struct uplink_use *list, size_t n, const struct pci_facts *facts);
/* What the operating system calls it: an interface or a PCI address. False: neither (net_null0). */
bool uplink_use_device(const struct uplink_use *use, char out[PORT_NAME_BYTES]);

#endif
