/* SPDX-License-Identifier: BSD-3-Clause */
/* mw_plane.h - what can happen to data plane i of the world of mw.h; each does nothing where it
 * cannot happen. */
#ifndef VIOS_TESTS_MW_PLANE_H
#define VIOS_TESTS_MW_PLANE_H

#include "tests/lib/muxworld/mw.h"

void mw_connects(struct mw *w, int i);
void mw_hangs_up(struct mw *w, int i);
void mw_notices(struct mw *w, int i);
void mw_answers_one(struct mw *w, int i);
void mw_answers_all(struct mw *w, int i);
void mw_answers_wrong(struct mw *w, int i);
void mw_answers_unasked(struct mw *w, int i);
void mw_retries(struct mw *w, int i);
void mw_says_hello(struct mw *w, int i);
void mw_old_death(struct mw *w, int i);
void mw_control_lost(struct mw *w, int i);
void mw_releases(struct mw *w, int i);
void mw_nobody_there(struct mw *w, int i);
void mw_dies(struct mw *w, int i);
void mw_starts(struct mw *w, int i);
void mw_state_changes(struct mw *w, int i);
void mw_is_switched_to(struct mw *w, int i);
void mw_hung_up(struct mw *w, int i);
void mw_tell_death(struct mw *w, int i, uint64_t incarnation);

#endif
