// SPDX-License-Identifier: BSD-3-Clause
/*
 * pci_scan.c - finds network functions on PCI and what a data plane would open to drive them. Runs
 * on viosd's one thread; reads sysfs only, never the function's own registers (config, resource).
 */
#include "vios-core/discovery/pci_scan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "sys/bus/pci/devices"

int pci_scan_list(int root, struct sysfile_names *out)
{
	int r = sysfile_list(root, DEVICES, PCI_SCAN_MAX, out);

	return r == -ENOENT ? 0 : r;
}

/* Without an IOMMU, VFIO calls its groups so (drivers/vfio/group.c). */
static void vfio_node(int root, int dir, struct pci_facts *out)
{
	char group[16];

	if (!sysfile_link(dir, "iommu_group", 0, group, sizeof(group)))
		return;
	snprintf(out->node, sizeof(out->node), "/dev/vfio/noiommu-%s", group);
	out->has_node = sysfile_exists(root, out->node + 1);
	if (out->has_node)
		return;
	snprintf(out->node, sizeof(out->node), "/dev/vfio/%s", group);
	out->has_node = sysfile_exists(root, out->node + 1);
}

static void uio_node(int root, int dir, struct pci_facts *out)
{
	struct sysfile_names names;

	if (sysfile_list(dir, "uio", 1, &names) < 0)
		return;
	if (names.n > 0) {
		snprintf(out->node, sizeof(out->node), "/dev/%.32s", names.name[0]);
		out->has_node = sysfile_exists(root, out->node + 1);
	}
	sysfile_names_fini(&names);
}

static uint32_t number(int dir, const char *path)
{
	uint64_t value = 0;

	sysfile_number(dir, path, UINT32_MAX, &value);
	return (uint32_t)value;
}

int pci_scan_read(int root, const char *address, struct pci_facts *out)
{
	char path[sizeof(DEVICES) + SYSFILE_NAME_BYTES + 1];

	*out = (struct pci_facts){0};
	if (!pci_address(address, out->address))
		return -ENODEV;
	snprintf(path, sizeof(path), DEVICES "/%s", address);
	int dir = sysfile_dir(root, path);
	if (dir < 0)
		return -ENODEV;
	out->class_code = number(dir, "class");
	sysfile_link(dir, "driver", 0, out->driver, sizeof(out->driver));
	bool wanted = pci_wanted(out);
	if (wanted) {
		out->vendor = number(dir, "vendor");
		out->device = number(dir, "device");
		if (strcmp(out->driver, "vfio-pci") == 0)
			vfio_node(root, dir, out);
		else if (out->driver[0])
			uio_node(root, dir, out);
	}
	close(dir);
	return wanted ? 0 : -ENODEV;
}
