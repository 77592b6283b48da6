/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * request.h - a buffer of a ring while it is ours. A queue has one for each entry of its ring, at
 * the index of the buffer's head; nothing is allocated while requests run. The worker's.
 */
#ifndef VIOS_STORAGE_REQUEST_H
#define VIOS_STORAGE_REQUEST_H

#include "storage/agree.h"
#include "storage/aio.h"
#include "storage/guest.h"
#include "storage/jobs.h"
#include "storage/unit.h"
#include "storage/virtio_scsi.h"
#include "storage/vring.h"

struct queue;

#define REQUEST_CLEARED 0xFF /* aborted by another initiator: SCSI's TASK ABORTED */

enum request_state {
	REQUEST_FREE,
	REQUEST_PARKED, /* waits for a lock, its LUN's, its range's or that of what targets share:
			 * nothing has been done */
	REQUEST_RUNNING,
	REQUEST_HELD,	 /* has failed here: another path may do it (held.h) */
	REQUEST_WAITING, /* task management: for the requests that it covers */
};

struct request {
	enum request_state state;
	struct request *next; /* in the one list that it waits in */
	struct queue *queue;
	struct guest *guest; /* referenced */
	struct unit *unit;   /* NULL: none */
	uint64_t number;     /* in which order the worker took requests */
	uint64_t tag;
	bool again;	 /* its predecessor had taken it: perhaps it was done */
	uint8_t aborted; /* enum vs_response to answer with, REQUEST_CLEARED; 0: not */
	uint8_t phase;	 /* of the unit's agreement, in which it began; AGREE_NO_PHASE */
	struct agree_op op;
	struct vring_chain chain;
	struct scsi_request scsi;
	struct vs_control control;

	/* I/O at work */
	struct iov data[VRING_PIECES_MAX]; /* of the client's buffers, what is to move */
	unsigned n_data;
	uint64_t offset;	    /* in the backing device, of byte 0 of the request */
	uint32_t bytes, done_bytes; /* in all */
	uint32_t step_bytes;	    /* with the kernel */
	bool durable;		    /* done means on the medium */
	void *bounce;		    /* from the pool, or NULL */
	struct iov bounce_iov;
	struct aio_request aio;
	struct job job;
	struct range range; /* what it changes of the disk */
	enum scsi_io io;    /* what a job found, or what a held one is answered with */
	uint64_t where;
	int error;	 /* errno of a job that failed; 0: none */
	uint64_t due_ns; /* HELD: until then at most */
};

#endif
