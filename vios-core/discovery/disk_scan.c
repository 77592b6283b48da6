// SPDX-License-Identifier: BSD-3-Clause
/*
 * disk_scan.c - gathers a block device's facts from sysfs. Runs on viosd's one thread; reads only
 * what the kernel has in memory, never the device, so that a dead disk does not hold it up.
 */
#include "vios-core/discovery/disk_scan.h"

#include "vios-core/discovery/disk_waits.h"
#include "vios-core/discovery/file_id.h"
#include "vios-core/discovery/plain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR_BYTES 512 /* sysfs counts in these whatever the disk's own block is */
#define BY_ID "dev/disk/by-id"
#define BY_ID_MAX 16384
#define VPD_PAGE_MAX 4096

struct disk_scan_link {
	char device[DISK_NAME_BYTES];
	char name[DISK_TEXT_BYTES];
};

static int by_device(const void *a, const void *b)
{
	const struct disk_scan_link *left = a, *right = b;
	int order = strcmp(left->device, right->device);

	return order ? order : strcmp(left->name, right->name);
}

static void read_link(struct disk_scan *scan, const char *name)
{
	struct disk_scan_link *link = &scan->link[scan->n_links];
	char path[sizeof(BY_ID) + 1 + SYSFILE_NAME_BYTES];

	snprintf(path, sizeof(path), BY_ID "/%s", name);
	if (!sysfile_link(scan->root, path, 0, link->device, sizeof(link->device)))
		return;
	plain_copy(name, strlen(name), link->name, sizeof(link->name));
	scan->n_links++;
}

bool disk_scan_links(struct disk_scan *scan, size_t max)
{
	for (; max > 0 && scan->next < scan->by_id.n; max--)
		read_link(scan, scan->by_id.name[scan->next++]);
	if (scan->next < scan->by_id.n)
		return true;
	if (scan->n_links > 0)
		qsort(scan->link, scan->n_links, sizeof(*scan->link), by_device);
	return false;
}

/* A node without udev has no links. */
static int find_links(struct disk_scan *scan)
{
	if (sysfile_list(scan->root, BY_ID, BY_ID_MAX, &scan->by_id) == -ENOMEM)
		return -ENOMEM;
	scan->link = calloc(scan->by_id.n + 1, sizeof(*scan->link));
	return scan->link ? 0 : -ENOMEM;
}

int disk_scan_begin(struct disk_scan *scan, int root)
{
	*scan = (struct disk_scan){.root = root};
	int r = sysfile_list(root, "sys/class/block", DISK_SCAN_MAX, &scan->names);

	if (r == 0)
		r = find_links(scan);
	if (r < 0)
		disk_scan_end(scan);
	return r == -ENOENT ? 0 : r;
}

void disk_scan_end(struct disk_scan *scan)
{
	sysfile_names_fini(&scan->names);
	sysfile_names_fini(&scan->by_id);
	free(scan->link);
	scan->link = NULL;
	scan->n_links = 0;
}

static bool flag(int dir, const char *path)
{
	uint64_t value;

	return sysfile_number(dir, path, UINT64_MAX, &value) && value != 0;
}

static uint32_t number32(int dir, const char *path)
{
	uint64_t value = 0;

	sysfile_number(dir, path, UINT32_MAX, &value);
	return (uint32_t)value;
}

static void read_sizes(int dir, int whole, struct disk_facts *out)
{
	uint64_t sectors;

	if (sysfile_number(dir, "size", INT64_MAX / SECTOR_BYTES, &sectors))
		out->size_bytes = sectors * SECTOR_BYTES;
	out->read_only = flag(dir, "ro");
	out->removable = flag(whole, "removable");
	out->hidden = flag(whole, "hidden");
	out->logical_bytes = number32(whole, "queue/logical_block_size");
	out->physical_bytes = number32(whole, "queue/physical_block_size");
}

static void read_pages(int whole, struct disk_facts *out)
{
	unsigned char page[VPD_PAGE_MAX];
	ssize_t n = sysfile_bytes(whole, "device/vpd_pg83", page, sizeof(page));

	if (n <= 0 || vpd_designator(page, (size_t)n, out->designator) < 0)
		out->designator[0] = '\0';
	n = sysfile_bytes(whole, "device/vpd_pg80", page, sizeof(page));
	if (n <= 0 || vpd_serial(page, (size_t)n, out->serial, sizeof(out->serial)) < 0)
		out->serial[0] = '\0';
}

/* SCSI has them below device/, nvme partly (its controller), virtio beside. */
static void read_names(int whole, struct disk_facts *out)
{
	uint64_t value;

	read_pages(whole, out);
	if (!out->serial[0] &&
		!sysfile_text(whole, "device/serial", out->serial, sizeof(out->serial)))
		sysfile_text(whole, "serial", out->serial, sizeof(out->serial));
	if (!sysfile_text(whole, "device/wwid", out->wwid, sizeof(out->wwid)))
		sysfile_text(whole, "wwid", out->wwid, sizeof(out->wwid));
	sysfile_text(whole, "device/model", out->model, sizeof(out->model));
	sysfile_text(whole, "device/vendor", out->vendor, sizeof(out->vendor));
	if (strncmp(out->vendor, "0x", 2) == 0) /* a bus's number: virtio, nvme */
		out->vendor[0] = '\0';
	sysfile_text(whole, "device/state", out->state, sizeof(out->state));
	if (sysfile_number(whole, "device/type", 31, &value))
		out->scsi_type = (int)value;
}

