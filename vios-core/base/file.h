/* SPDX-License-Identifier: BSD-3-Clause */
/* file.h - small files that are read whole and replaced whole. */
#ifndef VIOS_BASE_FILE_H
#define VIOS_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The length, -E2BIG when it holds more than size bytes, or -errno. */
ssize_t file_read(const char *dir, const char *name, char *text, size_t size);
/*
 * Writes NAME.new and renames it over NAME. durable: both the file and the directory are on disk
 * (fsync) when it returns 0. Otherwise it survives the process, not the machine.
 */
int file_replace(const char *dir, const char *name, const char *text, size_t len, bool durable);

#endif
