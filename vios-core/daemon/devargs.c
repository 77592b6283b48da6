// SPDX-License-Identifier: BSD-3-Clause
/*
 * devargs.c - finds iface=NAME among the comma-separated arguments of a DPDK device. Pure; the
 * string is the operator's and was bounded by the schema. The first part is the device's own name,
 * never an argument.
 */
#include "vios-core/daemon/devargs.h"

#include <errno.h>
#include <string.h>

static const char key[] = "iface=";

int devargs_iface(const char *devargs, char iface[DEVARGS_IFACE_BYTES])
{
	for (const char *at = strchr(devargs, ','); at; at = strchr(at, ',')) {
		at++;
		if (strncmp(at, key, sizeof(key) - 1) != 0)
			continue;
		at += sizeof(key) - 1;
		size_t length = strcspn(at, ",");
		if (length == 0 || length >= DEVARGS_IFACE_BYTES)
			return -EINVAL;
		memcpy(iface, at, length);
		iface[length] = '\0';
		return 0;
	}
	return -ENOENT;
}
