// SPDX-License-Identifier: BSD-3-Clause
/*
 * dm_table.c - DM_TABLE_STATUS for the table alone: no flush, no look at a device, so it is
 * answered also when every path is dead. Runs on whichever thread scans; owns nothing.
 */
#include "vios-core/discovery/dm_table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ANSWER_BYTES 4096

union answer {
	struct dm_ioctl head;
	char bytes[ANSWER_BYTES];
};

static int read_target(const union answer *a, const char *type, char *out, size_t size)
{
	const size_t start = a->head.data_start;
	struct dm_target_spec spec;
	size_t room;

	if (a->head.target_count != 1 || (a->head.flags & DM_BUFFER_FULL_FLAG))
		return -ENOENT;
	if (start > ANSWER_BYTES - sizeof(spec))
		return -EPROTO;
	memcpy(&spec, a->bytes + start, sizeof(spec));
	if (strncmp(spec.target_type, type, sizeof(spec.target_type)) != 0)
		return -ENOENT;
	room = ANSWER_BYTES - start - sizeof(spec);
	room = room < size ? room : size;
	memcpy(out, a->bytes + start + sizeof(spec), room);
	out[room - 1] = '\0';
	return 0;
}

int dm_table(int root, const char *name, const char *type, char *out, size_t size)
{
	union answer a = {.head = {.version = {DM_VERSION_MAJOR, 0, 0},
				  .data_size = sizeof(a),
				  .data_start = sizeof(a.head),
				  .flags = DM_STATUS_TABLE_FLAG | DM_NOFLUSH_FLAG}};
	int fd, r;

	if (strlen(name) >= sizeof(a.head.name) || size < 2)
		return -ENAMETOOLONG;
	strcpy(a.head.name, name);
	fd = openat(root, "dev/mapper/control", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	r = ioctl(fd, DM_TABLE_STATUS, &a) < 0 ? -errno : 0;
	close(fd);
	return r < 0 ? r : read_target(&a, type, out, size);
}
