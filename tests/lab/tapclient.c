/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tapclient.c - lab-tapclient: a client partition without a guest. Drives a client adapter's
 * vhost-user socket as a virtio-net driver (DPDK virtio-user) and hands the frames to a TAP device
 * in a namespace and back, so that ping and iperf3 there use the pair like a guest would.
 *
 * One thread. It owns the port, the TAP descriptor and the frames that wait for room in the
 * transmit ring. It sleeps in epoll on the TAP and on the receive interrupt. While the ring is full
 * it does not read the TAP, as a driver stops its queue, so what is sent during a switch waits
 * instead of being lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define BURST 32
#define MBUFS 2047
#define FRAME_MAX 2048
#define SEGMENTS_MAX 16
#define RETRY_MS 1
#define LOOK_MS 1000

struct options {
	const char *socket, *mac, *tap, *netns, *prefix;
	bool no_huge;
	unsigned ring_size;
};

struct client {
	uint16_t port;
	int tap_fd, intr_fd, epoll_fd;
	struct rte_mempool *pool;
	struct rte_mbuf *waiting[BURST]; /* read from the TAP, not in the ring yet */
	uint16_t n_waiting;
	time_t looked_s; /* when the link was last looked at */
	uint64_t to_client, from_client, dropped;
};

static volatile sig_atomic_t stopping;

static void on_signal(int signo)
{
	(void)signo;
	stopping = 1;
}

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list ap;

	fputs("lab-tapclient: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void usage(FILE *to)
{
	fputs("usage: lab-tapclient --socket PATH --mac MAC --tap NAME [--netns FILE] [--ring-size "
	      "N]\n"
	      "                     [--file-prefix NAME] [--no-huge]\n"
	      "Connects to the vhost-user socket PATH and to the existing TAP device NAME.\n",
		to);
}

static struct options parse(int argc, char **argv)
{
	static const struct option longs[] = {{"socket", 1, NULL, 's'}, {"mac", 1, NULL, 'm'},
		{"tap", 1, NULL, 't'}, {"netns", 1, NULL, 'n'}, {"file-prefix", 1, NULL, 'p'},
		{"ring-size", 1, NULL, 'r'}, {"no-huge", 0, NULL, 'H'}, {"help", 0, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	struct options o = {.prefix = "tapclient", .ring_size = 256};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			o.socket = optarg;
			break;
		case 'm':
			o.mac = optarg;
			break;
		case 't':
			o.tap = optarg;
			break;
		case 'n':
			o.netns = optarg;
			break;
		case 'p':
			o.prefix = optarg;
			break;
		case 'r':
			o.ring_size = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'H':
			o.no_huge = true;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (!o.socket || !o.mac || !o.tap || optind != argc) {
		usage(stderr);
		exit(2);
	}
	return o;
}

/* A TUN descriptor belongs to the namespace in which /dev/net/tun was opened. */
static int tap_open(const char *name, const char *netns)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = netns ? open(netns, O_RDONLY | O_CLOEXEC) : -1;
	int fd;

	if (netns && (there < 0 || setns(there, CLONE_NEWNET) < 0))
		die("--netns %s: %s; name a file of /run/netns", netns, strerror(errno));
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0)
		die("--tap %s: %s; is it in use?", name, strerror(errno));
	if (netns && setns(home, CLONE_NEWNET) < 0)
		die("cannot return to the own network namespace: %s", strerror(errno));
	close(home);
	if (there >= 0)
		close(there);
	return fd;
}

static void eal_start(const struct options *o)
{
	char vdev[256];
	char *args[24] = {"lab-tapclient", "-l", "0", "--no-pci", "--no-telemetry", "--file-prefix",
		(char *)o->prefix, "--log-level", "4", "-m", "32", "--vdev", vdev};
	int n = 13;

	/* One segment file: the vhost-user protocol has room for eight memory regions. */
	if (o->no_huge) {
		args[n++] = "--no-huge";
		args[n++] = "--no-shconf";
	} else {
		args[n++] = "--in-memory";
		args[n++] = "--single-file-segments";
	}
	if (snprintf(vdev, sizeof(vdev), "net_virtio_user0,path=%s,mac=%s,queue_size=%u,queues=1",
		    o->socket, o->mac, o->ring_size) >= (int)sizeof(vdev))
		die("--socket %s: too long", o->socket);
	if (rte_eal_init(n, args) < 0)
		die("DPDK does not start: %s; are there free hugepages (nr_hugepages), or use "
		    "--no-huge",
			rte_strerror(rte_errno));
	if (rte_eth_dev_count_avail() != 1)
		die("--socket %s: cannot connect; start the client's viomuxd first", o->socket);
}

static void port_start(struct client *c, unsigned ring_size)
{
	struct rte_eth_conf conf = {.intr_conf.rxq = 1};
	int err;

	c->port = (uint16_t)rte_eth_find_next(0);
	c->pool = rte_pktmbuf_pool_create(
		"frames", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (!c->pool)
		die("no memory for %d frames: %s", MBUFS, rte_strerror(rte_errno));
	err = rte_eth_dev_configure(c->port, 1, 1, &conf);
	if (!err)
		err = rte_eth_rx_queue_setup(
			c->port, 0, (uint16_t)ring_size, SOCKET_ID_ANY, NULL, c->pool);
	if (!err)
		err = rte_eth_tx_queue_setup(c->port, 0, (uint16_t)ring_size, SOCKET_ID_ANY, NULL);
	if (!err)
		err = rte_eth_dev_start(c->port);
	if (err)
		die("the port does not start: %s", rte_strerror(-err));
	c->intr_fd = rte_eth_dev_rx_intr_ctl_q_get_fd(c->port, 0);
	if (c->intr_fd < 0)
		die("the port has no receive interrupt");
}

static void watch(struct client *c, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll: %s", strerror(errno));
}

static void tap_write(struct client *c, struct rte_mbuf *frame)
{
	struct iovec iov[SEGMENTS_MAX];
	int n = 0;

	for (struct rte_mbuf *seg = frame; seg && n < SEGMENTS_MAX; seg = seg->next)
		iov[n++] = (struct iovec){rte_pktmbuf_mtod(seg, void *), seg->data_len};
	if (writev(c->tap_fd, iov, n) < 0)
		c->dropped++;
	else
		c->to_client++;
	rte_pktmbuf_free(frame);
}

/* From the ring to the TAP; the number of frames. */
static unsigned pump_to_client(struct client *c)
{
	struct rte_mbuf *frames[BURST];
	uint16_t n = rte_eth_rx_burst(c->port, 0, frames, BURST);

	for (uint16_t i = 0; i < n; i++)
		tap_write(c, frames[i]);
	return n;
}

static struct rte_mbuf *tap_read(struct client *c)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(c->pool);
	ssize_t len;

	if (!frame)
		return NULL;
	len = read(c->tap_fd, rte_pktmbuf_mtod(frame, void *), rte_pktmbuf_tailroom(frame));
	if (len <= 0) {
		rte_pktmbuf_free(frame);
		return NULL;
	}
	frame->data_len = (uint16_t)len;
	frame->pkt_len = (uint32_t)len;
	return frame;
}

/* From the TAP to the ring; the number of frames. What the ring has no room for waits, and nothing
 * more is read. */
static unsigned pump_from_client(struct client *c)
{
	uint16_t sent;

	if (!c->n_waiting)
		while (c->n_waiting < BURST && (c->waiting[c->n_waiting] = tap_read(c)))
			c->n_waiting++;
	if (!c->n_waiting)
		return 0;
	sent = rte_eth_tx_burst(c->port, 0, c->waiting, c->n_waiting);
	c->from_client += sent;
	c->n_waiting = (uint16_t)(c->n_waiting - sent);
	memmove(c->waiting, c->waiting + sent, c->n_waiting * sizeof(c->waiting[0]));
	return sent;
}

/*
 * Once a second: is the socket still there? virtio-user does not connect again; whoever started us
 * does, with a new driver.
 */
static void check_link(struct client *c)
{
	struct rte_eth_link link;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec == c->looked_s)
		return;
	c->looked_s = now.tv_sec;
	if (rte_eth_link_get_nowait(c->port, &link) == 0 && link.link_status == RTE_ETH_LINK_DOWN)
		die("the vhost-user socket was closed; start again when its viomuxd is back");
}

