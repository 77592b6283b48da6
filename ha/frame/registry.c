/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * registry.c - descriptors of data planes: taken, checked, closed. Main thread; the registry owns
 * every descriptor, mapping, event source and connection of its planes.
 *
 * What comes over the socket is hostile: a pidfd is believed because the kernel says it is one, and
 * whose; an eventfd because its name says so, and it is made non-blocking before anything is
 * written to it.
 */
#include "ha/frame/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "ha/frame/proc.h"
#include "vios-core/base/hb.h"

void registry_init(struct registry *r)
{
	memset(r, 0, sizeof(*r));
}

void registry_fini(struct registry *r)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (r->plane[i].used)
			registry_drop(&r->plane[i]);
}

struct registry_plane *registry_find(struct registry *r, uint64_t incarnation)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (r->plane[i].used && r->plane[i].incarnation == incarnation)
			return &r->plane[i];
	return NULL;
}

bool registry_any(const struct registry *r, const char *vios)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (r->plane[i].used && strcmp(r->plane[i].vios, vios) == 0)
			return true;
	return false;
}

struct registry_plane *registry_by_slot(struct registry *r, uint32_t slot)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (r->plane[i].used && r->plane[i].slot == slot)
			return &r->plane[i];
	return NULL;
}

struct registry_plane *registry_new(
	struct registry *r, const char *vios, const char *plane, uint64_t incarnation)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		struct registry_plane *p = &r->plane[i];

		if (p->used)
			continue;
		memset(p, 0, sizeof(*p));
		p->used = true;
		p->pidfd = p->memfd = -1;
		memset(p->ping, 0xff, sizeof(p->ping));
		p->slot = REGISTRY_NONE;
		p->incarnation = incarnation;
		snprintf(p->vios, sizeof(p->vios), "%s", vios);
		snprintf(p->plane, sizeof(p->plane), "%s", plane);
		return p;
	}
	return NULL;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void registry_drop(struct registry_plane *p)
{
	p->pid_io = sd_event_source_disable_unref(p->pid_io);
	p->ask_timer = sd_event_source_disable_unref(p->ask_timer);
	rpc_conn_free(p->ask);
	p->ask = NULL;
	page_close(&p->page);
	close_fd(&p->pidfd);
	close_fd(&p->memfd);
	for (size_t i = 0; i < JUDGE_WORKERS; i++)
		close_fd(&p->ping[i]);
	p->used = false;
}

static bool is_over(int pidfd)
{
	struct pollfd fd = {.fd = pidfd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

static int check_process(const struct registry_plane *p, int pidfd, pid_t *pid,
	uint64_t *start_time, const char **why)
{
	pid_t found = proc_pidfd_pid(pidfd);
	int r;

	*why = "the first descriptor is not a pidfd";
	if (found == -EBADF)
		return -EINVAL;
	*why = "the process is dead";
	if (found == -ESRCH || is_over(pidfd))
		return -ESRCH;
	*why = "the process is outside of vios-framed's pid namespace; run vios-framed in the "
	       "frame's own";
	if (found == -EREMOTE)
		return -EINVAL;
	*why = "the process cannot be found in /proc";
	r = proc_start_time(found, start_time);
	if (r < 0)
		return is_over(pidfd) ? -ESRCH : r;
	*why = "the pidfd is of another process than the one that is watched";
	if (p->pid != 0 && (p->pid != found || p->start_time != *start_time))
		return -EINVAL;
	*pid = found;
	return 0;
}

static int check_pings(const struct rpc_fds *fds, uint32_t workers, const char **why)
{
	*why = "there must be one ping eventfd for each worker of the heartbeat page";
	if (fds->n != 2 + (size_t)workers)
		return -EINVAL;
	for (size_t i = 2; i < fds->n; i++) {
		int flags = fcntl(fds->fd[i], F_GETFL);

		if (!proc_is_eventfd(fds->fd[i]) || flags < 0 ||
			fcntl(fds->fd[i], F_SETFL, flags | O_NONBLOCK) < 0)
			return -EINVAL;
	}
	return 0;
}

static int take_fd(struct rpc_fds *fds, size_t i)
{
	int fd = fds->fd[i];

	fds->fd[i] = -1;
	return fd;
}

static void take_all(struct registry_plane *p, struct rpc_fds *fds, const struct page *page)
{
	page_close(&p->page);
	close_fd(&p->memfd);
	if (p->pidfd < 0) /* an event source may hang on the one that is there */
		p->pidfd = take_fd(fds, 0);
	p->memfd = take_fd(fds, 1);
	for (uint32_t i = 0; i < page->workers; i++) {
		close_fd(&p->ping[i]);
		p->ping[i] = take_fd(fds, 2 + i);
	}
	p->page = *page;
	page_sample(&p->page, &p->first);
}

int registry_take(struct registry_plane *p, struct rpc_fds *fds, const char **why)
{
	struct page page;
	uint64_t start_time;
	pid_t pid;
	int r;

	*why = "pidfd, heartbeat memfd and ping eventfds must come with the message";
	if (fds->n < 3)
		return -EINVAL;
	r = check_process(p, fds->fd[0], &pid, &start_time, why);
	if (r < 0)
		return r;
	r = page_open(fds->fd[1], &page, why);
	if (r < 0)
		return r;
	r = check_pings(fds, page.workers, why);
	if (r < 0) {
		page_close(&page);
		return r;
	}
	p->pid = pid;
	p->start_time = start_time;
	take_all(p, fds, &page);
	return 0;
}

int registry_reopen(struct registry_plane *p, pid_t pid, uint64_t start_time)
{
	uint64_t now;
	int fd = pidfd_open(pid, 0);

	if (fd < 0)
		return -ESRCH;
	/* After the pidfd is open the pid cannot pass to another process unnoticed. */
	if (proc_start_time(pid, &now) < 0 || now != start_time || is_over(fd)) {
		close(fd);
		return -ESRCH;
	}
	p->pidfd = fd;
	p->pid = pid;
	p->start_time = start_time;
	return 0;
}

void registry_ping(struct registry_plane *p, uint32_t mask)
{
	for (uint32_t i = 0; i < p->page.workers; i++)
		if (mask & 1u << i)
			eventfd_write(p->ping[i], 1); /* full: it has been pinged often enough */
}

bool registry_sample(struct registry_plane *p, struct judge_sample *out)
{
	page_sample(&p->page, out);
	if (p->ticked)
		return false;
	for (uint32_t i = 0; i < p->page.workers; i++)
		if (out->state[i] == HB_ABSENT || out->ticks[i] == p->first.ticks[i])
			return false;
	p->ticked = true;
	return true;
}
