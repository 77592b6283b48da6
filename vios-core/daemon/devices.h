/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * devices.h - the devices of this VIOS: watched, listed, told. Puts the edges of discovery
 * together.
 */
#ifndef VIOS_DAEMON_DEVICES_H
#define VIOS_DAEMON_DEVICES_H

#include "vios-core/base/rpc.h"
#include "vios-core/daemon/uplink_use.h"

#include <stdbool.h>
#include <stddef.h>

struct devices;

struct devices_config {
	const char *root; /* the directory that stands for /, with sys, dev and proc */
	const char *vios; /* borrowed */
	/* The list has changed: called from the loop, some 100 ms after the first cause. */
	void (*changed)(void *user);
	void *user;
};

/* Works with whatever this process may see; what cannot be watched is logged. 0 or -errno. */
int devices_new(sd_event *ev, const struct devices_config *config, struct devices **out);
void devices_free(struct devices *devices); /* NULL: nothing */
/* The configured physical adapters from now on; the first UPLINK_USE_MAX are copied. */
void devices_set_uplinks(struct devices *devices, const struct uplink_use *list, size_t n);
/* Answers a call of `devices`, at once or when a look at the devices that are there is done. */
void devices_answer(struct devices *devices, struct rpc_call *call);
/* As last seen: an array of device objects. Borrowed until the loop runs on; NULL without memory.
 */
json_t *devices_list(struct devices *devices);

#endif
