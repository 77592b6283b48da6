/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapter_life.h - how an adapter comes, changes and goes while its mux runs. Pure, as adapter.h.
 */
#ifndef VIOS_MUX_ADAPTER_LIFE_H
#define VIOS_MUX_ADAPTER_LIFE_H

#include "ha/mux/adapter.h"

/* start: every former ring start of this adapter had a lower number. Whether a former mux had given
 * a path the rings is not known, so all paths begin as LOST with an unknown owner. */
void adapter_init(struct adapter *a, const struct model_adapter *config, uint32_t hang_ms,
	uint32_t n_paths, int preferred, uint64_t start);

/* Makes an empty place; nothing is closed. */
void adapter_clear(struct adapter *a);

/* What is new in its configuration. `preferred` and higher limits (MTU, ring size) count at once;
 * the rest of a profile has been agreed with the client that is connected, and waits for its end:
 * adapter_pending(). */
void adapter_configure(struct adapter *a, struct adapter_context *c,
	const struct model_adapter *config, int preferred);
bool adapter_pending(const struct adapter *a);
/* It is wanted no longer (or is after all): its rings are stopped and stay so. */
void adapter_leave(struct adapter *a, struct adapter_context *c, bool leaving);
bool adapter_gone(const struct adapter *a); /* leaving, and nobody owns its rings any more */
/* Closes all that it has and makes an empty place of it. Only when it is gone. */
void adapter_free(struct adapter *a, struct adapter_context *c);

/* For adapter.c: drops the client's connection and all that it told, and what waited for that comes
 * true. */
void adapter_forget_client(struct adapter *a, struct adapter_context *c);

#endif
