/* SPDX-License-Identifier: BSD-3-Clause */
/* dirwatch.h - says when something appears in one of a few directories. */
#ifndef VIOS_BASE_DIRWATCH_H
#define VIOS_BASE_DIRWATCH_H

#include <systemd/sd-event.h>

struct dirwatch;

/* 0 or -errno. fn: called once for however many things have appeared. */
int dirwatch_new(sd_event *ev, void (*fn)(void *user), void *user, struct dirwatch **out);
void dirwatch_free(struct dirwatch *w); /* NULL: nothing */
/* May be repeated, and may fail: the directory need not be there yet (-ENOENT). */
int dirwatch_add(struct dirwatch *w, const char *path);

#endif
