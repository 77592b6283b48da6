/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nf_tap.c - frames between a TAP device and the native driver. One thread; owns the TAP
 * descriptor. While the transmit ring is full the TAP is not read, as a driver stops its queue.
 */
#include "tests/lib/nfront/nf_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define RETRY_NS 500000u

/* A TUN descriptor belongs to the namespace in which /dev/net/tun was opened. */
static int tap_open(const char *name, const char *netns)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = netns ? open(netns, O_RDONLY | O_CLOEXEC) : -1;
	int fd = -1, err = 0;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (home < 0 || (netns && (there < 0 || setns(there, CLONE_NEWNET) < 0)))
		err = -errno;
	if (!err) {
		fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0)
			err = -errno;
	}
	if (netns && home >= 0 && setns(home, CLONE_NEWNET) < 0 && !err)
		err = -errno;
	if (there >= 0)
		close(there);
	if (home >= 0)
		close(home);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

struct bridge {
	struct nfront *nf;
	int tap;
	uint8_t waiting[NF_BUFFER_BYTES]; /* read from the TAP, not in the ring yet */
	size_t waiting_bytes;
	uint64_t to_client, from_client;
};

/* true: the ring is full, look again soon. */
static bool from_tap(struct bridge *b)
{
	for (;;) {
		if (b->waiting_bytes == 0) {
			ssize_t n = read(b->tap, b->waiting, sizeof(b->waiting) - NF_NET_HEADER);

			if (n <= 0)
				return false;
			b->waiting_bytes = (size_t)n;
		}
		if (nfront_send(b->nf, 0, b->waiting, b->waiting_bytes) == -EAGAIN)
			return true;
		b->waiting_bytes = 0;
		b->from_client++;
	}
}

static void to_tap(struct bridge *b)
{
	uint8_t buf[NF_BUFFER_BYTES];
	size_t n;

	while ((n = nfront_recv(b->nf, 0, buf, sizeof(buf))) > 0)
		if (write(b->tap, buf, n) == (ssize_t)n)
			b->to_client++;
}

int nf_tap_run(struct nfront *nf, const char *tap, const char *netns, uint64_t seconds)
{
	uint64_t end_ns = nfront_now_ns() + seconds * UINT64_C(1000000000);
	struct bridge b = {.nf = nf, .tap = tap_open(tap, netns)};
	struct epoll_event ev = {.events = EPOLLIN};
	int both = epoll_create1(EPOLL_CLOEXEC), err = 0;

	if (b.tap < 0 || both < 0)
		err = b.tap < 0 ? b.tap : -errno;
	if (!err && epoll_ctl(both, EPOLL_CTL_ADD, b.tap, &ev) < 0)
		err = -errno;
	ev.data.u32 = 1; /* whatever stdin says: stop */
	/* EPERM: a file or /dev/null, which never says anything. */
	if (!err && epoll_ctl(both, EPOLL_CTL_ADD, STDIN_FILENO, &ev) < 0 && errno != EPERM)
		err = -errno;
	while (!err && (!seconds || nfront_now_ns() < end_ns)) {
		bool full = from_tap(&b);
		struct epoll_event got[2];
		int n;

		to_tap(&b);
		nfront_wait(nf, full ? -1 : both, full ? RETRY_NS : 100000000u);
		n = epoll_wait(both, got, 2, 0);
		if (n > 0 && (got[0].data.u32 || (n > 1 && got[1].data.u32)))
			break;
	}
	printf("{\"to_client\": %" PRIu64 ", \"from_client\": %" PRIu64 ", \"violations\": %" PRIu64
	       "}\n",
		b.to_client, b.from_client, nfront_violations(nf));
	if (b.tap >= 0)
		close(b.tap);
	if (both >= 0)
		close(both);
	return err;
}
