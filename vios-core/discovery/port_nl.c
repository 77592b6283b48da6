// SPDX-License-Identifier: BSD-3-Clause
/*
 * port_nl.c - keeps the table of interfaces, with libnl. Runs on viosd's one thread; the struct
 * owns the netlink socket and the table.
 *
 * The kernel sends every change. When some were lost (the socket's buffer ran over) all are asked
 * for again; whoever is not in the answer has gone. What was in the buffer before the answer is old
 * and proves nothing; what comes between its parts may be newer than it.
 */
#include "vios-core/discovery/port_nl.h"

#include "vios-core/base/log.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define REFUSALS_MAX 5

struct port_nl {
	struct nl_sock *socket;
	sd_event_source *readable;
	struct port_facts list[PORT_NL_MAX];
	bool seen[PORT_NL_MAX]; /* since the answer began */
	size_t n;
	bool asking, answering; /* for all: from the question, from the answer's first part, on */
	bool again;		/* some were lost meanwhile */
	unsigned refusals;	/* in a row */
	bool news;
	void (*changed)(void *user);
	void *user;
};

/* Where ifindex is, or would be. */
static size_t place(const struct port_nl *ports, int ifindex)
{
	size_t i = 0;

	while (i < ports->n && ports->list[i].ifindex < ifindex)
		i++;
	return i;
}

static void forget(struct port_nl *ports, size_t i)
{
	size_t after = --ports->n - i;

	memmove(&ports->list[i], &ports->list[i + 1], after * sizeof(ports->list[0]));
	memmove(&ports->seen[i], &ports->seen[i + 1], after * sizeof(ports->seen[0]));
	ports->news = true;
}

static bool insert(struct port_nl *ports, size_t i, int ifindex)
{
	if (ports->n == PORT_NL_MAX) {
		log_debug("port-left-out", "ifindex=%d limit=%d", ifindex, PORT_NL_MAX);
		return false;
	}
	memmove(&ports->list[i + 1], &ports->list[i], (ports->n - i) * sizeof(ports->list[0]));
	memmove(&ports->seen[i + 1], &ports->seen[i], (ports->n - i) * sizeof(ports->seen[0]));
	ports->n++;
	ports->list[i] = (struct port_facts){.ifindex = ifindex};
	return true;
}

static void copy_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

/* Every byte of facts is set: they are compared so. */
static void read_facts(struct rtnl_link *link, struct port_facts *facts)
{
	struct nl_addr *address = rtnl_link_get_addr(link);

	memset(facts, 0, sizeof(*facts));
	facts->ifindex = rtnl_link_get_ifindex(link);
	facts->mtu = rtnl_link_get_mtu(link);
	facts->up = rtnl_link_get_flags(link) & IFF_UP;
	facts->carrier = rtnl_link_get_flags(link) & IFF_LOWER_UP;
	copy_text(facts->name, sizeof(facts->name), rtnl_link_get_name(link));
	copy_text(facts->kind, sizeof(facts->kind), rtnl_link_get_type(link));
	if (address && nl_addr_get_len(address) == sizeof(facts->mac))
		memcpy(facts->mac, nl_addr_get_binary_addr(address), sizeof(facts->mac));
}

static void keep(struct port_nl *ports, size_t i, struct port_facts *now)
{
	const struct port_facts *old = &ports->list[i];

	if (old->asked && strcmp(old->name, now->name) == 0 && old->carrier == now->carrier &&
		old->up == now->up) {
		now->asked = true;
		memcpy(now->driver, old->driver, sizeof(now->driver));
		memcpy(now->bus, old->bus, sizeof(now->bus));
		memcpy(now->permanent_mac, old->permanent_mac, sizeof(now->permanent_mac));
		now->speed_mbit = old->speed_mbit;
	}
	if (memcmp(old, now, sizeof(*old)) != 0) {
		memcpy(&ports->list[i], now, sizeof(*now));
		ports->news = true;
	}
}

static void on_link(struct nl_object *object, void *user)
{
	struct port_nl *ports = user;
	struct rtnl_link *link = (struct rtnl_link *)object;
	int ifindex = rtnl_link_get_ifindex(link);
	size_t i = place(ports, ifindex);
	bool known = i < ports->n && ports->list[i].ifindex == ifindex;

	if (nl_object_get_msgtype(object) == RTM_DELLINK ||
		rtnl_link_get_arptype(link) != ARPHRD_ETHER) {
		if (known)
			forget(ports, i);
		return;
	}
	if (!known && !insert(ports, i, ifindex))
		return;
	struct port_facts now;
	read_facts(link, &now);
	keep(ports, i, &now);
	ports->seen[i] = ports->answering;
}

