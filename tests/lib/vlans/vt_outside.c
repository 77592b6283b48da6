/* SPDX-License-Identifier: BSD-3-Clause */
/* vt_outside.c - see vt_outside.h. A packet socket; the kernel takes the tag off what arrives and
 * tells of it beside. The caller owns the descriptor. */
#include "tests/lib/vlans/vt_outside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define QUEUE_BYTES (32 << 20) /* more than arrives while this process waits for a CPU */

static int enter(const char *netns)
{
	const int fd = open(netns, O_RDONLY | O_CLOEXEC);
	const int rc = fd < 0 || setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

int vt_outside_open(const char *netns, const char *interface)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int rc = enter(netns), fd;

	if (rc < 0)
		return rc;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	at.sll_ifindex = (int)if_nametoindex(interface);
	if (at.sll_ifindex == 0)
		rc = -ENODEV;
	if (!rc)
		rc = set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	if (!rc)
		rc = set(fd, SOL_PACKET, PACKET_AUXDATA, 1);
	if (!rc)
		rc = set(fd, SOL_SOCKET, SO_RCVBUFFORCE, QUEUE_BYTES);
	if (!rc && bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		rc = -errno;
	if (rc)
		close(fd);
	return rc ? rc : fd;
}

int vt_outside_send(int fd, unsigned vlan, const uint8_t *frame, size_t len_bytes)
{
	uint8_t tag[4] = {0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan};
	struct iovec parts[3] = {{(void *)(uintptr_t)frame, 12}, {tag, vlan ? sizeof(tag) : 0},
		{(void *)(uintptr_t)(frame + 12), len_bytes - 12}};

	return writev(fd, parts, 3) < 0 ? -errno : 0;
}

static unsigned tag_of(struct msghdr *message)
{
	struct tpacket_auxdata aux;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		return aux.tp_status & TP_STATUS_VLAN_VALID ? aux.tp_vlan_tci & 0xFFF : 0;
	}
	return 0;
}

size_t vt_outside_recv(int fd, uint8_t *frame, size_t size, unsigned *vlan)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} room;
	struct iovec iov = {frame, size};
	struct msghdr message = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &room,
		.msg_controllen = sizeof(room)};
	ssize_t n;

	do
		n = recvmsg(fd, &message, 0);
	while (n < 0 && (errno == EINTR || errno == ENETDOWN)); /* told once, after it was down */
	*vlan = n > 0 ? tag_of(&message) : 0;
	return n > 0 ? (size_t)n : 0;
}
