/* SPDX-License-Identifier: BSD-3-Clause */
/* agent.h - what every OCF resource agent is around its actions: its call, its environment. */
#ifndef VIOS_PACEMAKER_AGENT_H
#define VIOS_PACEMAKER_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "ha/pacemaker/agent_table.h"
#include "ha/pacemaker/verdict.h"

/* One call of an agent. */
struct agent_call {
	const struct agent *agent;
	const char *value[AGENT_PARAMS_MAX]; /* in the order of the agent's table */
	bool wrong;			     /* they are; why says so */
	char why[AGENT_WHY];
	uint64_t deadline_ms; /* by process_now_ms(): when the action must have answered */
	bool probe;	      /* a monitor that only asks */
	bool deep;
	const char *node; /* this node's name, or NULL */
};

typedef enum ocf agent_action_fn(struct agent_call *call);

struct agent_handler {
	const char *name;
	agent_action_fn *fn;
};

/* The whole of an agent's main(). handlers: end with a NULL name; meta-data, usage, help and
 * --version are answered here. wrong parameters fail everything but stop and monitor, which get
 * them. */
int agent_main(
	const struct agent *agent, const struct agent_handler *handlers, int argc, char **argv);

/* The sentence that Pacemaker shows to the operator. */
void agent_reason(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What is left until the deadline less reserve_ms; 0: nothing. */
uint64_t agent_left_ms(const struct agent_call *call, unsigned reserve_ms);

/* The words of text, at most max - 1, as an argv; the words lie in copy. */
size_t agent_words(char *copy, char *argv[], size_t max);

#endif
