/* SPDX-License-Identifier: BSD-3-Clause */
/* judge_power.h - what the judge's files share about what was killed and does not die. Pure. */
#ifndef VIOS_FRAME_JUDGE_POWER_H
#define VIOS_FRAME_JUDGE_POWER_H

#include "ha/frame/judge_priv.h"

/* judge_ask.c: answers the fencings of a VIOS; how many there were. */
size_t judge_ask_settle_fences(struct judge *j, const char *vios, enum judge_verdict verdict,
	uint64_t ms, struct judge_actions *out);

void judge_power_look(struct judge *j, uint64_t now_ns, struct judge_actions *out);
bool judge_power_stuck(const struct judge *j, const struct judge_plane *p, uint64_t now_ns);
/* Whether a VIOS may be powered off depends on the ticks of q. */
bool judge_power_asks(struct judge *j, const struct judge_plane *q);

#endif
