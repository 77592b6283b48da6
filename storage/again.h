/* SPDX-License-Identifier: BSD-3-Clause */
/* again.h - around the effects of what must not be done twice. */
#ifndef VIOS_STORAGE_AGAIN_H
#define VIOS_STORAGE_AGAIN_H

#include "storage/outcome.h"

struct request;

/* On whichever thread has the request: before its first effect, and before it is answered.
 * keep without begin: nothing was done, and nothing is kept. */
void again_begin(struct request *r);
void again_keep(struct request *r, uint8_t result, uint64_t where);
/* Of one that a predecessor had taken. The worker's. */
bool again_may_run(const struct request *r);
enum outcome_state again_find(const struct request *r, struct outcome *out);

#endif
