/* SPDX-License-Identifier: BSD-3-Clause */
/* dirwatch.c - inotify(7) on the caller's loop, in its thread; owns the descriptor and its source.
 */
#include "vios-core/base/dirwatch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

struct dirwatch {
	int fd;
	sd_event_source *source;
	void (*fn)(void *user);
	void *user;
};

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct dirwatch *w = user;
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
	w->fn(w->user);
	return 0;
}

int dirwatch_new(sd_event *ev, void (*fn)(void *user), void *user, struct dirwatch **out)
{
	struct dirwatch *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	*w = (struct dirwatch){.fn = fn, .user = user};
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	err = w->fd < 0 ? -errno : sd_event_add_io(ev, &w->source, w->fd, EPOLLIN, on_events, w);
	if (err < 0) {
		dirwatch_free(w);
		return err;
	}
	*out = w;
	return 0;
}

void dirwatch_free(struct dirwatch *w)
{
	if (!w)
		return;
	sd_event_source_disable_unref(w->source);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

int dirwatch_add(struct dirwatch *w, const char *path)
{
	return inotify_add_watch(w->fd, path, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0 ? -errno
											: 0;
}
