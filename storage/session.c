/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The adapter's vhost-user socket. What every device has is vu_back.h's; here are the configuration
 * space, the inflight region and the mapping of memory. Main thread. While a message is being
 * carried out by the worker nothing more is read.
 */
#include "storage/session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "storage/session_private.h"
#include "vios-core/base/log.h"

void session_broken(const char *why, const char *about)
{
	/* No descriptor, mapping or request may outlive the fault: the kernel ends them all. */
	log_error("client-broke-protocol", "about=%s reason=\"%s\" action=exit", about, why);
	_exit(1);
}

static void on_send(const struct vu_msg *m, void *user)
{
	struct session *s = user;

	if (vu_sock_send(&s->sock, m))
		session_broken("cannot be answered", vu_msg_name(m->request));
}

static void on_drop(int fd, void *user)
{
	struct session *s = user;

	if (s->n_dropped == SESSION_DROPPED_MAX) /* more than a client can have told */
		session_broken("descriptors pile up", "rings");
	s->dropped_fd[s->n_dropped++] = fd;
}

static const struct vu_back_io *io(struct session *s, struct vu_back_io *io)
{
	*io = (struct vu_back_io){.send = on_send, .drop = on_drop, .user = s};
	return io;
}

static void settle(struct session *s)
{
	struct vu_back_io back_io;
	uint32_t ring = s->back.owed.ring;

	if (s->back.owed.request)
		vu_back_settle_owed(&s->back, io(s, &back_io), (uint16_t)s->back.ring[ring].base);
}

static void forget_dropped(struct session *s)
{
	while (s->n_dropped)
		close(s->dropped_fd[--s->n_dropped]);
	guest_put(s->dropped_guest);
	s->dropped_guest = NULL;
	if (s->dropped_inflight)
		munmap(s->dropped_inflight, s->dropped_inflight_bytes);
	s->dropped_inflight = NULL;
}

static void drop_guest(struct session *s)
{
	guest_put(s->dropped_guest);
	s->dropped_guest = s->guest;
	s->guest = NULL;
}

static void remap(struct session *s)
{
	int rc;

	drop_guest(s);
	rc = guest_map(&s->back.device.mem, s->back.device.mem_fds, &s->guest);
	if (rc)
		session_broken(strerror(-rc), "SET_MEM_TABLE");
}

/* A call must never wait: whoever made the eventfd may have filled its counter. */
static void unblock_calls(struct session *s)
{
	for (unsigned i = 0; i < VU_RINGS_MAX; i++) {
		int fd = s->back.device.ring[i].call_fd;

		if (fd >= 0)
			fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	}
}

/*
 * The worker may have called by the old eventfd until now, when nobody heard that any more: a guest
 * that waits for one answer waited for ever. It takes a call too many for none.
 */
static void call_again(struct session *s)
{
	const uint64_t one = 1;

	s->new_call = false;
	for (unsigned i = 0; i < VU_RINGS_MAX; i++) {
		int fd = s->back.device.ring[i].call_fd;

		if (fd >= 0 && write(fd, &one, sizeof(one)) < 0)
			continue; /* full: called as well */
	}
}

/* What was told holds. */
static void finish(struct session *s)
{
	forget_dropped(s);
	if (s->hung_up) {
		sd_event_source_set_enabled(s->listen_source, SD_EVENT_ON);
		return;
	}
	settle(s);
}

static void await_change(struct session *s)
{
	s->awaited = s->config.changed(s->config.user);
	if (!s->awaited)
		finish(s);
}

static bool changes_rings(uint32_t request)
{
	switch (request) {
	case VU_SET_FEATURES:
	case VU_SET_MEM_TABLE:
	case VU_SET_VRING_NUM:
	case VU_SET_VRING_ADDR:
	case VU_SET_VRING_KICK:
	case VU_SET_VRING_CALL:
	case VU_SET_VRING_ENABLE:
	case VU_GET_VRING_BASE:
	case VU_SET_INFLIGHT_FD:
		return true;
	default:
		return false;
	}
}

static void handle(struct session *s, struct vu_msg *m)
{
	struct vu_back_io back_io;
	uint32_t request = m->request;
	enum vu_fault fault =
		session_is_own(request) ? VU_OK : vu_mem_check_message(m, s->config.allow_unsealed);

	if (!fault)
		fault = session_is_own(request)
				? session_own(s, m)
				: vu_back_message(&s->back, &s->config.offer, io(s, &back_io), m);
	vu_msg_close_fds(m);
	if (fault)
		session_broken(vu_fault_text(fault), vu_msg_name(request));
	if (request == VU_SET_MEM_TABLE)
		remap(s);
	if (request == VU_SET_VRING_CALL)
		unblock_calls(s);
	s->new_call = request == VU_SET_VRING_CALL;
	if (changes_rings(request))
		await_change(s);
	else
		settle(s);
}

static void hang_up(struct session *s)
{
	struct vu_back_io back_io;

	log_info("client-disconnected", "rings=%u", s->back.device.n_rings);
	s->source = sd_event_source_disable_unref(s->source);
	vu_sock_fini(&s->sock);
	vu_back_close(&s->back, io(s, &back_io));
	drop_guest(s);
	session_drop_inflight(s);
	s->hung_up = true;
	s->new_call = false;
	await_change(s);
}

static void read_messages(struct session *s)
{
	while (!s->awaited && !s->hung_up) {
		struct vu_msg m;
		int rc = vu_sock_recv(&s->sock, &m);

		if (rc == -EAGAIN)
			return;
		if (rc == -EPROTO)
			session_broken(vu_fault_text(s->sock.fault), "message");
		if (rc)
			hang_up(s);
		else
			handle(s, &m);
	}
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct session *s = user;

	if (vu_sock_wants_write(&s->sock) && vu_sock_flush(&s->sock))
		session_broken("cannot be answered", "answers");
	read_messages(s);
	return 0;
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct session *s = user;
	int peer = vu_sock_accept(fd);

	if (peer < 0)
		return 0;
	if (vu_sock_init(&s->sock, peer)) {
		close(peer);
		return 0;
	}
	sd_event_source_set_enabled(source, SD_EVENT_OFF); /* one at a time */
	vu_back_open(&s->back);
	s->hung_up = false;
	log_info("client-connected", "offered_queues=%u", s->config.offer.queues);
	if (sd_event_add_io(s->ev, &s->source, peer, EPOLLIN | EPOLLOUT | EPOLLET, on_readable, s) <
		0)
		session_broken("no memory", "connection");
	return 0;
}

void session_applied(struct session *s, uint64_t number)
{
	if (!s->awaited || number < s->awaited)
		return;
	s->awaited = 0;
	if (s->new_call)
		call_again(s);
	finish(s);
	read_messages(s);
}

int session_start(
	struct session *s, sd_event *ev, const char *path, const struct session_config *config)
{
	int rc;

	*s = (struct session){.config = *config, .ev = ev, .sock = {.fd = -1}};
	vu_back_init(&s->back, config->offer.queues);
	s->listen_fd = vu_sock_listen(path);
	if (s->listen_fd < 0)
		return s->listen_fd;
	rc = sd_event_add_io(ev, &s->listen_source, s->listen_fd, EPOLLIN, on_connect, s);
	return rc < 0 ? rc : 0;
}
