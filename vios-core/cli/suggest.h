/* SPDX-License-Identifier: BSD-3-Clause */
/* suggest.h - the known word that was probably meant. Pure. */
#ifndef VIOS_CLI_SUGGEST_H
#define VIOS_CLI_SUGGEST_H

#include <stddef.h>

#define SUGGEST_WORD_MAX 32

/* The one of n words that text is nearest to, counted in letters inserted, deleted, replaced or
 * swapped with their neighbour; the first of equals. NULL: none is near (at most a third of the
 * letters, rounded up). */
const char *suggest_nearest(const char *text, const char *const *words, size_t n);

#endif