static int on_message(struct nl_msg *message, void *user)
{
	int type = nlmsg_hdr(message)->nlmsg_type;
	const struct ifinfomsg *info = nlmsg_data(nlmsg_hdr(message));
	struct port_nl *ports = user;

	if (ports->asking && nlmsg_hdr(message)->nlmsg_flags & NLM_F_MULTI &&
		nlmsg_hdr(message)->nlmsg_pid == nl_socket_get_local_port(ports->socket))
		ports->answering = true;
	/* A bridge tells of its ports in the same messages, with a family of its own. */
	if ((type == RTM_NEWLINK || type == RTM_DELLINK) &&
		nlmsg_datalen(nlmsg_hdr(message)) >= (int)sizeof(*info) &&
		info->ifi_family == AF_UNSPEC)
		nl_msg_parse(message, on_link, user);
	return NL_OK;
}

/* The answer comes like a notification. One at a time: the kernel refuses a second question. */
static int ask(struct port_nl *ports)
{
	struct rtgenmsg all = {.rtgen_family = AF_UNSPEC};

	ports->again = ports->asking;
	if (ports->asking)
		return 0;
	memset(ports->seen, 0, sizeof(ports->seen));
	ports->answering = false;
	if (nl_send_simple(ports->socket, RTM_GETLINK, NLM_F_DUMP, &all, sizeof(all)) < 0)
		return -EIO;
	ports->asking = true;
	return 0;
}

/* The end of an answer. */
static int on_finish(struct nl_msg *message, void *user)
{
	struct port_nl *ports = user;

	ports->asking = ports->answering = false;
	ports->refusals = 0;
	if (ports->again)
		return ask(ports) < 0 ? -NLE_FAILURE : NL_OK;
	for (size_t i = ports->n; i-- > 0;)
		if (!ports->seen[i])
			forget(ports, i);
	return NL_OK;
}

/* Messages were lost, or the question was refused. */
static int mend(struct port_nl *ports, int error)
{
	log_debug("ports-netlink", "error=\"%s\" asked=again", nl_geterror(error));
	if (error != -NLE_NOMEM) { /* ENOBUFS: an answer goes on */
		ports->asking = false;
		ports->refusals++;
	}
	return ports->refusals > REFUSALS_MAX ? -EIO : ask(ports);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct port_nl *ports = user;
	int r = nl_recvmsgs_default(ports->socket);

	if (r < 0 && r != -NLE_AGAIN && mend(ports, r) < 0) {
		log_error("ports-netlink", "ports=unwatched error=\"%s\"", nl_geterror(r));
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	if (ports->news) {
		ports->news = false;
		ports->changed(ports->user);
	}
	return 0;
}

static int open_socket(struct port_nl *ports)
{
	ports->socket = nl_socket_alloc();
	if (!ports->socket)
		return -ENOMEM;
	nl_socket_disable_seq_check(ports->socket);
	if (nl_socket_modify_cb(ports->socket, NL_CB_VALID, NL_CB_CUSTOM, on_message, ports) < 0 ||
		nl_socket_modify_cb(ports->socket, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, ports) <
			0)
		return -ENOMEM;
	if (nl_connect(ports->socket, NETLINK_ROUTE) < 0)
		return -EPROTONOSUPPORT;
	if (nl_socket_add_membership(ports->socket, RTNLGRP_LINK) < 0 ||
		nl_socket_set_nonblocking(ports->socket) < 0)
		return -EPERM;
	return ask(ports);
}

int port_nl_new(sd_event *ev, void (*changed)(void *user), void *user, struct port_nl **out)
{
	struct port_nl *ports = calloc(1, sizeof(*ports));

	if (!ports)
		return -ENOMEM;
	ports->changed = changed;
	ports->user = user;
	int r = open_socket(ports);
	if (r == 0)
		r = sd_event_add_io(ev, &ports->readable, nl_socket_get_fd(ports->socket), EPOLLIN,
			on_readable, ports);
	if (r < 0) {
		port_nl_free(ports);
		return r;
	}
	*out = ports;
	return 0;
}

void port_nl_free(struct port_nl *ports)
{
	if (!ports)
		return;
	sd_event_source_disable_unref(ports->readable);
	if (ports->socket)
		nl_socket_free(ports->socket);
	free(ports);
}

struct port_facts *port_nl_list(struct port_nl *ports, size_t *n)
{
	*n = ports ? ports->n : 0;
	return *n ? ports->list : NULL;
}
