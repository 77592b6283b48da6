/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading and writing the file runs on the opener's or the jobs thread, the rest on the worker's. A
 * file is replaced whole: who dies leaves the old or the new one. Only the holder of the adapter's
 * lock writes it.
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
static void boot_id(char out[RESERVATION_FILE_BOOT])
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
	boot_id(boot);
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

static void run_load(struct job *job)
{
	struct unit *u = unit_of(job);

	u->kept.rc = kept_read(u->config.reservations, &u->kept.read);
}

static void loaded(struct job *job)
{
	struct unit *u = unit_of(job);

	u->kept.busy = false;
	u->kept.worker->kept_busy--;
	if (u->kept.rc)
		log_error("reservations-not-read", "lun=%u path=%s reason=\"%s\"", u->config.lun,
			u->config.reservations, strerror(-u->kept.rc));
	else
		u->scsi.reservations = u->kept.read;
}

bool kept_wanted(const struct unit *u)
{
	return u->config.reservations[0];
}

bool kept_busy(const struct worker *w)
{
	return w->kept_busy > 0;
}

static void post(
	struct worker *w, struct unit *u, void (*run)(struct job *), void (*done)(struct job *))
{
	u->kept.worker = w;
	u->kept.busy = true;
	w->kept_busy++;
	u->kept.job.run = run;
	u->kept.job.done = done;
	jobs_post(w->slow, &u->kept.job);
}

void kept_load_all(struct worker *w)
{
	for (unsigned i = 0; i < VS_LUNS; i++)
		if (w->unit[i] && kept_wanted(w->unit[i]) && !w->unit[i]->kept.busy)
			post(w, w->unit[i], run_load, loaded);
}

static void run_save(struct job *job)
{
	struct unit *u = unit_of(job);

	u->kept.rc = write_file(u->config.reservations, u->kept.bytes, u->kept.len);
}

static void saved(struct job *job);

static void save(struct worker *w, struct unit *u)
{
	char boot[RESERVATION_FILE_BOOT];

	boot_id(boot);
	u->kept.stale = false;
	u->kept.answered = u->kept.next;
	u->kept.next = NULL;
	u->kept.len = reservation_file_put(&u->scsi.reservations, boot, u->kept.bytes);
	post(w, u, run_save, saved);
}

static void saved(struct job *job)
{
	struct unit *u = unit_of(job);
	struct worker *w = u->kept.worker;
	struct request *r = u->kept.answered;
	int rc = u->kept.rc;

	u->kept.answered = NULL;
	u->kept.busy = false;
	w->kept_busy--;
	if (rc)
		log_error("reservations-not-kept", "lun=%u path=%s reason=\"%s\"", u->config.lun,
			u->config.reservations, strerror(-rc));
	if (u->kept.stale)
		save(w, u);
	while (r) {
		struct request *next = r->next;

		r->next = NULL;
		execute_reserved(r, rc);
		r = next;
	}
}

void kept_save(struct worker *w, struct unit *u, struct request *r)
{
	if (r) {
		r->next = u->kept.next;
		u->kept.next = r;
	}
	u->kept.stale = true;
	if (!u->kept.busy)
		save(w, u);
}
