// SPDX-License-Identifier: BSD-3-Clause
/*
 * uplink_use.c - matches configured uplinks with what was found. Pure. A port is meant by its
 * interface's name, or by its PCI address where the kernel and DPDK share a function (mlx5).
 */
#include "vios-core/daemon/uplink_use.h"

#include "vios-core/daemon/devargs.h"

#include <string.h>

_Static_assert(PORT_NAME_BYTES == DEVARGS_IFACE_BYTES && PCI_ADDRESS_BYTES <= PORT_NAME_BYTES,
	"a device's name fits either");

/* DPDK takes "0000:3b:00.0", "3b:00.0" and "pci:0000:3b:00.0". */
static bool address_of(const struct uplink_use *use, char out[PCI_ADDRESS_BYTES])
{
	const char *text = use->devargs;
	char first[PCI_ADDRESS_BYTES];

	if (strncmp(text, "pci:", 4) == 0)
		text += 4;
	size_t len = strcspn(text, ",");
	if (len >= sizeof(first))
		return false;
	memcpy(first, text, len);
	first[len] = '\0';
	return pci_address(first, out);
}

bool uplink_use_device(const struct uplink_use *use, char out[PORT_NAME_BYTES])
{
	return devargs_iface(use->devargs, out) == 0 || address_of(use, out);
}

static const char *find(const struct uplink_use *list, size_t n, const char *name, const char *bus)
{
	char device[PORT_NAME_BYTES], address[PCI_ADDRESS_BYTES];

	for (size_t i = 0; i < n; i++) {
		if (name[0] && devargs_iface(list[i].devargs, device) == 0 &&
			strcmp(device, name) == 0)
			return list[i].name;
		if (address_of(&list[i], address) && strcmp(address, bus) == 0)
			return list[i].name;
	}
	return NULL;
}

const char *uplink_use_port(const struct uplink_use *list, size_t n, const struct port_facts *facts)
{
	return find(list, n, facts->name, facts->bus);
}

const char *uplink_use_pci(const struct uplink_use *list, size_t n, const struct pci_facts *facts)
{
	return find(list, n, "", facts->address);
}

size_t uplink_use_all(
	const struct config *config, const char *vios, struct uplink_use list[UPLINK_USE_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_physical && n < UPLINK_USE_MAX; i++) {
		const struct config_physical *physical = &config->physical[i];

		if (strcmp(physical->vios, vios) != 0 ||
			physical->type == CONFIG_PHYSICAL_AGGREGATION)
			continue;
		memcpy(list[n].name, physical->name, sizeof(list[n].name));
		memcpy(list[n++].devargs, physical->devargs, sizeof(list[0].devargs));
	}
	return n;
}
