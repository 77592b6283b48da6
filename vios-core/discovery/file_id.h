/* SPDX-License-Identifier: BSD-3-Clause */
/* file_id.h - which file it is that backs a disk. */
#ifndef VIOS_DISCOVERY_FILE_ID_H
#define VIOS_DISCOVERY_FILE_ID_H

#include <stdint.h>

#define FILE_ID_BYTES 128

/*
 * "file.BOOT.DEVICE.INODE": equal on both VIOS exactly when it is the same file of the same file
 * system under the same kernel. Device numbers hold until the frame is booted again, so the boot id
 * is part of it. root: the open directory that stands for /. *size_bytes: of the file. 0 or -errno;
 * -EINVAL: no regular file.
 */
int file_id(int root, const char *path, char out[FILE_ID_BYTES], uint64_t *size_bytes);

#endif
