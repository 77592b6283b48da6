/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path_choice.h - which of an adapter's two paths should carry it, by what the pair says of them
 * (path_state.h). Pure.
 */
#ifndef VIOS_MODEL_PATH_CHOICE_H
#define VIOS_MODEL_PATH_CHOICE_H

#include "vios-core/model/path_state.h"

#include <stdbool.h>

#define PATH_CHOICES 2

/* A path that is TRANSITIONING or UNAVAILABLE is not for a start, but goes on if it runs and there
 * is no better one. */
struct path_choice {
	bool eligible; /* live, or could be started now */
	bool live;
	enum model_path_state state;
};

/*
 * The path that should be live, or -1. current: the one that is or last was, or -1; an operator's
 * wish (pinned, or -1) counts as long as that path may be started; preferred, or -1, decides
 * between equals when none is current.
 */
int path_choice_best(
	const struct path_choice c[PATH_CHOICES], int current, int preferred, int pinned);

#endif
