/* SPDX-License-Identifier: BSD-3-Clause */
/* path_state.h - the state of one VIOS's path to a client adapter, computed from what viosd knows.
 * Pure. */
#ifndef VIOS_DAEMON_PATH_STATE_H
#define VIOS_DAEMON_PATH_STATE_H

#include "vios-core/model/path_state.h"

#include <stdbool.h>
#include <stdint.h>

enum link_state { LINK_UNKNOWN, LINK_UP, LINK_DOWN, LINK_N_STATES };

struct path_facts {
	bool serving;	/* that data plane is up and configured */
	bool poisonous; /* the adapter has killed data planes: held, or in quarantine */
	bool behind;	/* this VIOS may have missed a change of the adapter */
	bool stale;	/* its data plane refuses what is configured, and has what was before */
	bool yields;	/* its side of the SEA leaves clients to the other one */
	bool failed;	/* its path to a disk fails */
	bool peer_is_better;	     /* when it does: the other VIOS's path may be taken instead */
	enum link_state kernel_link; /* of the uplink's kernel interface */
	enum link_state plane_link;  /* as the data plane sees it */
};

struct path {
	enum model_path_state state;
	uint64_t generation; /* rises with each change of state, for ever */
};

enum model_path_state path_state_of(const struct path_facts *facts);
/* Both reports in one: a link that either calls down is down. */
enum link_state link_state_of(enum link_state kernel_link, enum link_state plane_link);
/* Applies the facts. True: the state has changed, and has a new generation from *clock. */
bool path_update(struct path *path, const struct path_facts *facts, uint64_t *clock);

const char *link_state_name(enum link_state state);
int link_state_parse(const char *name, enum link_state *out);

#endif
