/* SPDX-License-Identifier: BSD-3-Clause */
/* backup.h - the file of viosbr: the replicated state with a header. Pure. */
#ifndef VIOS_CLI_BACKUP_H
#define VIOS_CLI_BACKUP_H

#include <jansson.h>
#include <stddef.h>

#define BACKUP_BYTES_MAX (16u << 20)
#define BACKUP_FAULT_BYTES 256

/* config: of config_get; date: shown, not read. The text of the file, the caller's; NULL: no
 * memory. */
char *backup_write(const json_t *config, const char *date);

/* The file's object with a good "state", the caller's; NULL with a sentence in fault: no such file,
 * of a later format, damaged. text need not be terminated. */
json_t *backup_read(const char *text, size_t n, char fault[BACKUP_FAULT_BYTES]);

/* What it holds, as viosbr -view lists it; type: one section ("sea", "svsa", "disk", "client",
 * "vios"), NULL: all. Sections in order; names end with NULL. */
char *backup_view(const json_t *file, const char *name, const char *type);
extern const char *const backup_types[];

#endif
