/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keep.h - what vios-framed remembers over its own restart: whom it watches, its last kill,
 * quarantines. Pure: structs to JSON and back; what is read is checked like any other input.
 */
#ifndef VIOS_FRAME_KEEP_H
#define VIOS_FRAME_KEEP_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "ha/frame/judge_types.h"
#include "ha/frame/poison.h"

#define KEEP_BOOT 37
#define KEEP_ADAPTER 64

struct keep_plane {
	char vios[JUDGE_NAME], plane[JUDGE_NAME];
	uint64_t incarnation;
	int pid;
	uint64_t start_time; /* of /proc/PID/stat */
};

struct keep {
	char boot[KEEP_BOOT];
	size_t n_planes;
	struct keep_plane plane[JUDGE_SLOTS];
	uint64_t kill_ns; /* of the monotonic clock of this boot; 0: none */
	char kill_vios[JUDGE_NAME], kill_plane[JUDGE_NAME];
	size_t n_poison;
	struct poison_adapter poison[POISON_MAX];
	char poison_name[POISON_MAX][KEEP_ADAPTER]; /* CLIENT/ADAPTER, or "" */
};

/* A new reference, or NULL: no memory. */
json_t *keep_format(const struct keep *keep);
/* Takes what is valid and leaves out the rest. 0, or -EINVAL when it is no such object at all. */
int keep_parse(json_t *root, struct keep *out);

#endif
