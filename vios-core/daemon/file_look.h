/* SPDX-License-Identifier: BSD-3-Clause */
/* file_look.h - looks at a file of this VIOS without waiting for its disk. */
#ifndef VIOS_DAEMON_FILE_LOOK_H
#define VIOS_DAEMON_FILE_LOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define FILE_LOOKS_MAX 4      /* at once */
#define FILE_LOOK_BYTES 57344 /* less than a pipe holds: written at once */

/* answer (borrowed): {"size_bytes", "identity", as file_id.h has it, "sha256" if it was asked for},
 * or {"fault": a few words}; NULL: it took too long, or its process died. */
typedef void file_look_fn(const json_t *answer, void *user);

/* path: absolute. fn is called once, from the loop. 0, -EBUSY: FILE_LOOKS_MAX are running, or
 * -errno. */
int file_look_start(sd_event *ev, const char *path, bool digest, file_look_fn *fn, void *user);

/* The same for what `look` makes of `what`, in the other process: an object or array of at most
 * FILE_LOOK_BYTES as text. what: borrowed for the call. limit_us: then it is ended, and answer is
 * NULL. Not counted among FILE_LOOKS_MAX. */
typedef json_t *file_look_work(const void *what);
int file_look_run(sd_event *ev, file_look_work *look, const void *what, uint64_t limit_us,
	file_look_fn *fn, void *user);

#endif
