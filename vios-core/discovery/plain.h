/* SPDX-License-Identifier: BSD-3-Clause */
/* plain.h - text of devices and of the kernel, made harmless for JSON, logs and terminals. Pure. */
#ifndef VIOS_DISCOVERY_PLAIN_H
#define VIOS_DISCOVERY_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies n bytes as printable ASCII: blanks (NUL, too) around it go, runs of them become one space,
 * other bytes become '?'. What does not fit into size is cut. Returns the length. */
size_t plain_copy(const void *raw, size_t n, char *out, size_t size);
/* The same, and the spaces become '_': what identifies something is one word. */
size_t plain_word(const void *raw, size_t n, char *out, size_t size);
/* A whole decimal number, or 0x and hexadecimal; blanks around it. False: it is none, or above max.
 */
bool plain_number(const char *text, uint64_t max, uint64_t *out);
/* The last component of a path, or the one before it (back 1), and so on; NULL: there is none, it
 * is . or .., or it does not fit. */
const char *plain_component(const char *path, unsigned back, char *out, size_t size);

#endif
