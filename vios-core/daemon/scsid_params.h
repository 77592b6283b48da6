/* SPDX-License-Identifier: BSD-3-Clause */
/* scsid_params.h - what a server adapter's target is configured as, out of the state. Pure. */
#ifndef VIOS_DAEMON_SCSID_PARAMS_H
#define VIOS_DAEMON_SCSID_PARAMS_H

#include "vios-core/model/config.h"

#include <jansson.h>

#define SCSID_WHY_BYTES 192

/*
 * Params of vios-scsid's `configure` in this VIOS: a new object; scsid_groups_choose() completes
 * it. NULL: there are none, and why is a
 * sentence ("": no memory).
 *
 * Port and LUNs are the same from both VIOS. A LUN's identity is its backing device's: through two
 * server adapters it is seen as one disk.
 */
json_t *scsid_params(const struct config *config, const struct config_vhost *vhost,
	const char *vios, char why[SCSID_WHY_BYTES]);

/* May a target that has taken one take the other? Not if what its client knows is another. */
bool scsid_params_fit(const json_t *a, const json_t *b);
/* What fits `taken`, with the LUNs and times of `wanted`: a new object. */
json_t *scsid_params_luns(const json_t *taken, const json_t *wanted);

#endif
