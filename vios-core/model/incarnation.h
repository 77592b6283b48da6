/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * incarnation.h - the number that a data plane draws at each start, as text: with it, what is said
 * of a dead process is never taken for its successor. Pure.
 */
#ifndef VIOS_MODEL_INCARNATION_H
#define VIOS_MODEL_INCARNATION_H

#include <stdint.h>

#define INCARNATION_BYTES 17 /* 16 hex digits, small letters, and the end */

/* text may be NULL. 0, or -EINVAL: not of that form, or zero, which stands for none. */
int incarnation_parse(const char *text, uint64_t *out);
void incarnation_text(uint64_t incarnation, char out[INCARNATION_BYTES]);

#endif
