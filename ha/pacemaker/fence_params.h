/* SPDX-License-Identifier: BSD-3-Clause */
/* fence_params.h - what fence_vios is asked: key=value lines or options; its meta-data. Pure. */
#ifndef VIOS_PACEMAKER_FENCE_PARAMS_H
#define VIOS_PACEMAKER_FENCE_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "ha/pacemaker/agent_table.h"

enum fence_param { F_ACTION, F_PLUG, F_RUN, F_TIMEOUT, F_DELAY, FENCE_PARAMS };

enum fence_action {
	FENCE_OFF,
	FENCE_ON,
	FENCE_REBOOT,
	FENCE_STATUS,
	FENCE_LIST,
	FENCE_MONITOR,
	FENCE_VALIDATE,
	FENCE_METADATA,
};

#define FENCE_INPUT_MAX 16384 /* of stdin in all */

struct fence_request {
	enum fence_action action;
	char value[FENCE_PARAMS][AGENT_TEXT_MAX + 1];
	unsigned timeout_ms, delay_ms;
};

/* With the defaults. */
void fence_init(struct fence_request *r);
/* One value by its name; names that only other fence agents know are ignored unless strict. 0, or
 * -EINVAL with a sentence. */
int fence_set(struct fence_request *r, const char *name, const char *value, bool strict,
	char why[AGENT_WHY]);
/* The whole of stdin: a line each, # comments. It is cut up. As fence_set(). */
int fence_input(struct fence_request *r, char *text, char why[AGENT_WHY]);
/* After all have been set: checks what belongs together. As fence_set(). */
int fence_finish(struct fence_request *r, char why[AGENT_WHY]);

const char *fence_action_name(enum fence_action action);
/* The option's name of a letter, or NULL. */
const char *fence_letter(int letter);
/* malloc'ed, or NULL: no memory. */
char *fence_metadata(void);

extern const struct agent_param fence_params[]; /* in enum fence_param's order */

#endif
