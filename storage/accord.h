/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * accord.h - what all targets of one logical unit go by, whichever VIOS and adapter they are of:
 * its reservations, in memory that all of them map. Pure; works on mapped memory.
 *
 * A change is a new generation. Who makes one has a lock of the kernel's on the file behind the
 * memory, so changes have one order; everybody sees it by one load. A change is made whole by the
 * store of its number: who dies before leaves the generation that was. Each adapter that uses the
 * logical unit is a member; its target of now acknowledges a generation when it goes by it, and
 * nothing that it began under an older one is under way any more.
 *
 *     write the other copy of the state, tell the members concerned ---> generation + 1
 *                                                                          | each member:
 *             answered <--- all that use it have acknowledged <---- goes by it, aborts, drains
 */
#ifndef VIOS_STORAGE_ACCORD_H
#define VIOS_STORAGE_ACCORD_H

#include <stdatomic.h>

#include "storage/scsi_lun.h"

#define ACCORD_MEMBERS 256
#define ACCORD_BOOT 36 /* characters of the kernel's boot id */
#define ACCORD_WORDS ((RESERVATIONS_BYTES_MAX + 7) / 8)

struct accord_member {		  /* an adapter */
	_Atomic uint32_t adapter; /* its id; 0: free. Writer: who has the lock */
	uint32_t unused;
	_Atomic uint64_t acknowledged; /* writer: its target, which holds its lock on the disk */
	/* The generation that last aborted all its tasks, reset the unit, raised a unit attention.
	 * Writer: who has the lock. */
	_Atomic uint64_t aborted, reset, raised[SCSI_ATTENTIONS];
	_Atomic uint64_t told[SCSI_ATTENTIONS]; /* the last one its client knows; as acknowledged */
};

struct accord {
	char magic[24]; /* written last */
	char boot[ACCORD_BOOT];
	uint32_t bytes;
	_Atomic uint64_t generation; /* 1 up */
	struct {
		_Atomic uint64_t len;
		_Atomic uint64_t word[ACCORD_WORDS];
	} state[2]; /* of generation g: g & 1; as reservations_encode() has it */
	struct accord_member member[ACCORD_MEMBERS];
};

/* With the lock: is it one, of this boot? If not, begins one, unless others of another version have
 * it. */
bool accord_holds(const struct accord *a, const char *boot);
bool accord_foreign(const struct accord *a, const char *boot);
void accord_begin(struct accord *a, const char *boot, const struct reservations *state);

static inline uint64_t accord_generation(const struct accord *a)
{
	return atomic_load_explicit(&a->generation, memory_order_acquire);
}
/* The newest state and its number. 0, or -EBADMSG: damaged. */
int accord_read(const struct accord *a, struct reservations *out, uint64_t *generation);

/* With the lock: the adapter's place, or NULL: all are taken. gone: does that one no longer use the
 * logical unit? Then its place is free, unless it is registered. */
struct accord_member *accord_join(
	struct accord *a, uint32_t adapter, bool (*gone)(void *user, uint32_t adapter), void *user);
/* With the lock: the state after an event and what follows for others. The new generation. */
uint64_t accord_commit(struct accord *a, const struct reservations *state,
	const struct reservation_effects *effects);
/* Likewise, and all members but from are reset. */
uint64_t accord_commit_reset(struct accord *a, const struct reservations *state, uint32_t from);

/* A member's: the unit attentions raised up to that generation since those that it has heard; heard
 * follows. */
uint32_t accord_news(
	const struct accord_member *m, uint64_t generation, uint64_t heard[SCSI_ATTENTIONS]);
/* pending: those of which its client has not been told yet. True: some that it has heard. */
bool accord_tell(struct accord_member *m, const uint64_t heard[SCSI_ATTENTIONS], uint32_t pending);

#endif
