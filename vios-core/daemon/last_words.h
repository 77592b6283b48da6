/* SPDX-License-Identifier: BSD-3-Clause */
/* last_words.h - what a process said last, from the end of its log. Pure. */
#ifndef VIOS_DAEMON_LAST_WORDS_H
#define VIOS_DAEMON_LAST_WORDS_H

#include <stddef.h>

#define LAST_WORDS_BYTES 160

/* The last line of text that is not empty, ended or not, cut at its end to fit; bytes that are not
 * printable ASCII become '?', double quotes become single ones. "": there is none. */
void last_words(const char *text, size_t text_bytes, char out[LAST_WORDS_BYTES]);

#endif
