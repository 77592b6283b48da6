/* SPDX-License-Identifier: BSD-3-Clause */
/* facts.h - asks viosd for what a view needs. */
#ifndef VIOS_CLI_FACTS_H
#define VIOS_CLI_FACTS_H

#include "vios-core/cli/cli.h"
#include "vios-core/cli/view.h"

enum facts_need {
	FACTS_STATE = 1 << 0,
	FACTS_STATUS = 1 << 1,
	FACTS_DEVICES = 1 << 2,
	FACTS_RUNNING = 1 << 3,
	/* the same, left out when viosd does not have it */
	FACTS_STATUS_IF = 1 << 4,
	FACTS_DEVICES_IF = 1 << 5,
	FACTS_VIOS_IF = 1 << 6, /* of the status, what is no adapter's */
};

struct facts_held {
	struct facts facts;
	json_t *config, *status, *devices, *running;
};

/* needs: enum facts_need. CLI_OK, or what to exit with after a line on stderr. Free it in any case.
 * The side of --vios is in the facts if the verb picks one; a VIOS that the state does not have is
 * refused. */
int facts_get(const struct cli *cli, unsigned needs, struct facts_held *held);
void facts_free(struct facts_held *held);

/* One line on stderr. CLI_FAILED */
int facts_refuse(const char *fault);

#endif
