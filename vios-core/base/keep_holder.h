/* SPDX-License-Identifier: BSD-3-Clause */
/* keep_holder.h - restart in place, the process that outlives a daemon and starts it again. */
#ifndef VIOS_BASE_KEEP_HOLDER_H
#define VIOS_BASE_KEEP_HOLDER_H

#include <stddef.h>

#define KEEP_HOLDER_FLAG "--held" /* last argument of the daemon that the holder starts */

/*
 * Starts this program again with KEEP_HOLDER_FLAG added and keeps it running, with the numbers
 * KEEP_HELD_FD_* and a journal for a state of state_bytes. name: of this process, for ps.
 * Returns the exit status for the whole, which is the daemon's when that ends by itself.
 */
int keep_holder_run(int argc, char **argv, const char *name, size_t state_bytes);
/* Numbers of slots must be allowed, and free of what was inherited: at the start of main(). 0, or
 * -errno with one line written. */
int keep_holder_prepare(void);

#endif
