/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * buffers.h - how large vios-netd's packet buffers are. Pure. Their memory is fixed at its start,
 * and adapters with a larger MTU may come later; a larger buffer costs no memory, but leaves fewer.
 */
#ifndef VIOS_NET_BUFFERS_H
#define VIOS_NET_BUFFERS_H

#include <stddef.h>

/* Below so many a burst is lost: in drivers' rings and caches of each worker, in its held frames,
 * and on their way. */
#define BUFFERS_SHARED 1024
#define BUFFERS_WORKER 1024

struct buffers {
	size_t memory_bytes;   /* for all of them */
	size_t overhead_bytes; /* of each, beside the frame */
	unsigned n_workers;
	size_t least_bytes; /* what it starts with must fit, however few there are */
	size_t most_bytes;
};

/* The longest frame that is to fit into one: at most most_bytes, less where too few would be left,
 * never less than least_bytes. */
size_t buffers_frame_bytes(const struct buffers *want);

#endif
