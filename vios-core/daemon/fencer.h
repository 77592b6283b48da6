/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fencer.h - asks the cluster's fencer for the other VIOS, when vios-framed has killed one of its
 * data planes and that is still there: what does not die is to be powered off.
 */
#ifndef VIOS_DAEMON_FENCER_H
#define VIOS_DAEMON_FENCER_H

#include "vios-core/model/incarnation.h"

#include <systemd/sd-event.h>

struct viosd;

/* All zero to begin with; a part of struct viosd. */
struct fencer {
	char asked[INCARNATION_BYTES]; /* for this one */
	int pidfd;
	sd_event_source *running; /* NULL: nobody is asking */
};

/* What vios-framed reports of a data plane of any VIOS: asks once for each that will not die, notes
 * that the other VIOS is powered off unasked. */
void fencer_suspect(struct viosd *v, const char *vios, const char *incarnation, const char *report);
void fencer_fini(struct fencer *fencer);

#endif
