/* SPDX-License-Identifier: BSD-3-Clause */
/* build_media.h - the media repository and its media as operations of a change. Pure. As build.h.
 */
#ifndef VIOS_CLI_BUILD_MEDIA_H
#define VIOS_CLI_BUILD_MEDIA_H

#include "vios-core/cli/build.h"

/* mkrep: -sp, -size; for the VIOS that is asked for, or all; that VIOS may be added later. */
int build_mkrep(const struct facts *facts, const struct args *args, json_t *ops, char *fault);
/* chrep: -size, by which it grows */
int build_chrep(const struct facts *facts, const struct args *args, json_t *ops, char *fault);
/* rmrep: with -f with its media, but not with one that is loaded */
int build_rmrep(const struct facts *facts, const struct args *args, json_t *ops, char *fault);

/* {VIOS: PATH} of the medium of mkvopt -file: below the folder of each VIOS that is asked for. The
 * caller's; NULL with a fault. */
json_t *build_medium_paths(const struct facts *facts, const char *file, char *fault);
/* Whether what they are must be told by their bytes: two files of one size. */
bool build_needs_digest(const json_t *files);
/* mkvopt: -name, -f. paths: as above; files: {VIOS: what its viosd answered to `file`}, without
 * those that did not answer. */
int build_mkvopt(const struct facts *facts, const struct args *args, const json_t *paths,
	const json_t *files, json_t *ops, char *fault);
/* rmvopt: -name; with -f it is unloaded first */
int build_rmvopt(const struct facts *facts, const struct args *args, json_t *ops, char *fault);

/* loadopt: -disk, -vtd; with -f in place of another medium */
int build_loadopt(const struct facts *facts, const struct args *args, json_t *ops, char *fault);
/* unloadopt: -vtd */
int build_unloadopt(const struct facts *facts, const struct args *args, json_t *ops, char *fault);

/* "512", "512M": MiB, "10G": GiB. 0, or -EINVAL with a fault. */
int build_size(const char *text, uint64_t *bytes, char *fault);

#endif
