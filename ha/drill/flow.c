/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One direction of numbered traffic: sends a packet, records arrivals.
 *
 * flow_send() runs on the probe's sender thread, flow_drain() on its receiver thread; everything
 * else on the main thread. The receiving kernel stamps each packet, so when the receiver gets the
 * CPU does not matter.
 */
#include "ha/drill/flow.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FLOW_MAGIC 0x56445231u /* "VDR1" */
#define PACKET_BYTES 64
#define BATCH 64
#define SOCKET_BUFFER_BYTES (32 << 20)
#define NS_PER_S 1000000000LL

static int __attribute__((format(printf, 3, 4))) refuse(char *fault, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault, ENV_FAULT_BYTES, fmt, ap);
	va_end(ap);
	return rc;
}

static void put_u32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get_u32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static void packet_write(uint8_t *packet, uint32_t epoch, uint64_t seq)
{
	put_u32(packet, FLOW_MAGIC);
	put_u32(packet + 4, epoch);
	put_u32(packet + 8, (uint32_t)(seq >> 32));
	put_u32(packet + 12, (uint32_t)seq);
}

static bool packet_read(const uint8_t *packet, size_t len_bytes, uint32_t epoch, uint64_t *seq)
{
	if (len_bytes != PACKET_BYTES || get_u32(packet) != FLOW_MAGIC ||
		get_u32(packet + 4) != epoch)
		return false;
	*seq = (uint64_t)get_u32(packet + 8) << 32 | get_u32(packet + 12);
	return true;
}

/* Opens a UDP socket bound to address inside netns; this thread is back in its own namespace
 * afterwards. */
static int socket_in(const char *netns, const struct addrinfo *address, char *fault)
{
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = open(netns, O_RDONLY | O_CLOEXEC);
	int fd = -1, rc = 0;

	if (home < 0 || there < 0 || setns(there, CLONE_NEWNET) < 0) {
		rc = refuse(fault, -errno,
			"cannot enter network namespace %.80s: %s; run as root "
			"with the lab up",
			netns, strerror(errno));
		goto out;
	}
	fd = socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, address->ai_addr, address->ai_addrlen) < 0)
		rc = refuse(fault, -errno, "cannot bind in %.80s: %s; is the address up there?",
			netns, strerror(errno));
	if (setns(home, CLONE_NEWNET) < 0)
		rc = refuse(fault, -errno, "cannot return from %.80s: %s", netns, strerror(errno));
out:
	if (rc < 0 && fd >= 0)
		close(fd);
	if (home >= 0)
		close(home);
	if (there >= 0)
		close(there);
	return rc < 0 ? rc : fd;
}

static int bound_socket(const char *netns, const char *text, char *fault)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_DGRAM};
	struct addrinfo *address;
	int rc = getaddrinfo(text, "0", &hints, &address);

	if (rc != 0)
		return refuse(fault, -EINVAL, "'%.60s' is not a numeric address: %s", text,
			gai_strerror(rc));
	rc = socket_in(netns, address, fault);
	freeaddrinfo(address);
	return rc;
}

static int connect_to(int fd, int peer)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (getsockname(peer, (struct sockaddr *)&address, &len) < 0 ||
		connect(fd, (struct sockaddr *)&address, len) < 0)
		return -errno;
	return 0;
}

/* The buffer holds what arrives while the receiver waits for the CPU. A process that may not exceed
 * the system's limit gets what that allows. */
