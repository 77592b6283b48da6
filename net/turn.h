/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * turn.h - whose turn it is to use its uplink, VLAN by VLAN, while two switches are joined by a
 * trunk. Pure.
 *
 * Each side is told by its viosd which VLANs it is to be the primary of: what it *claims*. The two
 * viosds may disagree, and hear of a change at different times; the two switches must not both use
 * their uplinks for one VLAN, not for a moment, or frames go in a circle. So a side takes a VLAN
 * only when the other one has answered this very claim and says that it does not use it; it says
 * that it has stopped only when its workers have. Where both claim, the server of the trunk has it.
 */
#ifndef VIOS_NET_TURN_H
#define VIOS_NET_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/vlanset.h"

struct turn_say {     /* what one side tells the other */
	uint64_t seq; /* counts its claims */
	uint64_t ack; /* the other side's seq that it has heard */
	struct vlanset claims;
	struct vlanset uses; /* its workers may be using the uplink in these */
};

struct turn {
	bool server, up;
	struct vlanset claims;	/* as told last */
	struct vlanset uses;	/* what workers go by from now on */
	struct vlanset lets_go; /* what they may still do: until turn_quiet() */
	bool draining;
	struct turn_say said, heard;
};

/* What is to be told at the beginning, before anything was heard. */
void turn_hello(struct turn *turn, struct turn_say *out);
/* The other side's hello; this side's was told before. turn->uses is what workers are to go by from
 * the moment at which they have a trunk. */
void turn_begin(struct turn *turn, const struct turn_say *hello);
void turn_end(struct turn *turn);

/* The three events. Afterwards the caller calls turn_step() until it returns false. */
void turn_claim(struct turn *turn, const struct vlanset *claims);
void turn_hear(struct turn *turn, const struct turn_say *say);
/* Every worker goes by turn->uses. */
void turn_quiet(struct turn *turn);

/* Whether turn->uses has changed: workers are to be told, and turn_quiet() to follow. */
bool turn_step(struct turn *turn);
/* Whether there is something to tell. */
bool turn_speak(struct turn *turn, struct turn_say *out);

#endif
