/* SPDX-License-Identifier: BSD-3-Clause */
/* device_view.h - one list of this VIOS's devices, from what each edge has found. Pure. */
#ifndef VIOS_DAEMON_DEVICE_VIEW_H
#define VIOS_DAEMON_DEVICE_VIEW_H

#include "vios-core/daemon/uplink_use.h"
#include "vios-core/discovery/device_list.h"

/* All borrowed. */
struct device_view {
	const struct uplink_use *uplinks;
	size_t n_uplinks; /* at most UPLINK_USE_MAX */
	const struct port_facts *ports;
	size_t n_ports;
	const struct pci_facts *pci;
	size_t n_pci;
	const json_t *disks; /* an array of device objects, or NULL */
};

/* Ports, PCI functions, configured uplinks that are missing, disks; within device_list's bound. 0
 * and list, the caller's to fini; or -ENOMEM. */
int device_view_make(const struct device_view *view, struct device_list *list);

#endif
