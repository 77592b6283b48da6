/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watches one kernel interface by rtnetlink: net_af_packet and its like always claim that their
 * link is up. Main thread. The watch owns its socket and event source.
 */
#include "net/link.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <sys/epoll.h>

struct link_watch {
	struct nl_sock *socket;
	sd_event_source *source;
	unsigned ifindex;
	bool up;
	void (*fn)(bool up, void *user);
	void *user;
};

bool link_watch_up(const struct link_watch *watch)
{
	return watch->up;
}

static void set(struct link_watch *watch, bool up)
{
	if (watch->up == up)
		return;
	watch->up = up;
	if (watch->fn)
		watch->fn(up, watch->user);
}

static int on_message(struct nl_msg *msg, void *arg)
{
	struct link_watch *watch = arg;
	struct nlmsghdr *header = nlmsg_hdr(msg);
	const struct ifinfomsg *info;

	if (header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK)
		return NL_OK;
	if (!nlmsg_valid_hdr(header, sizeof(*info)))
		return NL_OK;
	info = nlmsg_data(header);
	if ((unsigned)info->ifi_index != watch->ifindex)
		return NL_OK;
	set(watch, header->nlmsg_type == RTM_NEWLINK && (info->ifi_flags & IFF_UP) &&
			   (info->ifi_flags & IFF_LOWER_UP));
	return NL_OK;
}

static int ask(struct link_watch *watch)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = (int)watch->ifindex};

	return nl_send_simple(watch->socket, RTM_GETLINK, 0, &info, sizeof(info)) < 0 ? -EIO : 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct link_watch *watch = user;
	int rc = nl_recvmsgs_default(watch->socket);

	/* A burst of changes elsewhere may have pushed ours out of the socket's buffer. */
	if (rc == -NLE_NOMEM)
		ask(watch);
	else if (rc < 0 && rc != -NLE_AGAIN)
		set(watch, false); /* RTM_GETLINK was answered with an error: no such interface */
	return 0;
}

static int open_socket(struct link_watch *watch)
{
	if (nl_connect(watch->socket, NETLINK_ROUTE))
		return -EIO;
	nl_socket_disable_seq_check(watch->socket);
	nl_socket_modify_cb(watch->socket, NL_CB_VALID, NL_CB_CUSTOM, on_message, watch);
	if (nl_socket_add_membership(watch->socket, RTNLGRP_LINK))
		return -EIO;
	nl_socket_disable_auto_ack(watch->socket);
	if (ask(watch))
		return -EIO;
	/* The first answer is there at once: the kernel writes it while we ask. */
	nl_recvmsgs_default(watch->socket);
	return nl_socket_set_nonblocking(watch->socket) ? -EIO : 0;
}

int link_watch_new(sd_event *ev, unsigned ifindex, void (*fn)(bool up, void *user), void *user,
	struct link_watch **out)
{
	struct link_watch *watch = calloc(1, sizeof(*watch));
	int rc = -ENOMEM;

	if (!watch)
		return -ENOMEM;
	watch->ifindex = ifindex;
	watch->socket = nl_socket_alloc();
	if (!watch->socket)
		goto free_watch;
	rc = open_socket(watch);
	if (!rc)
		rc = sd_event_add_io(ev, &watch->source, nl_socket_get_fd(watch->socket), EPOLLIN,
			on_readable, watch);
	if (rc < 0)
		goto free_watch;
	watch->fn = fn;
	watch->user = user;
	*out = watch;
	return 0;

free_watch:
	link_watch_free(watch);
	return rc;
}

void link_watch_free(struct link_watch *watch)
{
	if (!watch)
		return;
	sd_event_source_disable_unref(watch->source);
	nl_socket_free(watch->socket);
	free(watch);
}
