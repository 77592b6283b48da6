/* SPDX-License-Identifier: BSD-3-Clause */
/* pci_scan.h - functions on PCI (/sys/bus/pci/devices). */
#ifndef VIOS_DISCOVERY_PCI_SCAN_H
#define VIOS_DISCOVERY_PCI_SCAN_H

#include "vios-core/discovery/adapter.h"
#include "vios-core/discovery/sysfile.h"

#define PCI_SCAN_MAX 8192

/* Addresses of all functions; none on a machine without PCI. root: the directory that stands for /.
 * 0 or -errno. */
int pci_scan_list(int root, struct sysfile_names *out);
/* The facts of one. -ENODEV: it has gone, or is no network function (nothing more is read then). */
int pci_scan_read(int root, const char *address, struct pci_facts *out);

#endif
