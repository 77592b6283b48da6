/* SPDX-License-Identifier: BSD-3-Clause */
/* status.h - the answer to `status`. Pure; jansson on memory only. */
#ifndef VIOS_DAEMON_STATUS_H
#define VIOS_DAEMON_STATUS_H

#include "ha/cluster/members.h"
#include "ha/cluster/roundtrip.h"
#include "vios-core/daemon/inventory.h"
#include "vios-core/daemon/summary.h"

#include <jansson.h>
#include <stdbool.h>

/* What viosd knows. */
struct status_facts {
	const struct inventory *inventory;
	size_t self;			     /* index into the frame's VIOS */
	const struct members *members;	     /* NULL: works without a cluster */
	struct roundtrip_figures round_trip; /* of the group */
	bool framed_connected;
	bool no_adapters;				 /* they are left out */
	const struct summary *summaries[MODEL_VIOS_MAX]; /* NULL: nothing known */
	json_t *config; /* how the replicated state stands, taken over; NULL: it has none */
	/* Whether the client's mux is connected. */
	bool (*mux_connected)(const void *user, size_t client);
	const void *user;
};

/* A new object; NULL without memory. */
json_t *status_assemble(const struct status_facts *facts);

#endif
