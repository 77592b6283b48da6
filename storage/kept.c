/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading and writing the file runs on the opener's or the jobs thread, the rest on the worker's. A
 * file is replaced whole: who dies leaves the old or the new one. Writers take turns by a lock on
 * what the targets share, and each writes the newest state.
 */
#include "storage/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "storage/worker_private.h"
#include "vios-core/base/log.h"

#define WRITERS 1 /* the byte of what the targets share that is locked meanwhile */

static ssize_t read_file(const char *path, void *to, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -errno : read(fd, to, room);

	if (fd >= 0 && n < 0)
		n = -errno;
	if (fd >= 0)
		close(fd);
	return n;
}

/* Unknown: another one than any. */
void kept_boot(char out[RESERVATION_FILE_BOOT])
{
	memset(out, '-', RESERVATION_FILE_BOOT);
	if (read_file("/proc/sys/kernel/random/boot_id", out, RESERVATION_FILE_BOOT) < 0)
		log_warn("boot-id", "reason=\"cannot be read\"");
}

int kept_read(const char *path, struct reservations *out)
{
	uint8_t bytes[RESERVATION_FILE_BYTES_MAX + 1];
	char boot[RESERVATION_FILE_BOOT];
	ssize_t n = read_file(path, bytes, sizeof(bytes));

	if (n == -ENOENT) {
		*out = (struct reservations){0};
		return 0;
	}
	kept_boot(boot);
	return n < 0 ? (int)n : reservation_file_get(out, boot, bytes, (size_t)n);
}

static int sync_directory(const char *path)
{
	char copy[LUN_PATH_MAX + 1];
	int fd, rc;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = fd < 0 || fsync(fd) ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int write_file(const char *path, const void *bytes, size_t len)
{
	char temporary[LUN_PATH_MAX + 8];
	int fd, rc = 0;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	errno = EIO; /* of a short write */
	if (write(fd, bytes, len) != (ssize_t)len || fsync(fd))
		rc = -errno;
	close(fd);
	if (!rc && rename(temporary, path))
		rc = -errno;
	return rc ? rc : sync_directory(path);
}

static struct unit *unit_of(struct job *job)
{
	return (struct unit *)(void *)((char *)job - offsetof(struct unit, kept.job));
}

bool kept_wanted(const struct unit *u)
{
	return u->config.reservations[0];
}

/* The newest state, whoever has made it. */
static int save_newest(const struct unit *u)
{
	uint8_t bytes[RESERVATION_FILE_BYTES_MAX];
	char boot[RESERVATION_FILE_BOOT];
	struct reservations state;
	uint64_t generation;
	int rc = accord_read(u->agree.accord, &state, &generation);

	kept_boot(boot);
	return rc ? rc
		  : write_file(u->config.reservations, bytes,
			    reservation_file_put(&state, boot, bytes));
}

static void run_save(struct job *job)
{
	struct unit *u = unit_of(job);

	u->kept.rc = backing_wait_range(u->agree.fd, WRITERS, WRITERS + 1);
	if (u->kept.rc)
		return;
	u->kept.rc = save_newest(u);
	backing_unlock_range(u->agree.fd, WRITERS, WRITERS + 1, false);
}

static void saved(struct job *job);

static void save(struct worker *w, struct unit *u)
{
	u->kept.worker = w;
	u->kept.busy = true;
	u->kept.under_way = u->kept.asked;
	u->kept.job.run = run_save;
	u->kept.job.done = saved;
	jobs_post(w->slow, &u->kept.job);
}

static void saved(struct job *job)
{
	struct unit *u = unit_of(job);

	u->kept.busy = false;
	u->kept.done = u->kept.under_way;
	if (u->kept.rc)
		log_error("reservations-not-kept", "lun=%u path=%s reason=\"%s\"", u->config.lun,
			u->config.reservations, strerror(-u->kept.rc));
	if (u->kept.asked > u->kept.done)
		save(u->kept.worker, u);
}

uint64_t kept_save(struct worker *w, struct unit *u)
{
	u->kept.asked++;
	if (!u->kept.busy)
		save(w, u);
	return u->kept.asked;
}

bool kept_saved(const struct unit *u, uint64_t number)
{
	return u->kept.done >= number;
}
