/* SPDX-License-Identifier: BSD-3-Clause */
/* lockfile.h - one instance of a role: an flock(2)ed file that dies with its holder. */
#ifndef VIOS_BASE_LOCKFILE_H
#define VIOS_BASE_LOCKFILE_H

/* Takes path (created 0640). Returns a descriptor to keep open (close-on-exec) or -errno; -EBUSY:
 * another process holds it. The file holds the owner's pid as text, for people. */
int lockfile_take(const char *path);

#endif
