/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attr.h - attributes of devices as operators write and read them, held against the members of the
 * state. Pure. One table is what lsdev -attr shows and what chdev and mkvdev -attr take.
 */
#ifndef VIOS_CLI_ATTR_H
#define VIOS_CLI_ATTR_H

#include <jansson.h>
#include <stdbool.h>

#include "vios-core/cli/jx.h"

#define ATTR_FAULT_BYTES 256

enum attr_type {
	ATTR_TEXT,
	ATTR_NUMBER,
	ATTR_YES,     /* yes, no */
	ATTR_ENABLED, /* enabled, disabled */
	ATTR_NUMBERS, /* 10,20; or none */
	ATTR_NAMES,   /* ent2,ent3; or none */
};

enum attr_where {
	ATTR_HERE,
	ATTR_SIDE,    /* of a SEA: below sides.VIOS */
	ATTR_PROFILE, /* of an adapter: below profile */
};

struct attr {
	const char *kind, *name;
	const char *member; /* NULL: that of the name */
	enum attr_type type;
	enum attr_where where;
	bool settable;
	const char *help;
	const char *otherwise; /* what it is when the state does not say; NULL: nothing */
};

/* NULL: the kind has none of that name. */
const struct attr *attr_find(const char *kind, const char *name);
/* The value as the state holds it; NULL: it is none of its type. */
json_t *attr_read(const struct attr *attr, const char *text);
/* As operators read it. side: for ATTR_SIDE, or NULL. */
struct jx_value attr_show(const struct attr *attr, const json_t *object, const char *side);

/* [{"attribute", "value", "description", "user_settable"}] of all, or of one name; NULL: there is
 * none of that name. side: NULL: of all, with the VIOS before the name. */
json_t *attr_records(const char *kind, const json_t *object, const char *side, const char *name);

/*
 * Adds `NAME=VALUE` to attrs, the "attrs" of an operation. sides: names of VIOS, n of them, that
 * ATTR_SIDE is meant for. 0; -ENOENT (not known,
 * not settable, not built: exit code 1), -EINVAL (the value is none of its type), with a sentence.
 */
int attr_set(const char *kind, const char *pair, const char *const *sides, size_t n_sides,
	json_t *attrs, char fault[ATTR_FAULT_BYTES]);

#endif
