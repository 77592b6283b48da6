/* SPDX-License-Identifier: BSD-3-Clause */
/* names.h - adapters' ids and names: from frame.json, and from what muxes say of newer ones. Pure.
 */
#ifndef VIOS_FRAME_NAMES_H
#define VIOS_FRAME_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define NAMES_MAX 4096
#define NAMES_TEXT 64

struct names {
	size_t n;
	struct {
		uint32_t id;
		char text[NAMES_TEXT];
	} v[NAMES_MAX];
};

struct model_frame;

void names_init(struct names *names, const struct model_frame *frame);
/* 0; -EEXIST: the id has another name; -ENOSPC. */
int names_learn(struct names *names, uint32_t id, const char *text);
/* Borrowed, or NULL. */
const char *names_text(const struct names *names, uint32_t id);
/* 0: unknown. */
uint32_t names_id(const struct names *names, const char *text);

#endif
