/* SPDX-License-Identifier: BSD-3-Clause */
/* change_words.h - a change of the configuration in a few words, for a log. Pure. */
#ifndef VIOS_DAEMON_CHANGE_WORDS_H
#define VIOS_DAEMON_CHANGE_WORDS_H

#include <jansson.h>
#include <stddef.h>

#define CHANGE_WORDS_BYTES 128

/* ops: as config_change has them, hostile. "set sea sea0, add veth lpar1/eth1, 12 more". */
void change_words(const json_t *ops, char to[CHANGE_WORDS_BYTES]);

#endif
