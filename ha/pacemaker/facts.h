/* SPDX-License-Identifier: BSD-3-Clause */
/* facts.h - what a viosd's answer to `status` says of one VIOS and its peer. Pure. */
#ifndef VIOS_PACEMAKER_FACTS_H
#define VIOS_PACEMAKER_FACTS_H

#include <jansson.h>
#include <stdbool.h>

#include "vios-core/model/frame_config.h"

struct facts_vios {
	char name[MODEL_NAME_MAX + 1]; /* "": the frame has no such VIOS */
	bool online;
	bool netd_up;
	bool link_down; /* of the uplink, known to be */
	unsigned scsids_down;
	unsigned disks_failing; /* targets with a path to a disk that fails, or is recovering */
};

struct facts {
	struct facts_vios own, peer;
	bool framed;  /* vios-framed is connected */
	bool in_step; /* the answering VIOS may live by the pair's state */
	/* Adapters that a client is connected to: */
	unsigned adapters, live_here, live_peer, ready_here, ready_peer;
};

/* The frame's `status` as seen by any of its viosds; self: whose facts. 0, or -EINVAL: it is no
 * such answer, or knows no such VIOS. */
int facts_read(const json_t *status, const char *self, struct facts *out);

#endif
