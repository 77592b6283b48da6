/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * names.h - adapters' ids and names, for people: from frame.json, from what muxes say of their own
 * adapters and viosds of all. Pure. An id is never used again, a name may be. When the table is
 * full the id that nobody has spoken of for longest is forgotten.
 */
#ifndef VIOS_FRAME_NAMES_H
#define VIOS_FRAME_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define NAMES_MAX 4096
#define NAMES_TEXT 64

struct names {
	size_t n;
	uint64_t clock;
	struct {
		uint32_t id;
		uint64_t heard; /* by the clock */
		char text[NAMES_TEXT];
	} v[NAMES_MAX];
};

struct model_frame;

void names_init(struct names *names, const struct model_frame *frame);
/* 0; -EEXIST: the id has another name; -ENAMETOOLONG. */
int names_learn(struct names *names, uint32_t id, const char *text);
/* From who knows best: whatever name the id had. 0 or -ENAMETOOLONG. */
int names_set(struct names *names, uint32_t id, const char *text);
/* Borrowed until the next change, or NULL. */
const char *names_text(const struct names *names, uint32_t id);

#endif
