/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keep_journal.c - maps the journal. Used by the daemon's thread and by the holder; only one of
 * them touches an image at a time: the holder between a commit and its answer, or while no daemon
 * runs.
 */
#include "vios-core/base/keep_journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x4b454550u /* "KEEP" */
#define ALIGN(n) (((n) + 63) & ~(size_t)63)

static size_t image_bytes(size_t state_bytes)
{
	return ALIGN(sizeof(struct keep_image)) + ALIGN(state_bytes);
}

static size_t file_bytes(size_t state_bytes)
{
	return ALIGN(sizeof(struct keep_file)) + 2 * image_bytes(state_bytes);
}

static int map(struct keep_journal *j, int fd, size_t state_bytes)
{
	*j = (struct keep_journal){.fd = fd, .state_bytes = state_bytes};
	j->file = mmap(NULL, file_bytes(state_bytes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return j->file == MAP_FAILED ? -errno : 0;
}

int keep_journal_new(struct keep_journal *j, size_t state_bytes)
{
	int fd = memfd_create("journal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err = fd < 0 ? -errno : 0;

	if (!err && (ftruncate(fd, (off_t)file_bytes(state_bytes)) < 0 ||
			    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0))
		err = -errno;
	if (!err)
		err = map(j, fd, state_bytes);
	if (err) {
		if (fd >= 0)
			close(fd);
		return err;
	}
	j->file->state_bytes = state_bytes;
	j->file->magic = MAGIC;
	return 0;
}

int keep_journal_map(struct keep_journal *j, int fd, size_t state_bytes)
{
	struct stat st;
	int err;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size != (off_t)file_bytes(state_bytes))
		return -ESTALE;
	err = map(j, fd, state_bytes);
	if (err)
		return err;
	if (j->file->magic == MAGIC && j->file->state_bytes == state_bytes && j->file->current <= 1)
		return 0;
	munmap(j->file, file_bytes(state_bytes));
	return -ESTALE;
}

static struct keep_image *image(const struct keep_journal *j, uint32_t which)
{
	return (struct keep_image *)((uint8_t *)j->file + ALIGN(sizeof(*j->file)) +
				     (which & 1) * image_bytes(j->state_bytes));
}

static struct keep_image *current(const struct keep_journal *j)
{
	return image(j, j->file->current);
}

static struct keep_image *other(const struct keep_journal *j)
{
	return image(j, !(j->file->current & 1));
}

static void *state_of(struct keep_image *i)
{
	return (uint8_t *)i + ALIGN(sizeof(*i));
}

const void *keep_state(const struct keep_journal *j)
{
	return state_of(current(j));
}

uint64_t keep_step(const struct keep_journal *j)
{
	return current(j)->step;
}

void *keep_begin(struct keep_journal *j, size_t used_bytes)
{
	struct keep_image *to = other(j);

	assert(!j->open && used_bytes <= j->state_bytes);
	j->open = true;
	memcpy(state_of(to), keep_state(j), used_bytes);
	to->ops.n = 0;
	to->ops.overflow = 0;
	to->step = current(j)->step + 1;
	return state_of(to);
}

struct keep_ops *keep_ops(const struct keep_journal *j)
{
	return &other(j)->ops;
}

void keep_commit(struct keep_journal *j)
{
	assert(j->open && !other(j)->ops.overflow);
	j->open = false;
	atomic_store(&j->file->current, !(j->file->current & 1));
}

const struct keep_ops *keep_pending(const struct keep_journal *j)
{
	return current(j)->step > j->file->done ? &current(j)->ops : NULL;
}

void keep_done(struct keep_journal *j)
{
	atomic_store(&j->file->done, current(j)->step);
}
