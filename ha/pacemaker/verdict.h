/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * verdict.h - what an agent makes of what it sees: exit codes, promotion score, health, and how a
 * VIOS is emptied before it stops. Pure: facts and times in, decisions out.
 */
#ifndef VIOS_PACEMAKER_VERDICT_H
#define VIOS_PACEMAKER_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "ha/pacemaker/facts.h"
#include "ha/pacemaker/role_text.h"

/* OCF resource agent API 1.1, section "Return codes". */
enum ocf {
	OCF_SUCCESS = 0,
	OCF_GENERIC = 1,
	OCF_ARGS = 2,
	OCF_UNIMPLEMENTED = 3,
	OCF_PERM = 4,
	OCF_INSTALLED = 5,
	OCF_CONFIGURED = 6,
	OCF_NOT_RUNNING = 7,
	OCF_PROMOTED = 8,
	OCF_FAILED_PROMOTED = 9,
};

enum verdict_health { HEALTH_RED, HEALTH_YELLOW, HEALTH_GREEN };

enum verdict_health verdict_health(const struct facts *f);
const char *verdict_health_word(enum verdict_health health);

/* What other resources can follow, beside the health; and a number from 1 to VERDICT_TOLD_MAX that
 * is another one whenever any of the three is. */
#define VERDICT_TOLD_MAX 18
const char *verdict_uplink_word(const struct facts *f); /* "up", "down" */
const char *verdict_disks_word(
	const struct facts *f); /* "ok", "failed": a path; "degraded": a target */
unsigned verdict_told(const struct facts *f);

/*
 * The promotion score. It follows the pair: whoever serves more adapters has a higher one among
 * equals, so after a fault Pacemaker moves the role to where the pair already is, and not back.
 */
int verdict_score(const struct facts *f);

/* Whether those that are served here should be served by the peer once the role is taken away. */
bool verdict_hand_over(const struct facts *f);

enum verdict_viosd { VIOSD_GONE, VIOSD_SILENT, VIOSD_ANSWERS };

struct verdict_seen {
	enum verdict_viosd viosd;
	bool planes;  /* a data plane of this VIOS runs */
	bool netd_up; /* as viosd says */
	bool probe;   /* Pacemaker asks what there is; nothing may be changed */
	bool deep;    /* OCF_CHECK_LEVEL 10 and up */
	struct role role;
};

#define VERDICT_REVIVALS 3 /* monitors in a row that found viosd dead */

/* What `monitor` answers; *revive: only after viosd, whose data planes serve on, was started again
 * (else the answer is verdict_failed()). */
enum ocf verdict_monitor(const struct verdict_seen *seen, bool *revive);
enum ocf verdict_running(const struct role *role);
enum ocf verdict_failed(const struct role *role);

enum verdict_drain {
	DRAIN_DONE,    /* nobody is served here */
	DRAIN_SWITCH,  /* ask for a switch, then look again */
	DRAIN_WAIT,    /* look again */
	DRAIN_GIVE_UP, /* stop all the same */
	DRAIN_FAIL,    /* do not stop */
};

/* f: NULL while nobody can be asked. wait: rather fail than stop what nobody else serves. *why: a
 * sentence for the last two. */
enum verdict_drain verdict_drain(
	const struct facts *f, uint64_t left_ms, bool wait, const char **why);

#endif
