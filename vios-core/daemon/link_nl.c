// SPDX-License-Identifier: BSD-3-Clause
/*
 * link_nl.c - the only file that knows libnl. Runs on viosd's one thread; the struct owns the
 * netlink socket.
 *
 * The kernel tells every change of a link's flags at once. When notifications were lost (the
 * socket's buffer ran over) or anything else went wrong, the link is asked for again instead.
 */
#include "vios-core/daemon/link_nl.h"

#include "vios-core/base/log.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

struct link_nl {
	struct nl_sock *socket;
	sd_event_source *readable;
	char iface[IFNAMSIZ];
	int ifindex; /* 0: there is none of that name */
	enum link_state state;
	void (*changed)(void *user);
	void *user;
};

static void set_state(struct link_nl *link, enum link_state state)
{
	if (state == link->state)
		return;
	link->state = state;
	log_debug("uplink-carrier", "iface=%s link=%s", link->iface, link_state_name(state));
	link->changed(link->user);
}

/* IFF_LOWER_UP is the carrier itself; IFF_RUNNING follows it a moment later (RFC 2863 operational
 * state). */
static void on_link(struct nl_object *object, void *user)
{
	struct link_nl *link = user;
	struct rtnl_link *reported = (struct rtnl_link *)object;
	const char *name = rtnl_link_get_name(reported);
	unsigned flags = rtnl_link_get_flags(reported);
	int ifindex = rtnl_link_get_ifindex(reported);

	if (!name || strcmp(name, link->iface) != 0) {
		if (ifindex == link->ifindex) { /* it was renamed */
			link->ifindex = 0;
			set_state(link, LINK_DOWN);
		}
		return;
	}
	if (nl_object_get_msgtype(object) == RTM_DELLINK) {
		if (ifindex == link->ifindex) {
			link->ifindex = 0;
			set_state(link, LINK_DOWN);
		}
		return;
	}
	link->ifindex = ifindex;
	set_state(link, (flags & IFF_UP) && (flags & IFF_LOWER_UP) ? LINK_UP : LINK_DOWN);
}

static int on_message(struct nl_msg *message, void *user)
{
	int type = nlmsg_hdr(message)->nlmsg_type;

	/* A bridge tells of its ports in the same messages, with a family of its own. */
	if (type == RTM_NEWLINK || type == RTM_DELLINK) {
		const struct ifinfomsg *info = nlmsg_data(nlmsg_hdr(message));
		if (nlmsg_datalen(nlmsg_hdr(message)) >= (int)sizeof(*info) &&
			info->ifi_family == AF_UNSPEC)
			nl_msg_parse(message, on_link, user);
	}
	return NL_OK;
}

/* The answer comes like a notification. */
static int ask(struct link_nl *link)
{
	struct rtgenmsg all = {.rtgen_family = AF_UNSPEC};
	int r = nl_send_simple(link->socket, RTM_GETLINK, NLM_F_DUMP, &all, sizeof(all));

	return r < 0 ? -EIO : 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct link_nl *link = user;
	int r = nl_recvmsgs_default(link->socket);

	if (r < 0 && r != -NLE_AGAIN) {
		log_warn("uplink-netlink", "error=\"%s\" asked=again", nl_geterror(r));
		if (ask(link) < 0) {
			log_error("uplink-netlink", "iface=%s carrier=unwatched", link->iface);
			sd_event_source_set_enabled(source, SD_EVENT_OFF);
			set_state(link, LINK_UNKNOWN);
		}
	}
	return 0;
}

static int open_socket(struct link_nl *link)
{
	link->socket = nl_socket_alloc();
	if (!link->socket)
		return -ENOMEM;
	nl_socket_disable_seq_check(link->socket);
	if (nl_socket_modify_cb(link->socket, NL_CB_VALID, NL_CB_CUSTOM, on_message, link) < 0)
		return -ENOMEM;
	if (nl_connect(link->socket, NETLINK_ROUTE) < 0)
		return -EPROTONOSUPPORT;
	if (nl_socket_add_membership(link->socket, RTNLGRP_LINK) < 0 ||
		nl_socket_set_nonblocking(link->socket) < 0)
		return -EPERM;
	return ask(link);
}

int link_nl_new(sd_event *ev, const char *iface, void (*changed)(void *user), void *user,
	struct link_nl **out)
{
	struct link_nl *link = calloc(1, sizeof(*link));
	int r;

	if (!link)
		return -ENOMEM;
	snprintf(link->iface, sizeof(link->iface), "%s", iface);
	link->changed = changed;
	link->user = user;
	r = open_socket(link);
	if (r == 0)
		r = sd_event_add_io(ev, &link->readable, nl_socket_get_fd(link->socket), EPOLLIN,
			on_readable, link);
	if (r == 0)
		*out = link;
	else
		link_nl_free(link);
	return r;
}

void link_nl_free(struct link_nl *link)
{
	if (!link)
		return;
	sd_event_source_disable_unref(link->readable);
	if (link->socket)
		nl_socket_free(link->socket);
	free(link);
}

enum link_state link_nl_state(const struct link_nl *link)
{
	return link ? link->state : LINK_UNKNOWN;
}