/* Sleeps until a frame comes from either side; while one waits for room, only for a moment. */
static void sleep_until_work(struct client *c)
{
	struct epoll_event events[2];
	struct pollfd receive = {c->intr_fd, POLLIN, 0};
	uint64_t count;

	rte_eth_dev_rx_intr_enable(c->port, 0);
	if (pump_to_client(c) == 0) {
		if (c->n_waiting)
			poll(&receive, 1, RETRY_MS);
		else
			epoll_wait(c->epoll_fd, events, 2, LOOK_MS);
	}
	rte_eth_dev_rx_intr_disable(c->port, 0);
	if (read(c->intr_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		die("receive interrupt: %s", strerror(errno));
	check_link(c);
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	struct client c = {.tap_fd = tap_open(o.tap, o.netns)};
	struct sigaction action = {.sa_handler = on_signal};
	int flags;

	eal_start(&o);
	port_start(&c, o.ring_size);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	flags = fcntl(c.intr_fd, F_GETFL);
	fcntl(c.intr_fd, F_SETFL, flags | O_NONBLOCK);
	c.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	watch(&c, c.tap_fd);
	watch(&c, c.intr_fd);
	fprintf(stderr, "lab-tapclient: running socket=%s tap=%s\n", o.socket, o.tap);
	while (!stopping)
		if (pump_to_client(&c) + pump_from_client(&c) == 0)
			sleep_until_work(&c);
	fprintf(stderr,
		"lab-tapclient: stopped to_client=%" PRIu64 " from_client=%" PRIu64
		" dropped=%" PRIu64 "\n",
		c.to_client, c.from_client, c.dropped);
	rte_eth_dev_stop(c.port);
	rte_eth_dev_close(c.port);
	rte_eal_cleanup();
	return 0;
}
