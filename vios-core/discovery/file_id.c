// SPDX-License-Identifier: BSD-3-Clause
/*
 * file_id.c - tells files apart by what the kernel itself does: device and inode number. A path
 * says little, because each VIOS has mounts of its own. Runs on viosd's one thread.
 */
#include "vios-core/discovery/file_id.h"

#include "vios-core/discovery/sysfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

int file_id(int root, const char *path, char out[FILE_ID_BYTES], uint64_t *size_bytes)
{
	struct stat st;
	char boot[40];

	while (*path == '/')
		path++;
	if (fstatat(root, *path ? path : ".", &st, 0) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (!sysfile_text(root, "proc/sys/kernel/random/boot_id", boot, sizeof(boot)))
		return -ENOENT;
	snprintf(out, FILE_ID_BYTES, "file.%s.%u:%u.%llu", boot, major(st.st_dev), minor(st.st_dev),
		(unsigned long long)st.st_ino);
	*size_bytes = (uint64_t)st.st_size;
	return 0;
}
