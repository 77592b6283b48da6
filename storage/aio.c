/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only file that knows libaio. The worker runs all of it and owns the engine; an engine lives
 * as long as the process: its end waits for nothing, the kernel finishes what was submitted and
 * then drops the lock on the file.
 */
#include "storage/aio.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#define BATCH 64

_Static_assert(sizeof(struct iov) == sizeof(struct iovec) &&
		       offsetof(struct iov, len_bytes) == offsetof(struct iovec, iov_len),
	"struct iov is struct iovec");

struct aio {
	io_context_t context;
	int event_fd;
	unsigned depth, with_kernel;
	struct aio_request *head, **tail;
};

int aio_new(unsigned depth, struct aio **out)
{
	struct aio *aio = calloc(1, sizeof(*aio));
	int rc;

	if (!aio)
		return -ENOMEM;
	aio->depth = depth;
	aio->tail = &aio->head;
	aio->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = aio->event_fd < 0 ? -errno : io_setup((int)depth, &aio->context);
	if (!rc) {
		*out = aio;
		return 0;
	}
	if (aio->event_fd >= 0)
		close(aio->event_fd);
	free(aio);
	return rc;
}

int aio_event_fd(const struct aio *aio)
{
	return aio->event_fd;
}

static void enqueue(struct aio *aio, struct aio_request *request)
{
	io_set_eventfd(&request->iocb, aio->event_fd);
	request->iocb.data = request;
	request->next = NULL;
	*aio->tail = request;
	aio->tail = &request->next;
}

void aio_read(struct aio *aio, struct aio_request *request, int fd, const struct iov *iov,
	unsigned n, uint64_t offset)
{
	io_prep_preadv(&request->iocb, fd, (const struct iovec *)(const void *)iov, (int)n,
		(long long)offset);
	enqueue(aio, request);
}

void aio_write(struct aio *aio, struct aio_request *request, int fd, const struct iov *iov,
	unsigned n, uint64_t offset, bool durable)
{
	io_prep_pwritev(&request->iocb, fd, (const struct iovec *)(const void *)iov, (int)n,
		(long long)offset);
	if (durable)
		request->iocb.aio_rw_flags = RWF_DSYNC;
	enqueue(aio, request);
}

void aio_flush(struct aio *aio, struct aio_request *request, int fd)
{
	io_prep_fdsync(&request->iocb, fd);
	enqueue(aio, request);
}

static struct aio_request *dequeue(struct aio *aio)
{
	struct aio_request *request = aio->head;

	aio->head = request->next;
	if (!aio->head)
		aio->tail = &aio->head;
	return request;
}

static unsigned collect(struct aio *aio, struct iocb **batch)
{
	unsigned room = aio->depth - aio->with_kernel, n = 0;

	for (struct aio_request *r = aio->head; r && n < BATCH && n < room; r = r->next)
		batch[n++] = &r->iocb;
	return n;
}

void aio_submit(struct aio *aio)
{
	struct iocb *batch[BATCH];
	unsigned n;

	while ((n = collect(aio, batch))) {
		int rc = io_submit(aio->context, (long)n, batch);

		if (rc == -EAGAIN || rc == 0)
			return; /* again when something is done */
		if (rc < 0) {	/* the first one is at fault */
			struct aio_request *request = dequeue(aio);

			request->done(request, rc);
			continue;
		}
		for (int i = 0; i < rc; i++)
			dequeue(aio);
		aio->with_kernel += (unsigned)rc;
	}
}

bool aio_has_queued(const struct aio *aio)
{
	return aio->head;
}

unsigned aio_with_kernel(const struct aio *aio)
{
	return aio->with_kernel;
}

unsigned aio_reap(struct aio *aio)
{
	struct timespec now = {0, 0};
	struct io_event events[BATCH];
	unsigned total = 0;
	int n;

	if (!aio->with_kernel)
		return 0;
	do { /* an empty completion ring is seen without a system call */
		n = io_getevents(aio->context, 0, BATCH, events, &now);
		for (int i = 0; i < n; i++) {
			struct aio_request *request = events[i].data;

			aio->with_kernel--;
			request->done(request, (long)events[i].res);
		}
		total += n > 0 ? (unsigned)n : 0;
	} while (n == BATCH);
	return total;
}
