/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mapping_look.h - what one VIOS says of the devices that are to be mapped, and how the viosds of a
 * pair ask each other. Pure; jansson on memory only.
 */
#ifndef VIOS_DAEMON_MAPPING_LOOK_H
#define VIOS_DAEMON_MAPPING_LOOK_H

#include "vios-core/model/config.h"

#include <jansson.h>

#define MAPPING_BATCH 32 /* devices of one question; its answer fits one message of the group */
#define MAPPING_TEXT 320
#define MAPPING_WARNINGS 4

/* Of one device, copied out of what a VIOS has said. "": not told. */
struct mapping_look {
	bool told;
	char fault[160]; /* why it cannot be used there */
	uint64_t size_bytes;
	uint32_t block_bytes;
	char node[MAPPING_TEXT];     /* the kernel's own: equal, and it is one device or file */
	char identity[MAPPING_TEXT]; /* disk.h's */
	char wwid[MAPPING_TEXT];
	char sample[CONFIG_DIGEST_LEN + 1]; /* of some of its blocks */
	size_t n_warnings;
	char warning[MAPPING_WARNINGS][256];
};

/* A question: "ask" is a number that its answer carries; list: what is looked at. */
struct mapping_ask {
	uint64_t number;
	size_t n;
	struct mapping_device {
		char path[CONFIG_PATH_MAX + 1];
		uint32_t block_bytes;
	} list[MAPPING_BATCH];
};

enum mapping_word { MAPPING_NONE, MAPPING_ASK, MAPPING_ANSWER };

/* The text of a message: to: the VIOS it is for; free() it. NULL: no memory. looks: borrowed. */
char *mapping_ask_write(const char *to, const struct mapping_ask *ask);
char *mapping_answer_write(const char *to, uint64_t number, const json_t *looks);
/* What a message is, if it is for `self`: then *ask, or *number and *looks (a new list), are set.
 * text: hostile, need not be terminated. */
enum mapping_word mapping_read(const char *text, size_t text_bytes, const char *self,
	struct mapping_ask *ask, uint64_t *number, json_t **looks);
/* One element of a list of looks; what is not as it should be makes it a fault. */
void mapping_look_read(const json_t *look, struct mapping_look *out);

#endif
