/* SPDX-License-Identifier: BSD-3-Clause */
/* keep_watch.c - event sources of slots. The thread of the daemon's loop; owns the sources. */
#include "vios-core/base/keep_watch.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

void keep_watch_add(
	struct keep_watch *w, int slot, uint32_t events, sd_event_io_handler_t fn, void *user)
{
	if (slot >= 0 && !w->source[slot])
		sd_event_add_io(w->ev, &w->source[slot], keep_fd(slot), EPOLLIN | events, fn, user);
}

bool keep_watch_ready(int slot)
{
	struct pollfd p = {.fd = keep_fd(slot), .events = POLLIN};

	return slot >= 0 && poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

void keep_watch_let_go(struct keep_watch *w, const struct keep_ops *ops)
{
	for (uint32_t i = 0; i < ops->n; i++) {
		const int slot = ops->op[i].slot;

		if (ops->op[i].kind != KEEP_DROP)
			continue;
		w->source[slot] = sd_event_source_disable_unref(w->source[slot]);
		close(keep_fd(slot));
	}
}
