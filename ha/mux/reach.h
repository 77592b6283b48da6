/* SPDX-License-Identifier: BSD-3-Clause */
/* reach.h - the connections to the back ends: one an adapter and VIOS, tried again and again. */
#ifndef VIOS_MUX_REACH_H
#define VIOS_MUX_REACH_H

struct mux;

#define REACH_BACKOFF_MIN_MS 20
#define REACH_BACKOFF_MAX_MS 1000

/* The next wait after one of backoff_ms (0: none yet). */
static inline unsigned reach_backoff(unsigned backoff_ms)
{
	if (backoff_ms < REACH_BACKOFF_MIN_MS)
		return REACH_BACKOFF_MIN_MS;
	return backoff_ms * 2 < REACH_BACKOFF_MAX_MS ? backoff_ms * 2 : REACH_BACKOFF_MAX_MS;
}

int reach_new(struct mux *m);
void reach_free(struct mux *m);
void reach_refresh(struct mux *m);	  /* after a step */
void reach_kick(struct mux *m, int vios); /* something of this VIOS has appeared: try at once */

#endif
