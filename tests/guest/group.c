/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * group.c - `group DEV ADDRESS PORT`, for test guests: joins the multicast group ADDRESS (IPv4 or
 * IPv6) on DEV and prints what is sent to it, one datagram a line, until it is killed. Its socket
 * is bound to the port alone, so what the kernel lets through of other groups is printed, too.
 * Static. One thread.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int fail(const char *what)
{
	fprintf(stderr, "group: %s: %s\n", what, strerror(errno));
	return -1;
}

static int open_v4(unsigned dev, const char *address, uint16_t port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct ip_mreqn want = {.imr_ifindex = (int)dev};
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (inet_pton(AF_INET, address, &want.imr_multiaddr) != 1)
		return fail(address);
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)))
		return fail("bind");
	if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &want, sizeof(want)))
		return fail("join");
	return fd;
}

static int open_v6(unsigned dev, const char *address, uint16_t port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct ipv6_mreq want = {.ipv6mr_interface = dev};
	const int fd = socket(AF_INET6, SOCK_DGRAM, 0), yes = 1;

	if (inet_pton(AF_INET6, address, &want.ipv6mr_multiaddr) != 1)
		return fail(address);
	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)) ||
		bind(fd, (struct sockaddr *)&any, sizeof(any)))
		return fail("bind");
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &want, sizeof(want)))
		return fail("join");
	return fd;
}

int main(int argc, char **argv)
{
	const unsigned dev = argc == 4 ? if_nametoindex(argv[1]) : 0;
	char text[2048];
	ssize_t n;
	int fd;

	if (!dev) {
		fprintf(stderr, "group: give a device, a group's address and a port\n");
		return 2;
	}
	fd = (strchr(argv[2], ':') ? open_v6 : open_v4)(
		dev, argv[2], (uint16_t)strtoul(argv[3], NULL, 10));
	if (fd < 0)
		return 1;
	puts("joined");
	fflush(stdout);
	while ((n = recv(fd, text, sizeof(text), 0)) >= 0) {
		printf("%.*s\n", (int)n, text);
		fflush(stdout);
	}
	return fail("recv") ? 1 : 0;
}
