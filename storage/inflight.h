/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inflight.h - the region that tells a target what its dead predecessor had not finished
 * (vhost-user, "Inflight I/O tracking", split virtqueues). Pure: it works on mapped memory.
 *
 * The order of the stores is what the text asks for, so that a process may die between any two.
 * Another process can write the region: what is read from it is checked and bounded. One thread a
 * queue.
 */
#ifndef VIOS_STORAGE_INFLIGHT_H
#define VIOS_STORAGE_INFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inflight { /* of one queue */
	uint8_t *at;
	uint16_t size;
	uint64_t counter; /* of the next request */
};

/* Bytes of the region of n_queues queues with so many entries: each begins at a multiple of 64. */
size_t inflight_bytes(unsigned n_queues, uint16_t size);

/*
 * Takes its queue's part of a region. A part of zeroes is a new one. 0, -EINVAL: the region is too
 * short for it, or -EPROTO: it is of another version, or for another size.
 */
int inflight_attach(struct inflight *q, void *region, size_t bytes, unsigned queue,
	unsigned n_queues, uint16_t size);

/*
 * After a predecessor: used_idx is the ring's. Fills heads (room for the queue's size) with what
 * has to be done again, in the order in which it was taken; how many, or -EPROTO: the region is
 * damaged, and nothing was changed.
 */
int inflight_recover(struct inflight *q, uint16_t used_idx, uint16_t *heads);

/* Has the part of a queue, attached or not, anything in flight? region may be NULL. */
bool inflight_any(void *region, size_t bytes, unsigned queue, unsigned n_queues, uint16_t size);
bool inflight_has(const struct inflight *q, uint16_t head);
/* Of a buffer that is in flight: which of all that were. */
uint64_t inflight_counter(const struct inflight *q, uint16_t head);
/* A buffer was taken. */
void inflight_take(struct inflight *q, uint16_t head);
/* A buffer is in the used ring; after all of a batch, and before the driver is shown them... */
void inflight_put(struct inflight *q, uint16_t head);
/* ...and after it was. The batch: n buffers since the last time; used_idx: the ring's now. */
void inflight_shown(struct inflight *q, unsigned n, uint16_t used_idx);

#endif
