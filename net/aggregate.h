/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aggregate.h - link aggregation: what is asked for, and which members carry the traffic. Pure, but
 * for jansson's values.
 */
#ifndef VIOS_NET_AGGREGATE_H
#define VIOS_NET_AGGREGATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define AGGREGATE_MEMBERS_MAX 8
#define AGGREGATE_NAME_MAX 31
#define AGGREGATE_DEVARGS_MAX 255
#define AGGREGATE_NONE AGGREGATE_MEMBERS_MAX /* no member */

enum aggregate_mode {
	AGGREGATE_ACTIVE_BACKUP, /* the first member that is well carries all */
	AGGREGATE_BALANCE_XOR,	 /* each flow goes by one of those that are well */
	AGGREGATE_8023AD,	 /* the same, as agreed with the switch by LACP */
	AGGREGATE_MODES
};

struct aggregate_member {
	char name[AGGREGATE_NAME_MAX + 1];
	char devargs[AGGREGATE_DEVARGS_MAX + 1];
};

struct aggregate_config {
	enum aggregate_mode mode;
	unsigned n; /* 0: no aggregation; the first member is the one to prefer */
	struct aggregate_member member[AGGREGATE_MEMBERS_MAX];
};

/* What is known of a member. */
struct aggregate_view {
	bool found;   /* there is such a device */
	bool carrier; /* and its link is up */
	bool in;      /* it is part of the bond */
	bool active;  /* and the bond has begun to use it */
	bool agreed;  /* 802.3ad: the partner takes and sends frames here */
};

/* What is to be done, in this order: take in, make the first, take out. At most one member comes
 * and one goes at a time; AGGREGATE_NONE: nobody. */
struct aggregate_step {
	unsigned comes, first, goes;
};

/* A member without carrier goes, but never the last one: a bond needs one, and it may be the first
 * to heal. first: of AGGREGATE_ACTIVE_BACKUP alone; one that is not active yet only where none
 * is. */
struct aggregate_step aggregate_step(
	const struct aggregate_config *config, const struct aggregate_view *view);
/* Whether frames get out. */
bool aggregate_up(const struct aggregate_config *config, const struct aggregate_view *view);
/* "active", "backup", "joining", "negotiating", "down", "absent" */
const char *aggregate_state(
	const struct aggregate_config *config, const struct aggregate_view *view, unsigned member);

const char *aggregate_mode_name(enum aggregate_mode mode);
bool aggregate_equal(const struct aggregate_config *a, const struct aggregate_config *b);
/* Whether the two need one device. devargs: of one that is no aggregation. */
bool aggregate_shares(const struct aggregate_config *a, const char *a_devargs,
	const struct aggregate_config *b, const char *b_devargs);
/* {"mode", "members": [{"name", "devargs"}]}, or NULL: none. 0 or -EINVAL with why[] filled. */
int aggregate_read(const json_t *object, struct aggregate_config *out, char *why, size_t why_size);

#endif
