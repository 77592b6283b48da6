/* SPDX-License-Identifier: BSD-3-Clause */
/* resident.h - memory that is there before it is needed. */
#ifndef VIOS_BASE_RESIDENT_H
#define VIOS_BASE_RESIDENT_H

#include <stdbool.h>

/*
 * What is touched for the first time at a takeover costs a page fault for each page then: this
 * brings it in beforehand. Not mappings of more than 4 MiB, which are stacks and what libraries
 * have reserved; nothing that is mapped later.
 */

/* Programs and libraries: nothing but page cache. */
void resident_text(void);

/* These, data and heap; and what is mapped so far, or later too, is not paged out. Not brought in,
 * but locked once it is there: mappings of files whose path contains but (NULL: none). A process
 * without the privilege for that says so once and goes on. */
void resident_lock(bool later_too, const char *but);

#endif
