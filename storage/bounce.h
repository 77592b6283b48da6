/* SPDX-License-Identifier: BSD-3-Clause */
/* bounce.h - buffers for what direct I/O cannot take from the client's memory, all made at start.
 */
#ifndef VIOS_STORAGE_BOUNCE_H
#define VIOS_STORAGE_BOUNCE_H

#define BOUNCE_BYTES (256u * 1024)
#define BOUNCE_BUFFERS 16

struct bounce;

int bounce_new(struct bounce **out);
void *bounce_take(struct bounce *pool); /* BOUNCE_BYTES, aligned to 4096; NULL: all are in use */
void bounce_give(struct bounce *pool, void *buffer);

#endif
