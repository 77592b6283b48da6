/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory that the targets of a logical unit share. What is read from it is bounded and checked:
 * other processes write it, and one of them may die between any two stores. Members' words are
 * written before the generation that they name is there: a change that is never finished may abort
 * tasks or raise an attention for nothing, and never fails to. Pure; nothing waits.
 */
#include "storage/accord.h"

#include <errno.h>
#include <string.h>

static const char magic[24] = "VIOS accord 1";
#define TRIES 1000 /* of reading while others write, which is rare */

_Static_assert(sizeof(struct accord_member) == 16 + 8 * (2 + 2 * SCSI_ATTENTIONS), "packed");

bool accord_holds(const struct accord *a, const char *boot)
{
	return !memcmp(a->magic, magic, sizeof(magic)) && !memcmp(a->boot, boot, ACCORD_BOOT) &&
	       a->bytes == sizeof(*a) && accord_generation(a);
}

bool accord_foreign(const struct accord *a, const char *boot)
{
	return !memcmp(a->magic, magic, strlen("VIOS accord ")) &&
	       !memcmp(a->boot, boot, ACCORD_BOOT) && !accord_holds(a, boot);
}

/* Into the copy that generation will have. */
static void put_state(struct accord *a, const struct reservations *state, uint64_t generation)
{
	uint64_t words[ACCORD_WORDS] = {0};
	uint8_t bytes[RESERVATIONS_BYTES_MAX];
	size_t len = reservations_encode(state, bytes);
	unsigned copy = generation & 1;

	memcpy(words, bytes, len);
	atomic_store_explicit(&a->state[copy].len, len, memory_order_relaxed);
	for (size_t i = 0; i < (len + 7) / 8; i++)
		atomic_store_explicit(&a->state[copy].word[i], words[i], memory_order_relaxed);
}

void accord_begin(struct accord *a, const char *boot, const struct reservations *state)
{
	memset(a, 0, sizeof(*a));
	memcpy(a->boot, boot, ACCORD_BOOT);
	a->bytes = sizeof(*a);
	put_state(a, state, 1);
	atomic_store_explicit(&a->generation, 1, memory_order_release);
	memcpy(a->magic, magic, sizeof(magic));
}

static int get_state(const struct accord *a, uint64_t generation, struct reservations *out)
{
	uint64_t words[ACCORD_WORDS];
	unsigned copy = generation & 1;
	size_t len = atomic_load_explicit(&a->state[copy].len, memory_order_relaxed);

	if (len > RESERVATIONS_BYTES_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < (len + 7) / 8; i++)
		words[i] = atomic_load_explicit(&a->state[copy].word[i], memory_order_relaxed);
	return reservations_decode(out, (const uint8_t *)words, len);
}

int accord_read(const struct accord *a, struct reservations *out, uint64_t *generation)
{
	for (unsigned i = 0; i < TRIES; i++) {
		uint64_t now = accord_generation(a);
		struct reservations read;
		int rc = get_state(a, now, &read);

		/* the loads above are not later than this one */
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&a->generation, memory_order_relaxed) != now)
			continue;
		if (!rc)
			*out = read;
		*generation = now;
		return rc;
	}
	return -EBADMSG;
}

static uint32_t id_of(const struct accord_member *m)
{
	return atomic_load_explicit(&m->adapter, memory_order_acquire);
}

static bool registered(const struct reservations *state, uint32_t adapter)
{
	for (unsigned i = 0; i < state->count; i++)
		if (state->registrant[i].nexus.initiator == adapter)
			return true;
	return state->spc2 && state->spc2_holder.initiator == adapter;
}

static struct accord_member *find(struct accord *a, uint32_t adapter)
{
	for (unsigned i = 0; i < ACCORD_MEMBERS; i++)
		if (id_of(&a->member[i]) == adapter)
			return &a->member[i];
	return NULL;
}

