/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * disk.h - what a block device is: facts from sysfs in, kind, identity and the object for
 * `devices` out. Pure.
 *
 * The identity is one word that is equal on both VIOS exactly when they see the same bytes:
 * "naa.", "eui.", "uuid.", "t10.", "nvme.", "iqn.": the unit's own name; "lvm.": a logical volume;
 * "dm."; "serial.": maker, model and serial number, where nothing better is told; "file.": the file
 * behind a loop device. A partition adds "-partN" to its disk's.
 */
#ifndef VIOS_DISCOVERY_DISK_H
#define VIOS_DISCOVERY_DISK_H

#include "vios-core/discovery/vpd.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define DISK_NAME_BYTES 64
#define DISK_TEXT_BYTES 256
#define DISK_IDENTITY_BYTES 304
#define DISK_LIST_MAX 4 /* links by-id, holders: the first so many */
#define DISK_FOR_EVER INT64_MAX

enum disk_kind {
	DISK_WHOLE,
	DISK_PARTITION,
	DISK_LV,
	DISK_MULTIPATH,
	DISK_DM, /* device mapper, other */
	DISK_MD,
	DISK_LOOP,
	DISK_OPTICAL,
	DISK_N_KINDS
};

/* Texts: "" when sysfs does not tell. */
struct disk_facts {
	char name[DISK_NAME_BYTES]; /* the kernel's: "sda", "dm-0" */
	char path[DISK_TEXT_BYTES]; /* its node: "/dev/sda", "/dev/mapper/vg-lv" */
	bool has_node;		    /* it is there: this VIOS may have it */
	uint64_t size_bytes;
	uint32_t logical_bytes, physical_bytes;
	bool read_only, removable, hidden;
	uint32_t partition; /* its number; 0: none */
	char parent[DISK_NAME_BYTES];
	char dm_name[DISK_TEXT_BYTES], dm_uuid[DISK_TEXT_BYTES];
	bool md;
	char backing_file[DISK_TEXT_BYTES]; /* of a loop device */
	char file_identity[DISK_TEXT_BYTES];
	uint64_t loop_offset; /* where in the file it begins */
	/* of the device that it is or is a part of */
	char vendor[DISK_TEXT_BYTES], model[DISK_TEXT_BYTES], serial[DISK_TEXT_BYTES];
	char state[32];	   /* SCSI: "running", "offline", "blocked"...; nvme: "live" */
	int scsi_type;	   /* -1: not told */
	int64_t timeout_s; /* of a command, the worst of what it lies on; -1: not told */
	int64_t lost_s;	   /* a lost path is waited for so long; DISK_FOR_EVER; -1: not told */
	char lost_by[24];  /* what sets that: "fast_io_fail_tmo"; "" */
	bool queues;	   /* a multipath map: requests wait for as long as no path is left */
	char designator[VPD_NAME_BYTES]; /* from page 83h */
	char wwid[VPD_NAME_BYTES];	 /* as the kernel puts it */
	char by_id[DISK_LIST_MAX][DISK_TEXT_BYTES];
	unsigned n_by_id;
	char holders[DISK_LIST_MAX][DISK_NAME_BYTES];
	unsigned n_holders;
};

enum disk_kind disk_kind(const struct disk_facts *facts);
/* Memory (ram, zram), hidden paths, and loop and network block devices with nothing behind. */
bool disk_wanted(const struct disk_facts *facts);
/* False, and "": nothing identifies it. */
bool disk_identity(const struct disk_facts *facts, char out[DISK_IDENTITY_BYTES]);
/* What will hurt on the day a path dies: a new list of sentences. NULL without memory. */
json_t *disk_warnings(const struct disk_facts *facts);
/* A new object {name, class, type, status, description, attrs}; NULL without memory. */
json_t *disk_json(const struct disk_facts *facts);

#endif
