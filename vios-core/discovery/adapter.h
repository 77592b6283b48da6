/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapter.h - network ports of the kernel, and network functions on PCI that the kernel's stack
 * does not drive, as objects for `devices`. Pure.
 */
#ifndef VIOS_DISCOVERY_ADAPTER_H
#define VIOS_DISCOVERY_ADAPTER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define PORT_NAME_BYTES 16 /* IFNAMSIZ */
#define PORT_TEXT_BYTES 32
#define PCI_ADDRESS_BYTES 16 /* "0000:3b:00.1" */

struct port_facts {
	int ifindex;
	char name[PORT_NAME_BYTES];
	uint8_t mac[6];
	uint32_t mtu;
	bool up, carrier;	    /* as set by an administrator; as the wire is */
	char kind[PORT_NAME_BYTES]; /* rtnetlink's: "veth", "bridge"; "": a driver's own */
	/* What the driver says. */
	bool asked;
	char driver[PORT_TEXT_BYTES];
	char bus[PORT_TEXT_BYTES]; /* "0000:00:03.0"; "": on none */
	uint32_t speed_mbit;	   /* 0: unknown */
	uint8_t permanent_mac[6];  /* all 0: none */
};

struct pci_facts {
	char address[PCI_ADDRESS_BYTES];
	uint32_t class_code; /* class, subclass, interface */
	uint32_t vendor, device;
	char driver[PORT_TEXT_BYTES]; /* "": none is bound */
	char node[64];		      /* what a data plane opens: "/dev/vfio/12"; "": none */
	bool has_node;		      /* it is there */
};

/* "3b:00.1" or "0000:3B:00.1", to "0000:3b:00.1". False: it is no PCI address. */
bool pci_address(const char *text, char out[PCI_ADDRESS_BYTES]);
/* vfio-pci, uio_pci_generic, igb_uio */
bool pci_driver_is_dpdk(const char *driver);
/* A network function that a DPDK driver or nobody has. */
bool pci_wanted(const struct pci_facts *facts);
bool port_physical(const struct port_facts *facts);

/* New objects, NULL without memory. uplink: the name of this VIOS's adapter that it serves as, or
 * NULL. */
json_t *port_json(const struct port_facts *facts, const char *uplink);
json_t *pci_json(const struct pci_facts *facts, const char *uplink);
/* An uplink that is configured and not there. */
json_t *adapter_missing_json(const char *name, const char *uplink);

#endif
