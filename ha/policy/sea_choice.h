/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_choice.h - which of the two sides should have a VLAN. Pure. */
#ifndef VIOS_POLICY_SEA_CHOICE_H
#define VIOS_POLICY_SEA_CHOICE_H

#include "ha/policy/sea_advert.h"

/* Best last. */
enum sea_worth {
	SEA_WORTHLESS, /* takes no part */
	SEA_WORTH_DEAD,
	SEA_WORTH_HEALING,
	SEA_WORTH_WELL,
};

enum sea_worth sea_choice_worth(
	const struct sea_side *side, const struct sea_side *other, bool first);
/* Is a ahead of b by its mode, then by its priority? */
bool sea_choice_ahead(const struct sea_side *a, const struct sea_side *b, bool a_first);
/* Does its mode alone, the operator's word, let b go first? */
bool sea_choice_mode_yields(const struct sea_side *a, const struct sea_side *b);
/* Should the side that has VLANs give all of them to the other one? */
bool sea_choice_gives_all(const struct sea_side *holder, const struct sea_side *other,
	bool holder_first, bool noauto_failback);
/* Both share, and neither is dead. */
bool sea_choice_share(const struct sea_side *a, const struct sea_side *b);
/* Of VLANs that nobody has had: does the other side get them at once? */
bool sea_choice_starts_there(
	const struct sea_side *self, const struct sea_side *other, bool self_first);

#endif
