/* SPDX-License-Identifier: BSD-3-Clause */
/* reach.h - the connections to the back ends: one an adapter and VIOS, tried again and again. */
#ifndef VIOS_MUX_REACH_H
#define VIOS_MUX_REACH_H

struct mux;

int reach_new(struct mux *m);
void reach_free(struct mux *m);
void reach_refresh(struct mux *m);	  /* after a step */
void reach_kick(struct mux *m, int vios); /* something of this VIOS has appeared: try at once */

#endif