static void read_loop(const struct disk_scan *scan, int whole, struct disk_facts *out)
{
	char path[SYSFILE_PATH_BYTES], id[FILE_ID_BYTES];
	uint64_t size_bytes, offset = 0;

	if (!sysfile_raw(whole, "loop/backing_file", path, sizeof(path)))
		return;
	plain_copy(path, strlen(path), out->backing_file, sizeof(out->backing_file));
	sysfile_number(whole, "loop/offset", UINT64_MAX, &offset);
	/* The path is of the mounts of whoever set the loop device up; here another file may stand
	 * there, which a size that does not fit gives away. */
	if (file_id(scan->root, path, id, &size_bytes) < 0 || offset > size_bytes ||
		(!out->partition && out->size_bytes > size_bytes - offset))
		return;
	memcpy(out->file_identity, id, sizeof(id));
	out->loop_offset = offset;
}

static void find_node(const struct disk_scan *scan, struct disk_facts *out)
{
	if (out->dm_name[0])
		snprintf(out->path, sizeof(out->path), "/dev/mapper/%.200s", out->dm_name);
	else
		snprintf(out->path, sizeof(out->path), "/dev/%s", out->name);
	for (char *c = out->path; *c; c++)
		if (*c == '!') /* so sysfs writes a slash: "cciss!c0d0" */
			*c = '/';
	out->has_node = sysfile_exists(scan->root, out->path + 1);
	if (out->has_node || !out->dm_name[0])
		return;
	snprintf(out->path, sizeof(out->path), "/dev/%s", out->name);
	out->has_node = sysfile_exists(scan->root, out->path + 1);
}

static size_t first_link(const struct disk_scan *scan, const char *device)
{
	size_t low = 0, high = scan->n_links;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(scan->link[middle].device, device) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_links(const struct disk_scan *scan, struct disk_facts *out)
{
	for (size_t i = first_link(scan, out->name);
		i < scan->n_links && strcmp(scan->link[i].device, out->name) == 0 &&
		out->n_by_id < DISK_LIST_MAX;
		i++)
		memcpy(out->by_id[out->n_by_id++], scan->link[i].name, DISK_TEXT_BYTES);
}

static void add_holders(int dir, struct disk_facts *out)
{
	struct sysfile_names names;

	if (sysfile_list(dir, "holders", DISK_LIST_MAX, &names) < 0)
		return;
	for (; out->n_holders < names.n; out->n_holders++)
		plain_copy(names.name[out->n_holders], strlen(names.name[out->n_holders]),
			out->holders[out->n_holders], DISK_NAME_BYTES);
	sysfile_names_fini(&names);
}

static void read_device(const struct disk_scan *scan, int dir, int whole, struct disk_facts *out)
{
	read_sizes(dir, whole, out);
	read_names(whole, out);
	disk_waits_read(scan->root, whole, out);
	sysfile_text(dir, "dm/name", out->dm_name, sizeof(out->dm_name));
	sysfile_text(dir, "dm/uuid", out->dm_uuid, sizeof(out->dm_uuid));
	out->md = sysfile_exists(dir, "md/array_state");
	read_loop(scan, whole, out);
	find_node(scan, out);
	add_links(scan, out);
	add_holders(dir, out);
}

int disk_scan_read(const struct disk_scan *scan, size_t i, struct disk_facts *out)
{
	const char *name = scan->names.name[i];
	char path[sizeof("sys/class/block/") + SYSFILE_NAME_BYTES];

	*out = (struct disk_facts){.scsi_type = -1, .timeout_s = -1, .lost_s = -1};
	snprintf(path, sizeof(path), "sys/class/block/%s", name);
	int dir = sysfile_dir(scan->root, path);
	if (dir < 0 || strlen(name) >= sizeof(out->name)) {
		if (dir >= 0)
			close(dir);
		return -ENODEV;
	}
	plain_copy(name, strlen(name), out->name, sizeof(out->name));
	out->partition = number32(dir, "partition");
	int whole = out->partition ? sysfile_dir(dir, "..") : dir;
	if (out->partition)
		sysfile_link(scan->root, path, 1, out->parent, sizeof(out->parent));
	if (whole >= 0)
		read_device(scan, dir, whole, out);
	/* the files of what went while it was read are gone */
	bool there = whole >= 0 && sysfile_exists(dir, "size");
	if (whole >= 0 && whole != dir)
		close(whole);
	close(dir);
	return there ? 0 : -ENODEV;
}

int disk_scan_number(int root, unsigned major, unsigned minor, struct disk_facts *out)
{
	char path[64], name[1][SYSFILE_NAME_BYTES];
	const struct disk_scan scan = {.root = root, .names = {.name = name, .n = 1}};

	snprintf(path, sizeof(path), "sys/dev/block/%u:%u", major, minor);
	if (!sysfile_link(root, path, 0, name[0], sizeof(name[0])))
		return -ENODEV;
	return disk_scan_read(&scan, 0, out);
}
