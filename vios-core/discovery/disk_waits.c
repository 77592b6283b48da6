// SPDX-License-Identifier: BSD-3-Clause
/*
 * disk_waits.c - a command's time limit, what a lost path is waited for (FC, iSCSI, NVMe), and
 * whether a multipath map queues for ever. Reads what the kernel has in memory only. Runs where
 * disk_scan.c does; owns nothing.
 */
#include "vios-core/discovery/disk_waits.h"

#include "vios-core/discovery/dm_table.h"
#include "vios-core/discovery/mpath.h"
#include "vios-core/discovery/sysfile.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SLAVES_MAX 64
#define DEPTH_MAX 4 /* a volume on a map on paths, and one more */
#define PATH_BYTES (SYSFILE_NAME_BYTES + 64)

/* Where sysfs has a transport's times, seen from the block device: a folder with one object in it,
 * or none. The first of `files` that is a number counts; "off" leaves it to the next, and the last
 * one's "off" means for ever. */
static const struct transport {
	const char *folder; /* NULL: the files are beside */
	const char *files[2];
} transports[] = {
	{"device/../../fc_remote_ports", {"fast_io_fail_tmo", "dev_loss_tmo"}},
	{"device/../../iscsi_session", {"recovery_tmo", NULL}},
	{NULL, {"device/fast_io_fail_tmo", "device/ctrl_loss_tmo"}},
};

/* False: there is no such file, or it says nothing. */
static bool seconds(int dir, const char *path, int64_t *out)
{
	char text[32];
	uint64_t value;

	if (sysfile_number(dir, path, INT32_MAX, &value)) {
		*out = value == INT32_MAX ? DISK_FOR_EVER : (int64_t)value;
		return true;
	}
	*out = DISK_FOR_EVER;
	return sysfile_text(dir, path, text, sizeof(text)) &&
	       (strcmp(text, "off") == 0 || strcmp(text, "-1") == 0);
}

static void worse(struct disk_facts *out, int64_t lost_s, const char *what)
{
	if (lost_s <= out->lost_s)
		return;
	out->lost_s = lost_s;
	snprintf(out->lost_by, sizeof(out->lost_by), "%s", what);
}

static void read_transport(
	int dir, const struct transport *t, const char *prefix, struct disk_facts *out)
{
	int64_t found_s = -1, s;
	const char *by = NULL;

	for (unsigned i = 0; i < 2 && t->files[i]; i++) {
		char path[PATH_BYTES];

		snprintf(path, sizeof(path), "%s%s", prefix, t->files[i]);
		if ((found_s >= 0 && found_s != DISK_FOR_EVER) || !seconds(dir, path, &s))
			continue;
		found_s = s;
		by = strrchr(t->files[i], '/') ? strrchr(t->files[i], '/') + 1 : t->files[i];
	}
	if (by)
		worse(out, found_s, by);
}

static void read_transports(int dir, struct disk_facts *out)
{
	for (unsigned i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		const struct transport *t = &transports[i];
		char prefix[PATH_BYTES] = "";
		struct sysfile_names names = {0};

		if (t->folder && (sysfile_list(dir, t->folder, 1, &names) < 0 || names.n == 0)) {
			sysfile_names_fini(&names);
			continue;
		}
		if (t->folder)
			snprintf(prefix, sizeof(prefix), "%s/%.200s/", t->folder, names.name[0]);
		sysfile_names_fini(&names);
		read_transport(dir, t, prefix, out);
	}
}

static void read_map(int root, int dir, struct disk_facts *out)
{
	char name[DISK_TEXT_BYTES], uuid[DISK_TEXT_BYTES], params[1024];

	if (!sysfile_text(dir, "dm/uuid", uuid, sizeof(uuid)) || strncmp(uuid, "mpath-", 6) != 0 ||
		!sysfile_raw(dir, "dm/name", name, sizeof(name)))
		return;
	if (dm_table(root, name, "multipath", params, sizeof(params)) == 0)
		out->queues |= mpath_queues(params, strlen(params));
}

static void read_one(int root, int dir, struct disk_facts *out, unsigned depth)
{
	struct sysfile_names slaves;
	uint64_t value;

	if (sysfile_number(dir, "device/timeout", INT32_MAX, &value) &&
		(int64_t)value > out->timeout_s)
		out->timeout_s = (int64_t)value;
	read_transports(dir, out);
	read_map(root, dir, out);
	if (depth == DEPTH_MAX || sysfile_list(dir, "slaves", SLAVES_MAX, &slaves) < 0)
		return;
	for (size_t i = 0; i < slaves.n; i++) {
		char path[PATH_BYTES];
		int below;

		snprintf(path, sizeof(path), "slaves/%s", slaves.name[i]);
		below = sysfile_dir(dir, path);
		if (below < 0)
			continue;
		read_one(root, below, out, depth + 1);
		close(below);
	}
	sysfile_names_fini(&slaves);
}

void disk_waits_read(int root, int whole, struct disk_facts *out)
{
	out->timeout_s = out->lost_s = -1;
	out->lost_by[0] = '\0';
	out->queues = false;
	read_one(root, whole, out, 0);
}
