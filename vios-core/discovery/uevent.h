/* SPDX-License-Identifier: BSD-3-Clause */
/* uevent.h - what the kernel tells of devices that come and go (lib/kobject_uevent.c). Pure. */
#ifndef VIOS_DISCOVERY_UEVENT_H
#define VIOS_DISCOVERY_UEVENT_H

#include <stdbool.h>
#include <stddef.h>

#define UEVENT_BYTES_MAX 8192 /* the kernel's own limit is 2048 and the path */

enum uevent_action {
	UEVENT_ADD,
	UEVENT_REMOVE,
	UEVENT_CHANGE,
	UEVENT_MOVE,
	UEVENT_ONLINE,
	UEVENT_OFFLINE,
	UEVENT_BIND,
	UEVENT_UNBIND,
	UEVENT_N_ACTIONS
};

struct uevent {
	enum uevent_action action;
	char subsystem[32];
	char name[64]; /* the last component of its path: "sda", "0000:3b:00.0" */
};

/* A whole message: "ACTION@DEVPATH", then KEY=VALUE, each ended by a NUL. 0 or -EINVAL. */
int uevent_parse(const char *message, size_t n, struct uevent *out);
const char *uevent_action_name(enum uevent_action action);
/* Whether discovery has to look again. Network interfaces do not matter: rtnetlink tells of them.
 */
bool uevent_matters(const struct uevent *event);

#endif
