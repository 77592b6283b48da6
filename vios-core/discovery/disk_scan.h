/* SPDX-License-Identifier: BSD-3-Clause */
/* disk_scan.h - block devices of sysfs (/sys/class/block) and their links below /dev/disk/by-id. */
#ifndef VIOS_DISCOVERY_DISK_SCAN_H
#define VIOS_DISCOVERY_DISK_SCAN_H

#include "vios-core/discovery/disk.h"
#include "vios-core/discovery/sysfile.h"

#define DISK_SCAN_MAX 4096

/* One look at what there is; the devices are then read one by one, by whom and when it suits. */
struct disk_scan {
	int root;		     /* borrowed: the directory that stands for / */
	struct sysfile_names names;  /* of block devices */
	struct sysfile_names by_id;  /* names of links */
	size_t next;		     /* of these, to be read */
	struct disk_scan_link *link; /* when all are read, sorted by the device's name */
	size_t n_links;
};

/* A system without block devices has none: that is no error. 0 or -errno. */
int disk_scan_begin(struct disk_scan *scan, int root);
/* Reads some more links, at most max. True: there are more; until there are none, devices lack
 * them. */
bool disk_scan_links(struct disk_scan *scan, size_t max);
/* The facts of scan->names.name[i]. -ENODEV: it has gone meanwhile. */
int disk_scan_read(const struct disk_scan *scan, size_t i, struct disk_facts *out);
void disk_scan_end(struct disk_scan *scan);
/* The facts of one device alone, without its links. -ENODEV. */
int disk_scan_number(int root, unsigned major, unsigned minor, struct disk_facts *out);

#endif
