/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * alua.h - asymmetric logical unit access (SPC-5, Target port group access states): the groups of
 * ports that lead to a logical unit, and what each path is good for. Pure.
 */
#ifndef VIOS_STORAGE_ALUA_H
#define VIOS_STORAGE_ALUA_H

#include <stdbool.h>
#include <stdint.h>

#define ALUA_GROUPS 8
#define ALUA_PORTS 4 /* of one group */

enum alua_state { /* SPC-5, REPORT TARGET PORT GROUPS: ASYMMETRIC ACCESS STATE */
	ALUA_OPTIMIZED = 0x0,
	ALUA_NON_OPTIMIZED = 0x1,
	ALUA_STANDBY = 0x2,
	ALUA_UNAVAILABLE = 0x3,
	ALUA_TRANSITIONING = 0xF,
};

enum alua_cause { ALUA_NO_CAUSE, ALUA_BY_COMMAND, ALUA_IMPLICIT }; /* STATUS CODE */

struct alua_group {
	uint16_t id;
	uint8_t state; /* enum alua_state */
	uint8_t cause;
	bool preferred;
	uint8_t ports;
	uint16_t port[ALUA_PORTS]; /* relative target port identifiers, 1 up */
};

struct alua {
	uint8_t groups;	      /* at least the own port's */
	bool by_command;      /* SET TARGET PORT GROUPS is carried out */
	uint8_t transition_s; /* implicit transition time, 0: not told */
	struct alua_group group[ALUA_GROUPS];
};

/* What SET TARGET PORT GROUPS asks for. */
struct alua_request {
	uint8_t count;
	struct {
		uint16_t id;
		uint8_t state;
	} want[ALUA_GROUPS];
	uint16_t chosen; /* the group that is to be active/optimized */
};

/* NULL: there is no such group. */
const struct alua_group *alua_find(const struct alua *alua, uint16_t id);
/* Another group, port, or state than before: what a client is told of. */
bool alua_differs(const struct alua *a, const struct alua *b);
/*
 * Exactly one group is active/optimized, all others are active/non-optimized. Which one is it to be
 * (want->chosen)? The one that is asked for, else the one that is, else the first of which nothing
 * else is asked. False: there is none, or more than one.
 */
bool alua_choose(const struct alua *alua, struct alua_request *want);
/* Is that group, and no other one, active/optimized? */
bool alua_is_chosen(const struct alua *alua, uint16_t id);
/* It is from now on, because a client has asked for it. */
void alua_make_chosen(struct alua *alua, uint16_t id);

#endif
