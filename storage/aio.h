/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aio.h - edge: reads, writes and flushes by libaio, submitted in batches. One thread, the worker,
 * uses an engine; aio_submit() may block in the kernel, nothing else does. Requests are the
 * caller's memory, and stay where they are until they are done.
 */
#ifndef VIOS_STORAGE_AIO_H
#define VIOS_STORAGE_AIO_H

#include <libaio.h>
#include <stdbool.h>
#include <stdint.h>

#include "storage/iov.h"

struct aio;

struct aio_request {
	struct iocb iocb; /* its data: this request */
	struct aio_request *next;
	/* result: bytes, 0 for a flush, or -errno */
	void (*done)(struct aio_request *request, long result);
};

/* At most depth requests are with the kernel at once; more wait here. 0 or -errno (-EAGAIN: the
 * machine's fs.aio-max-nr is used up). */
int aio_new(unsigned depth, struct aio **out);

/* Readable when a request may be done; whoever sleeps on it reads it. */
int aio_event_fd(const struct aio *aio);

/* Each queues a request for aio_submit(); done is set before. iov: borrowed until it is done. */
void aio_read(struct aio *aio, struct aio_request *request, int fd, const struct iov *iov,
	unsigned n, uint64_t offset);
/* durable: done means on the medium (RWF_DSYNC). */
void aio_write(struct aio *aio, struct aio_request *request, int fd, const struct iov *iov,
	unsigned n, uint64_t offset, bool durable);
void aio_flush(struct aio *aio, struct aio_request *request, int fd);

/* Hands the kernel what is queued, as far as it takes it. */
void aio_submit(struct aio *aio);
bool aio_has_queued(const struct aio *aio);
unsigned aio_with_kernel(const struct aio *aio);
/* Calls done for each finished request; how many. */
unsigned aio_reap(struct aio *aio);

#endif
