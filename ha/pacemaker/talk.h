/* SPDX-License-Identifier: BSD-3-Clause */
/* talk.h - what the agents ask of the daemons of a frame. Blocking, each call bounded. */
#ifndef VIOS_PACEMAKER_TALK_H
#define VIOS_PACEMAKER_TALK_H

#include "ha/pacemaker/facts.h"
#include "ha/pacemaker/verdict.h"

/* A VIOS and where its frame is. */
struct talk_site {
	const char *run;
	char self[MODEL_NAME_MAX + 1];
	char peer[MODEL_NAME_MAX + 1]; /* "": none */
};

/* Reads RUN/frame.json. 0, or -errno: it cannot be read (said), or -ENOENT: it has no such VIOS. */
int talk_site(struct talk_site *site, const char *run, const char *vios);

/* What this VIOS's viosd says. */
enum verdict_viosd talk_own(const struct talk_site *site, struct facts *out);
/* The same, or what the peer's says of it. False: nobody answers. */
bool talk_any(const struct talk_site *site, struct facts *out);

#define TALK_REASON 192

struct talk_switched {
	unsigned switched, unchanged, failed;
	char reason[TALK_REASON]; /* of the first that failed */
};
/* Asks this VIOS's viosd, or the peer's, to switch every adapter to `to`. 0 or -errno. */
int talk_switch(const struct talk_site *site, const char *to, struct talk_switched *out);

/* Asks viosd to end with its data planes. 0 or -errno. */
int talk_shutdown(const struct talk_site *site);
/* How many data planes of this VIOS run; ask: ask them to end, as their viosd would. */
unsigned talk_planes(const struct talk_site *site, bool ask);

#endif
