/* SPDX-License-Identifier: BSD-3-Clause */
/* file_look.h - looks at a file of this VIOS without waiting for its disk. */
#ifndef VIOS_DAEMON_FILE_LOOK_H
#define VIOS_DAEMON_FILE_LOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

#define FILE_LOOKS_MAX 4 /* at once */

/* answer (borrowed): {"size_bytes", "identity", as file_id.h has it, "sha256" if it was asked for},
 * or {"fault": a few words}; NULL: it took too long, or its process died. */
typedef void file_look_fn(const json_t *answer, void *user);

/* path: absolute. fn is called once, from the loop. 0, -EBUSY: FILE_LOOKS_MAX are running, or
 * -errno. */
int file_look_start(sd_event *ev, const char *path, bool digest, file_look_fn *fn, void *user);

#endif
