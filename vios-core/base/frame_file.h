/* SPDX-License-Identifier: BSD-3-Clause */
/* frame_file.h - reads frame.json from disk and hands it to the model. */
#ifndef VIOS_BASE_FRAME_FILE_H
#define VIOS_BASE_FRAME_FILE_H

struct model_frame;

/* Reads at most 16 MiB. On any fault writes one line per fault with log_refuse() (file, field,
 * value, what to do) and returns -errno. *out: free with model_frame_free(). */
int frame_file_load(const char *path, struct model_frame **out);
int frame_file_load_run(const char *run, struct model_frame **out); /* RUN/frame.json */

#endif