/* Its id is the last that is written. */
static struct accord_member *settle(struct accord *a, struct accord_member *m, uint32_t adapter)
{
	atomic_store_explicit(&m->adapter, 0, memory_order_release);
	for (unsigned i = 0; i < SCSI_ATTENTIONS; i++) {
		atomic_store_explicit(&m->raised[i], 0, memory_order_relaxed);
		atomic_store_explicit(&m->told[i], 0, memory_order_relaxed);
	}
	atomic_store_explicit(&m->aborted, 0, memory_order_relaxed);
	atomic_store_explicit(&m->reset, 0, memory_order_relaxed);
	atomic_store_explicit(&m->acknowledged, accord_generation(a), memory_order_relaxed);
	atomic_store_explicit(&m->adapter, adapter, memory_order_release);
	return m;
}

struct accord_member *accord_join(
	struct accord *a, uint32_t adapter, bool (*gone)(void *user, uint32_t adapter), void *user)
{
	struct accord_member *m = find(a, adapter);
	struct reservations state;
	uint64_t generation;

	if (m)
		return m;
	m = find(a, 0);
	if (m)
		return settle(a, m, adapter);
	if (accord_read(a, &state, &generation))
		return NULL;
	for (unsigned i = 0; i < ACCORD_MEMBERS; i++)
		if (!registered(&state, id_of(&a->member[i])) && gone(user, id_of(&a->member[i])))
			return settle(a, &a->member[i], adapter);
	return NULL;
}

static void mark(struct accord_member *m, uint32_t attentions, uint64_t generation)
{
	for (unsigned i = 0; i < SCSI_ATTENTIONS; i++)
		if (attentions & 1u << i)
			atomic_store_explicit(&m->raised[i], generation, memory_order_relaxed);
}

/* Release: everything about the generation is there before its number is. */
static uint64_t finish(struct accord *a, uint64_t generation)
{
	atomic_store_explicit(&a->generation, generation, memory_order_release);
	return generation;
}

uint64_t accord_commit(struct accord *a, const struct reservations *state,
	const struct reservation_effects *effects)
{
	uint64_t next = accord_generation(a) + 1;

	put_state(a, state, next);
	for (unsigned i = 0; i < effects->count; i++) {
		const struct reservation_effect *e = &effects->effect[i];
		struct accord_member *m = find(a, e->nexus.initiator);

		/* One that has not been here since the frame was started: later, it is told */
		if (!m && (m = find(a, 0)))
			settle(a, m, e->nexus.initiator);
		if (!m)
			continue;
		mark(m, e->attentions, next);
		if (e->abort)
			atomic_store_explicit(&m->aborted, next, memory_order_relaxed);
	}
	return finish(a, next);
}

uint64_t accord_commit_reset(struct accord *a, const struct reservations *state, uint32_t from)
{
	uint64_t next = accord_generation(a) + 1;

	put_state(a, state, next);
	for (unsigned i = 0; i < ACCORD_MEMBERS; i++) {
		struct accord_member *m = &a->member[i];

		if (!id_of(m) || id_of(m) == from)
			continue;
		mark(m, 1u << SCSI_ATTENTION_LUN_RESET, next);
		atomic_store_explicit(&m->reset, next, memory_order_relaxed);
		atomic_store_explicit(&m->aborted, next, memory_order_relaxed);
	}
	return finish(a, next);
}

uint32_t accord_news(
	const struct accord_member *m, uint64_t generation, uint64_t heard[SCSI_ATTENTIONS])
{
	uint32_t news = 0;

	for (unsigned i = 0; i < SCSI_ATTENTIONS; i++) {
		uint64_t raised = atomic_load_explicit(&m->raised[i], memory_order_relaxed);

		/* above it: of a change that is being made, or never was finished */
		if (raised <= heard[i] || raised > generation)
			continue;
		heard[i] = raised;
		news |= 1u << i;
	}
	return news;
}

bool accord_tell(struct accord_member *m, const uint64_t heard[SCSI_ATTENTIONS], uint32_t pending)
{
	bool left = false;

	for (unsigned i = 0; i < SCSI_ATTENTIONS; i++) {
		if (heard[i] <= atomic_load_explicit(&m->told[i], memory_order_relaxed))
			continue;
		if (pending & 1u << i)
			left = true;
		else
			atomic_store_explicit(&m->told[i], heard[i], memory_order_relaxed);
	}
	return left;
}
