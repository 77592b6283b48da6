/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_table.h - what an agent is, as tables: its parameters and actions. Parsing, the meta-data
 * and --help follow them. Pure.
 */
#ifndef VIOS_PACEMAKER_AGENT_TABLE_H
#define VIOS_PACEMAKER_AGENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define AGENT_PARAMS_MAX 12
#define AGENT_WHY 256
#define AGENT_TEXT_MAX 1024 /* of a value */

enum agent_kind {
	AGENT_NAME,   /* as names in frame.json */
	AGENT_PATH,   /* absolute, without a line end */
	AGENT_SOCKET, /* a directory that sockets are made below: short */
	AGENT_WORDS,  /* words with blanks between them */
	AGENT_BOOL,
	AGENT_SECONDS, /* 0 to 86400 */
};

struct agent_param {
	const char *name;
	enum agent_kind kind;
	const char *value; /* the default; NULL: none, "" is empty */
	bool required, unique;
	const char *brief, *text;
};

struct agent_action {
	const char *name;
	unsigned timeout_s;
	unsigned interval_s; /* 0: not recurring */
	int depth;	     /* -1: none is told */
	const char *role;    /* NULL: any */
};

struct agent {
	const char *name;
	const char *brief, *text;
	const struct agent_param *params;   /* ends with a NULL name */
	const struct agent_action *actions; /* likewise */
};

/* The value of a name, or NULL. */
typedef const char *agent_get_fn(void *user, const char *name);

/*
 * Reads every parameter of the table through get() into value[], in the table's order: borrowed
 * from get() or from the table. 0, or -EINVAL with a sentence in why; value[] then holds what was
 * right.
 */
int agent_params_read(const struct agent *agent, agent_get_fn *get, void *user,
	const char *value[AGENT_PARAMS_MAX], char why[AGENT_WHY]);

/* "true", "yes", "on", "1" and their opposites, as Pacemaker takes them. 0 or -EINVAL. */
int agent_bool(const char *text, bool *out);
/* A decimal number up to max. 0 or -EINVAL. */
int agent_number(const char *text, unsigned long max, unsigned long *out);

/* The meta-data of an OCF resource agent, as XML. malloc'ed, or NULL: no memory. */
char *agent_metadata(const struct agent *agent);

#endif
