/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sysfile.h - small files below an open directory, read with a bound. A file that is missing, may
 * not be read, is too long, or is no regular file is as if it were not there: sysfs differs from
 * kernel to kernel, and devices go while they are read.
 */
#ifndef VIOS_DISCOVERY_SYSFILE_H
#define VIOS_DISCOVERY_SYSFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SYSFILE_NAME_BYTES 256
#define SYSFILE_PATH_BYTES 4096

/* A directory below dir, to be closed; -errno. */
int sysfile_dir(int dir, const char *path);
/* At most size bytes. How many, or -errno; -EFBIG: there are more. */
ssize_t sysfile_bytes(int dir, const char *path, void *out, size_t size);
/* As plain_copy() has it; "" and false when it cannot be had. */
bool sysfile_text(int dir, const char *path, char *out, size_t size);
/* As it is, without the newline at its end: for names that are opened afterwards. */
bool sysfile_raw(int dir, const char *path, char *out, size_t size);
bool sysfile_number(int dir, const char *path, uint64_t max, uint64_t *out);
bool sysfile_exists(int dir, const char *path);
/* A component of where a symbolic link points; back: see plain_component(). */
bool sysfile_link(int dir, const char *path, unsigned back, char *out, size_t size);

/* Names in a directory, sorted; . and .. are not among them. */
struct sysfile_names {
	char (*name)[SYSFILE_NAME_BYTES];
	size_t n;
	bool cut; /* there were more than was asked for */
};

/* At most max names. 0 or -errno; the caller's to free with sysfile_names_fini(). */
int sysfile_list(int dir, const char *path, size_t max, struct sysfile_names *out);
void sysfile_names_fini(struct sysfile_names *names);

#endif