static int set_options(int rx_fd)
{
	int bytes = SOCKET_BUFFER_BYTES, on = 1;

	if (setsockopt(rx_fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0 &&
		setsockopt(rx_fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) < 0)
		return -errno;
	if (setsockopt(rx_fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

static int open_sockets(struct flow *flow, char *fault)
{
	const struct env_traffic *t = flow->traffic;
	bool to_client = flow->direction == PROBE_TO_CLIENT;
	int rc;

	flow->tx_fd = bound_socket(to_client ? t->outside_netns : t->client_netns,
		to_client ? t->outside_address : t->client_address, fault);
	if (flow->tx_fd < 0)
		return flow->tx_fd;
	flow->rx_fd = bound_socket(to_client ? t->client_netns : t->outside_netns,
		to_client ? t->client_address : t->outside_address, fault);
	if (flow->rx_fd < 0)
		return flow->rx_fd;
	rc = connect_to(flow->tx_fd, flow->rx_fd);
	if (rc == 0)
		rc = connect_to(flow->rx_fd, flow->tx_fd);
	if (rc == 0)
		rc = set_options(flow->rx_fd);
	if (rc < 0)
		refuse(fault, rc, "cannot set up the traffic of %.60s: %s", t->adapter,
			strerror(-rc));
	return rc;
}

int flow_open(struct flow *flow, const struct env_traffic *traffic, enum probe_direction direction,
	size_t max_records, char fault[ENV_FAULT_BYTES])
{
	int rc;

	memset(flow, 0, sizeof(*flow));
	flow->traffic = traffic;
	flow->direction = direction;
	flow->tx_fd = flow->rx_fd = -1;
	flow->max_records = max_records;
	flow->records = malloc(max_records * sizeof(*flow->records));
	if (!flow->records)
		return refuse(fault, -ENOMEM, "no memory for %zu packets", max_records);
	memset(flow->records, 0, max_records * sizeof(*flow->records));
	rc = open_sockets(flow, fault);
	if (rc < 0)
		flow_close(flow);
	return rc;
}

void flow_close(struct flow *flow)
{
	if (flow->tx_fd >= 0)
		close(flow->tx_fd);
	if (flow->rx_fd >= 0)
		close(flow->rx_fd);
	free(flow->records);
	flow->records = NULL;
	flow->tx_fd = flow->rx_fd = -1;
}

void flow_reset(struct flow *flow, uint32_t epoch)
{
	flow->epoch = epoch;
	flow->n_records = 0;
	flow->overflow = false;
	flow->window = (struct trace_window){0};
	atomic_store(&flow->next_seq, 0);
	atomic_store(&flow->arrived, 0);
	atomic_store(&flow->send_errors, 0);
}

void flow_send(struct flow *flow, uint64_t seq)
{
	uint8_t packet[PACKET_BYTES] = {0};

	packet_write(packet, flow->epoch, seq);
	/* Before the send: a packet that arrives is never one that the window does not know of. */
	atomic_store_explicit(&flow->next_seq, seq + 1, memory_order_release);
	if (send(flow->tx_fd, packet, PACKET_BYTES, MSG_DONTWAIT) != PACKET_BYTES)
		atomic_fetch_add_explicit(&flow->send_errors, 1, memory_order_relaxed);
}

static bool stamp_of(struct msghdr *msg, int64_t *at_ns)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct timespec ts;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		*at_ns = ts.tv_sec * NS_PER_S + ts.tv_nsec;
		return true;
	}
	return false;
}

/* A fault of several steps, each waited for on a busy machine, outlasts every window. */
static bool more_records(struct flow *flow)
{
	const size_t max_records = flow->max_records * 2;
	struct trace_record *records;

	if (max_records > FLOW_RECORDS_MAX)
		return false;
	records = realloc(flow->records, max_records * sizeof(*records));
	if (!records)
		return false;
	flow->records = records;
	flow->max_records = max_records;
	return true;
}

static void record(struct flow *flow, const uint8_t *packet, size_t len_bytes, struct msghdr *msg)
{
	struct trace_record r;

	if (!packet_read(packet, len_bytes, flow->epoch, &r.seq) || !stamp_of(msg, &r.at_ns))
		return;
	if (flow->n_records == flow->max_records && !more_records(flow)) {
		flow->overflow = true;
		return;
	}
	flow->records[flow->n_records++] = r;
	atomic_fetch_add_explicit(&flow->arrived, 1, memory_order_relaxed);
}

void flow_drain(struct flow *flow)
{
	static uint8_t data[BATCH][PACKET_BYTES + 8]; /* one receiver thread in the process */
	static uint8_t control[BATCH][CMSG_SPACE(sizeof(struct timespec))]
		__attribute__((aligned(8)));
	struct iovec iov[BATCH];
	struct mmsghdr msgs[BATCH];
	int n;

	do {
		for (int i = 0; i < BATCH; i++) {
			iov[i] = (struct iovec){data[i], sizeof(data[i])};
			msgs[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i],
				.msg_iovlen = 1,
				.msg_control = control[i],
				.msg_controllen = sizeof(control[i])};
		}
		n = recvmmsg(flow->rx_fd, msgs, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			record(flow, data[i], msgs[i].msg_len, &msgs[i].msg_hdr);
	} while (n == BATCH);
}
