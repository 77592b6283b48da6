/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path_watch.h - the life of one target's path to one LUN's disk: an error fails it, probes find
 * that it heals, and after a hold time it is as good as new. Pure; time is passed in.
 */
#ifndef VIOS_STORAGE_PATH_WATCH_H
#define VIOS_STORAGE_PATH_WATCH_H

#include <stdbool.h>
#include <stdint.h>

enum path_life {
	PATH_ENABLED,
	PATH_FAILED,
	PATH_RECOVERING, /* probes succeed; not for long enough */
	PATH_LIVES
};

enum path_event {
	PATH_ERROR, /* a client's request has failed */
	PATH_BAD,   /* a probe has */
	PATH_GOOD,  /* a probe has not */
	PATH_HELD,  /* likewise, and none has for the hold time */
	PATH_EVENTS
};

struct path_watch { /* all zero: ENABLED */
	enum path_life life;
	/* All paths failed alike: then a block that cannot be read says nothing of this one. */
	bool of_medium;
	unsigned doubled;  /* the hold time, so often: it fails again and again */
	uint64_t since_ns; /* RECOVERING: since when; ENABLED: likewise, 0: ever */
	uint64_t next_ns;  /* when to probe; meaningless while ENABLED */
	uint64_t hold_ns;
};

struct path_probe {   /* what a probe has read */
	bool block;   /* the block that failed */
	bool another; /* one elsewhere on the disk */
};

enum path_life path_watch_next(enum path_life life, enum path_event event);

/* Each true: another life. hold_ns: as configured. */
bool path_watch_failed(struct path_watch *w, uint64_t now_ns, uint64_t hold_ns);
bool path_watch_probed(struct path_watch *w, const struct path_probe *probe, uint64_t now_ns);
/* The others' paths have failed as well. */
void path_watch_all_failed(struct path_watch *w);
/* When it is to be probed; UINT64_MAX: it need not be. */
uint64_t path_watch_next_ns(const struct path_watch *w);

const char *path_life_name(enum path_life life); /* "enabled" */

#endif
