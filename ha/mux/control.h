/* SPDX-License-Identifier: BSD-3-Clause */
/* control.h - the mux's control connections: netd and viosd of each VIOS, framed, and its own
 * socket. */
#ifndef VIOS_MUX_CONTROL_H
#define VIOS_MUX_CONTROL_H

struct mux;
struct step;

int control_new(struct mux *m);
int control_open(struct mux *m, const char *client); /* connects, listens */
void control_free(struct mux *m);
/* After a step was committed, before its operations: `start`, `release`, `evict`. */
void control_tell(struct mux *m);
/* After them: status to whom it concerns, answers to `switch`. */
void control_refresh(struct mux *m);
/* If the data plane that said hello from this VIOS is dead: says so to the adapters. */
void control_check_death(struct step *s, int vios);

#endif
