/* SPDX-License-Identifier: BSD-3-Clause */
/* jx.h - looking into JSON that another program sent: every answer is usable, whatever is there.
 * Pure. */
#ifndef VIOS_CLI_JX_H
#define VIOS_CLI_JX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JX_VALUE_BYTES 256

/* The value itself, or a copy in which every string and key is printable ASCII (what could command
 * a terminal becomes
 * '?') and numbers, lists, objects are as they were. The caller's; NULL without memory. */
json_t *jx_clean(const json_t *value);

const char *jx_text(const json_t *object, const char *key); /* "" for anything but a string */
json_int_t jx_int(const json_t *object, const char *key);   /* 0 for anything but an integer */
bool jx_is(const json_t *object, const char *key, const char *text);
/* The first element whose member `key` is text; borrowed, or NULL. */
json_t *jx_find(const json_t *list, const char *key, const char *text);
bool jx_list_has(const json_t *list, const json_t *value);

/* Any value as one word: "enabled"-less: true, 12, text, a,b,c; "" for null and nothing. */
struct jx_value {
	char text[JX_VALUE_BYTES];
};
struct jx_value jx_show(const json_t *value);

/* object.key = value (ownership moves), if there is memory. */
void jx_put(json_t *object, const char *key, json_t *value);
void jx_put_text(json_t *object, const char *key, const char *text);

/* CRC-32 (IEEE 802.3) of bytes. */
uint32_t jx_crc32(const char *bytes, size_t n);

#endif
