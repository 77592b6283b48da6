/* SPDX-License-Identifier: BSD-3-Clause */
/* device_list.h - lists of device objects: kept within a bound, compared. Pure. */
#ifndef VIOS_DISCOVERY_DEVICE_LIST_H
#define VIOS_DISCOVERY_DEVICE_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Of one VIOS, as compact text: the lists of both fit one line of the control protocol. */
#define DEVICE_LIST_TEXT_MAX (448u << 10)

struct device_list {
	json_t *array; /* owned */
	size_t text_bytes;
	bool cut;
};

/* 0 or -ENOMEM. */
int device_list_init(struct device_list *list);
void device_list_fini(struct device_list *list);
/* device: ownership moves, also on failure; NULL: out of memory. One that does not fit is left out,
 * and so are all that follow: cut says so. 0 or -ENOMEM. */
int device_list_add(struct device_list *list, json_t *device);
/* Tells which devices (by class and name) only one of them has, and which differ. True: they are
 * not equal. */
bool device_list_diff(const json_t *old, const json_t *now,
	void (*tell)(const char *what, const json_t *device, void *user), void *user);

#endif
