/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_help.h - the table of the replicated state for people: help of the command line and the
 * manual page vios-objects(5) are made of it. Pure.
 */
#ifndef VIOS_MODEL_CONFIG_HELP_H
#define VIOS_MODEL_CONFIG_HELP_H

#include "vios-core/model/config.h"

struct config_help {
	const char *path;  /* "pvid", "profile.mtu", "sides.VIOS.ha_mode" */
	const char *text;  /* one sentence or more */
	const char *takes; /* "1 to 4094" */
	/* In words; "" for a field that must be given. */
	const char *otherwise;
	bool fixed; /* cannot be changed once the object exists */
};

/* Calls fn for each field of a kind, in alphabetical order; what it is given is gone afterwards. */
void config_help_walk(
	enum config_kind kind, void (*fn)(void *arg, const struct config_help *help), void *arg);

#endif
