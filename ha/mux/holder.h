/* SPDX-License-Identifier: BSD-3-Clause */
/* holder.h - the process that outlives the mux and starts it again. */
#ifndef VIOS_MUX_HOLDER_H
#define VIOS_MUX_HOLDER_H

#define HOLDER_FLAG "--held" /* last argument of the mux that the holder starts */

/* Starts argv[0] with HOLDER_FLAG added and keeps it running. Returns the exit status of the whole:
 * the mux's own when it ends by itself. lock: kept open. */
int holder_run(int argc, char **argv);

#endif
