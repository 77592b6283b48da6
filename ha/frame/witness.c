/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * witness.c - the witness's file. Main thread; keeps nothing in memory, so that a reset by the
 * operator is seen at the next call. witness.lock (flock) makes compare-and-raise and the reset
 * exclude each other.
 */
#include "ha/frame/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "vios-core/base/file.h"

#define NAME "witness"

static int fail(int r, char *why, const char *what)
{
	snprintf(why, WITNESS_WHY,
		"the witness file could not be %s (%s); check the directory's disk space "
		"and permissions",
		what, strerror(-r));
	return r;
}

int witness_load(const char *dir, struct witness *out, char why[WITNESS_WHY])
{
	char text[WITNESS_TEXT];
	const char *fault = "it is too long";
	ssize_t len = file_read(dir, NAME, text, sizeof(text));
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (len == -ENOENT)
		return 0;
	if (len < 0 && len != -E2BIG)
		return fail((int)len, why, "read");
	r = len < 0 ? -EBADMSG : witness_parse(text, (size_t)len, out, &fault);
	if (r < 0)
		snprintf(why, WITNESS_WHY,
			"the witness %s/" NAME
			" is corrupt: %s; when the VIOS with the newest state is "
			"up, run: vios-framed --run RUN --witness-reset",
			dir, fault);
	return r;
}

static int lock(const char *dir, char *why)
{
	char path[4096];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/witness.lock", dir) >= sizeof(path))
		return fail(-ENAMETOOLONG, why, "locked");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	return fail(-errno, why, "locked");
}

static int store(const char *dir, const struct witness *w, char *why)
{
	char text[WITNESS_TEXT];
	int r = file_replace(dir, NAME, text, witness_format(w, text), true);

	return r < 0 ? fail(r, why, "written") : 0;
}

static void explain(enum witness_verdict verdict, const struct witness *w, char *why)
{
	const struct witness_mark *m = &w->mark;

	if (verdict == WITNESS_MOVED)
		snprintf(why, WITNESS_WHY,
			"the witness is at epoch %" PRIu64 " version %" PRIu64
			" digest %.32s, raised by %s; synchronise with that, then try again",
			m->epoch, m->version, m->digest, w->holder[0] ? w->holder : "both");
	else if (verdict == WITNESS_BACKWARD)
		snprintf(why, WITNESS_WHY,
			"the witness is at epoch %" PRIu64 " version %" PRIu64
			" and only goes up; raise it above that",
			m->epoch, m->version);
	else
		snprintf(why, WITNESS_WHY,
			"epoch %" PRIu64 " is not this VIOS's own (%s); take epoch %" PRIu64,
			m->epoch, w->holder[0] ? w->holder : "both are in step", m->epoch + 1);
}

static int commit_locked(const char *dir, const char *vios, const struct witness_mark *expect,
	const struct witness_mark *wanted, const struct witness_ids *changed, bool in_step,
	struct witness *now, char *why)
{
	int r = witness_load(dir, now, why);
	struct witness next = *now;
	enum witness_verdict verdict;

	if (r < 0)
		return r;
	verdict = witness_raise(&next, vios, expect, wanted, changed, in_step);
	if (verdict != WITNESS_RAISED) {
		explain(verdict, now, why);
		return -ECANCELED;
	}
	r = store(dir, &next, why);
	if (r == 0)
		*now = next;
	return r;
}

int witness_commit(const char *dir, const char *vios, const struct witness_mark *expect,
	const struct witness_mark *wanted, const struct witness_ids *changed, bool in_step,
	struct witness *now, char why[WITNESS_WHY])
{
	int fd = lock(dir, why);
	int r;

	if (fd < 0)
		return fd;
	r = commit_locked(dir, vios, expect, wanted, changed, in_step, now, why);
	close(fd);
	return r;
}

static int reset_locked(const char *dir, char *why)
{
	struct witness fresh = {.changed = {.all = true}};
	char from[4096], to[4096];

	if ((size_t)snprintf(from, sizeof(from), "%s/" NAME, dir) >= sizeof(from) ||
		(size_t)snprintf(to, sizeof(to), "%s/" NAME ".corrupt", dir) >= sizeof(to))
		return fail(-ENAMETOOLONG, why, "named");
	if (rename(from, to) < 0 && errno != ENOENT)
		return fail(-errno, why, "moved away");
	return store(dir, &fresh, why);
}

int witness_reset(const char *dir, char why[WITNESS_WHY])
{
	int fd = lock(dir, why);
	int r;

	if (fd < 0)
		return fd;
	r = reset_locked(dir, why);
	close(fd);
	return r;
}
