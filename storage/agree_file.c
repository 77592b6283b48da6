/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the targets of a LUN share, as files below RUN/luns: NAA, the memory of accord.h and the
 * locks on it; wake.ID, a FIFO that a target listens to while it has its adapter's lock. Opened on
 * the opener's thread; listening is the worker's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/worker_private.h"
#include "vios-core/base/log.h"
#include "vios-core/base/rundir.h"

#define CHANGE 0 /* the byte of the file that is locked to make a change */

bool agree_lock(const struct unit *u)
{
	return !backing_lock_range(u->agree.fd, CHANGE, CHANGE + 1, false);
}

void agree_unlock(const struct unit *u)
{
	backing_unlock_range(u->agree.fd, CHANGE, CHANGE + 1, false);
}

void agree_wake(const struct worker *w, uint32_t adapter)
{
	char path[LUN_PATH_MAX + 1];
	int fd;

	snprintf(path, sizeof(path), "%s/luns/wake.%u", w->config.run, adapter);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return; /* nobody listens: nothing is being begun there */
	if (write(fd, "", 1) < 0 && errno != EAGAIN) /* full: it has been told */
		log_warn("wake", "adapter=%u reason=\"%s\"", adapter, strerror(errno));
	close(fd);
}

/* The file, locked; its size is right. */
static int begin_file(struct unit *u, const char *boot)
{
	struct agreement *g = &u->agree;
	struct reservations state = {0};
	struct stat st;
	int rc = 0;

	if (fstat(g->fd, &st) ||
		(st.st_size < (off_t)sizeof(*g->accord) && ftruncate(g->fd, sizeof(*g->accord))))
		return -errno;
	g->accord = mmap(NULL, sizeof(*g->accord), PROT_READ | PROT_WRITE, MAP_SHARED, g->fd, 0);
	if (g->accord == MAP_FAILED) {
		g->accord = NULL;
		return -errno;
	}
	if (accord_holds(g->accord, boot))
		return 0;
	if (accord_foreign(g->accord, boot))
		return -EPROTO;
	if (kept_wanted(u))
		rc = kept_read(u->config.reservations, &state);
	if (!rc)
		accord_begin(g->accord, boot, &state);
	return rc;
}

static int luns_path(char *out, const char *run, const char *name)
{
	int n = snprintf(out, LUN_PATH_MAX + 1, "%s/luns", run);

	if (n > LUN_PATH_MAX || rundir_make(out))
		return -ENOENT;
	n = snprintf(out, LUN_PATH_MAX + 1, "%s/luns/%s", run, name);
	return n > LUN_PATH_MAX ? -ENAMETOOLONG : 0;
}

int agree_open(struct unit *u, const char *run, char *why, size_t why_bytes)
{
	char path[LUN_PATH_MAX + 1], name[2 * sizeof(u->config.naa) + 1] = "";
	char boot[RESERVATION_FILE_BOOT];
	int rc;

	for (unsigned i = 0; i < u->config.naa_bytes; i++)
		snprintf(name + 2 * i, 3, "%02x", u->config.naa[i]);
	u->agree.fd = -1;
	rc = luns_path(path, run, name);
	if (!rc)
		u->agree.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (!rc && u->agree.fd < 0)
		rc = -errno;
	kept_boot(boot);
	if (!rc)
		rc = backing_wait_range(u->agree.fd, CHANGE, CHANGE + 1);
	if (!rc) {
		rc = begin_file(u, boot);
		agree_unlock(u);
	}
	if (!rc)
		return 0;
	if (rc == -EPROTO)
		snprintf(why, why_bytes,
			"its other targets, by %.100s, are of another version; end them first",
			path);
	else if (kept_wanted(u) && u->agree.accord)
		snprintf(why, why_bytes,
			"its reservations, in %.100s, cannot be read: %s; put back what was there, "
			"or remove it to begin with none",
			u->config.reservations, strerror(-rc));
	else
		snprintf(why, why_bytes, "what its targets share, %.100s, cannot be opened: %s",
			path, strerror(-rc));
	agree_close(u);
	return rc;
}

void agree_close(struct unit *u)
{
	if (u->agree.accord)
		munmap(u->agree.accord, sizeof(*u->agree.accord));
	if (u->agree.fd >= 0)
		close(u->agree.fd);
	u->agree.accord = NULL;
	u->agree.fd = -1;
}

int agree_doorbell(const char *run, uint32_t adapter)
{
	char path[LUN_PATH_MAX + 1], name[32];

	snprintf(name, sizeof(name), "wake.%u", adapter);
	if (luns_path(path, run, name) || (mkfifo(path, 0600) && errno != EEXIST))
		return -1;
	/* Also for writing: else it is at its end whenever nobody writes */
	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

void agree_listen(struct worker *w, bool on)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = w->config.doorbell_fd};

	epoll_ctl(w->epoll_fd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, w->config.doorbell_fd, &e);
}
