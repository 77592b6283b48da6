/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * journal.c - maps the journal. Used by the mux's thread and by the holder; only one of them
 * touches an image at a time: the holder between a commit and its answer, or while no mux runs.
 */
#include "ha/mux/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int journal_new(struct journal *j)
{
	int fd = memfd_create("viomuxd-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, sizeof(struct journal_file)) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	*j = (struct journal){.fd = fd};
	j->file = mmap(NULL, sizeof(*j->file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (j->file == MAP_FAILED) {
		err = -errno;
		close(fd);
		return err;
	}
	j->file->image_bytes = sizeof(struct journal_image);
	j->file->magic = JOURNAL_MAGIC;
	return 0;
}

int journal_map(struct journal *j, int fd)
{
	struct stat st;

	*j = (struct journal){.fd = fd};
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size != sizeof(*j->file))
		return -ESTALE;
	j->file = mmap(NULL, sizeof(*j->file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (j->file == MAP_FAILED)
		return -errno;
	if (j->file->magic == JOURNAL_MAGIC &&
		j->file->image_bytes == sizeof(struct journal_image) && j->file->current <= 1)
		return 0;
	journal_unmap(j);
	return -ESTALE;
}

void journal_unmap(struct journal *j)
{
	munmap(j->file, sizeof(*j->file));
}

static struct journal_image *current(const struct journal *j)
{
	return &j->file->image[j->file->current & 1];
}

static struct journal_image *other(const struct journal *j)
{
	return &j->file->image[!(j->file->current & 1)];
}

const struct state *journal_state(const struct journal *j)
{
	return &current(j)->state;
}

struct state *journal_begin(struct journal *j)
{
	const struct state *from = journal_state(j);
	struct state *to = &other(j)->state;

	assert(!j->open);
	j->open = true;
	memcpy(to, from, offsetof(struct state, adapter[from->n_adapters]));
	other(j)->ops.n = 0;
	other(j)->ops.overflow = 0;
	to->step++;
	return to;
}

struct ops *journal_ops(const struct journal *j)
{
	return &other(j)->ops;
}

void journal_commit(struct journal *j)
{
	assert(j->open && !other(j)->ops.overflow);
	j->open = false;
	atomic_store(&j->file->current, !(j->file->current & 1));
}

const struct ops *journal_pending(const struct journal *j)
{
	const struct journal_image *image = current(j);

	return image->state.step > j->file->done ? &image->ops : NULL;
}

void journal_done(struct journal *j)
{
	atomic_store(&j->file->done, current(j)->state.step);
}
