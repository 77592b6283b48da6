/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only file that knows rte_vhost. Control calls come from the main thread and its helpers,
 * callbacks from rte_vhost's one event thread, data calls from workers.
 *
 * What rte_vhost 22.11 does, and this file copes with:
 *  - GET_VRING_BASE on one ring tears the whole device down without taking the ring locks:
 *    destroy_device must wait.
 *  - It reads a message with blocking reads: half a message from one client's mux would stop the
 *    sockets of all.
 *  - A socket added later is first looked at when its poll(2) ends, up to a second later, unless
 *    its pipe is written.
 *  - rte_vhost_driver_set_features() turns its virtio-net back end off; bits can only be taken
 *    away.
 *  - It takes any ring size, 0 included, also for a ring whose addresses it has checked for
 *    another size.
 *  - It notes the finished buffers of one burst in an array of ring size, and believes the guest's
 *    index: more buffers made available than the ring holds, and short ones, let a burst of frames
 *    into mergeable buffers write beyond that array, into the heap. One frame alone cannot: it
 *    takes at most ring size - 1 buffers. Without mergeable buffers a frame takes one.
 */
#include "net/vhost.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_log.h>
#include <rte_vhost.h>

#include "net/portset.h"

#define MESSAGE_TIMEOUT_MS 100
#define BURST_MAX 32 /* of rte_vhost; a ring must hold one */
#define PROTOCOL_FEATURES                                                                          \
	(1ULL << VHOST_USER_PROTOCOL_F_MQ | 1ULL << VHOST_USER_PROTOCOL_F_REPLY_ACK |              \
		1ULL << VHOST_USER_PROTOCOL_F_NET_MTU)
/* What may be offered. Not among it: packed rings, an IOMMU, a log of dirty pages; and what would
 * leave us a frame with an unfinished checksum or of more than one segment, which not every uplink
 * can send. */
#define FEATURES_OFFERED                                                                           \
	(1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_ANY_LAYOUT |                                \
		1ULL << VIRTIO_RING_F_INDIRECT_DESC | 1ULL << VIRTIO_RING_F_EVENT_IDX |            \
		1ULL << VIRTIO_NET_F_MRG_RXBUF | 1ULL << VIRTIO_NET_F_MQ |                         \
		1ULL << VIRTIO_NET_F_CTRL_VQ | 1ULL << VIRTIO_NET_F_MTU |                          \
		1ULL << VIRTIO_NET_F_GUEST_ANNOUNCE | 1ULL << VIRTIO_NET_F_GUEST_CSUM |            \
		1ULL << VIRTIO_NET_F_GUEST_TSO4 | 1ULL << VIRTIO_NET_F_GUEST_TSO6 |                \
		1ULL << VHOST_USER_F_PROTOCOL_FEATURES)

static const struct vhost_events *events;

/* Path to slot; writer: control calls; reader: event thread. */
static struct {
	pthread_mutex_t lock;
	char *path[PORT_CLIENTS];
	unsigned ring_max[PORT_CLIENTS]; /* set before the socket listens */
} sockets = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int slot_of_vid[RTE_MAX_VHOST_DEVICE]; /* event thread only; slot + 1 */
static int nudge_fd = -1; /* write end of rte_vhost's pipe; set once, by the first open */

void vhost_init(const struct vhost_events *user)
{
	events = user;
	/* What a guest writes into its rings must not write lines into our log. */
	rte_log_set_level_pattern("lib.vhost.data", RTE_LOG_EMERG);
}

static int slot_of_path(const char *path)
{
	int slot = -ENOENT;

	pthread_mutex_lock(&sockets.lock);
	for (int i = 0; i < PORT_CLIENTS && slot < 0; i++)
		if (sockets.path[i] && !strcmp(sockets.path[i], path))
			slot = i;
	pthread_mutex_unlock(&sockets.lock);
	return slot;
}

/* Calls fn for each open descriptor of this process until it returns true. */
static void each_fd(bool (*fn)(int fd, void *user), void *user)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && fd != dirfd(dir) && fn(fd, user))
			break;
	}
	closedir(dir);
}

/* An accepted socket has its listener's address; the listener itself is left alone. */
static bool bound_message_time(int fd, void *path)
{
	struct timeval limit = {.tv_usec = MESSAGE_TIMEOUT_MS * 1000};
	struct sockaddr_un un;
	socklen_t len = sizeof(un), int_len = sizeof(int);
	int listens = 1;

	if (getsockname(fd, (struct sockaddr *)&un, &len) || un.sun_family != AF_UNIX)
		return false;
	if (len <= offsetof(struct sockaddr_un, sun_path) || strcmp(un.sun_path, path))
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &int_len) || listens)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return false;
}

/* VHOST_USER_SET_VRING_NUM as it lies in the message (vhost-user: header, vring state description).
 */
struct ring_size_message {
	uint32_t request, flags, size_bytes, index, entries;
};
#define SET_VRING_NUM 8
#define NO_RING_SIZE UINT32_MAX /* which rte_vhost refuses itself, with all that belongs to it */

static bool ring_size_ok(int vid, const struct ring_size_message *m)
{
	struct rte_vhost_vring ring;
	int slot = slot_of_vid[vid] - 1;

	if (slot < 0 || m->entries < BURST_MAX || m->entries > sockets.ring_max[slot])
		return false;
	/* Its addresses were checked for the size that it has. */
	return rte_vhost_get_vhost_vring(vid, (uint16_t)m->index, &ring) || !ring.desc ||
	       ring.size == m->entries;
}

/* Before rte_vhost handles a message. */
static enum rte_vhost_msg_result on_message(int vid, void *message)
{
	struct ring_size_message m;

	memcpy(&m, message, sizeof(m));
	if (m.request == SET_VRING_NUM && !ring_size_ok(vid, &m)) {
		m.entries = NO_RING_SIZE;
		memcpy(message, &m, sizeof(m));
	}
	return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
}

static const struct rte_vhost_user_extern_ops extern_ops = {.pre_msg_handle = on_message};

static int on_new_connection(int vid)
{
	char path[PATH_MAX];
	int slot;

	if (rte_vhost_get_ifname(vid, path, sizeof(path)))
		return -1;
	slot = slot_of_path(path);
	if (slot < 0)
		return -1;
	slot_of_vid[vid] = slot + 1;
	if (rte_vhost_extern_callback_register(vid, &extern_ops, NULL))
		return -1;
	each_fd(bound_message_time, path);
	events->connected((unsigned)slot, true);
	return 0;
}

static void on_destroy_connection(int vid)
{
	int slot = slot_of_vid[vid] - 1;

	slot_of_vid[vid] = 0;
	if (slot >= 0)
		events->connected((unsigned)slot, false);
}

static int on_new_device(int vid)
{
	int slot = slot_of_vid[vid] - 1;

	if (slot < 0)
		return -1;
	events->up((unsigned)slot, vid);
	return 0;
}

static void on_destroy_device(int vid)
{
	int slot = slot_of_vid[vid] - 1;

	if (slot >= 0)
		events->down((unsigned)slot, vid);
}

static int on_vring_state_changed(int vid, uint16_t ring, int enable)
{
	int slot = slot_of_vid[vid] - 1;

	if (slot >= 0)
		events->ring((unsigned)slot, vid, ring, enable);
	return 0;
}

static const struct rte_vhost_device_ops ops = {
	.new_device = on_new_device,
	.destroy_device = on_destroy_device,
	.vring_state_changed = on_vring_state_changed,
	.new_connection = on_new_connection,
	.destroy_connection = on_destroy_connection,
};

static int set_up(const char *path, uint64_t wanted, uint64_t *missing)
{
	uint64_t has;

	if (rte_vhost_driver_get_features(path, &has))
		return -EIO;
	wanted |= 1ULL << VHOST_USER_F_PROTOCOL_FEATURES;
	*missing = wanted & ~(has & FEATURES_OFFERED);
	if (rte_vhost_driver_disable_features(path, has & ~(wanted & FEATURES_OFFERED)) ||
		rte_vhost_driver_set_protocol_features(path, PROTOCOL_FEATURES) ||
		rte_vhost_driver_callback_register(path, &ops))
		return -EIO;
	return 0;
}

/* The write ends of pipes among the descriptors; rte_vhost makes its only one at its first start.
 */
struct pipes {
	size_t n;
	int fd[64];
};

static bool collect_pipe(int fd, void *user)
{
	struct pipes *pipes = user;
	struct stat st;

	if (!fstat(fd, &st) && S_ISFIFO(st.st_mode) &&
		(fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY &&
		pipes->n < sizeof(pipes->fd) / sizeof(pipes->fd[0]))
		pipes->fd[pipes->n++] = fd;
	return false;
}

static bool pipes_have(const struct pipes *pipes, int fd)
{
	for (size_t i = 0; i < pipes->n; i++)
		if (pipes->fd[i] == fd)
			return true;
	return false;
}

static int start_first(const char *path)
{
	struct pipes before = {0}, after = {0};
	int rc;

	each_fd(collect_pipe, &before);
	rc = rte_vhost_driver_start(path);
	each_fd(collect_pipe, &after);
	for (size_t i = 0; i < after.n; i++)
		if (!pipes_have(&before, after.fd[i]))
			nudge_fd = after.fd[i];
	return rc;
}

static int start(const char *path)
{
	static bool started;
	int rc = started ? rte_vhost_driver_start(path) : start_first(path);

	started = true;
	/* Not found: the socket is heard a second later, no worse. */
	if (nudge_fd >= 0)
		(void)!write(nudge_fd, "1", 1);
	return rc ? -EADDRINUSE : 0;
}

static int set_path(unsigned slot, const char *path)
{
	char *copy = path ? strdup(path) : NULL;

	if (path && !copy)
		return -ENOMEM;
	pthread_mutex_lock(&sockets.lock);
	free(sockets.path[slot]);
	sockets.path[slot] = copy;
	pthread_mutex_unlock(&sockets.lock);
	return 0;
}

int vhost_open(unsigned slot, const char *path, unsigned ring_max, uint64_t virtio_features,
	uint64_t *missing)
{
	int rc;

	if (unlink(path) && errno != ENOENT)
		return -errno;
	rc = set_path(slot, path);
	if (rc)
		return rc;
	sockets.ring_max[slot] = ring_max;
	/* Linear: a frame longer than one buffer is dropped before it is copied. Otherwise a chain
	 * of descriptors over all of a guest's memory would empty the packet pool and keep a worker
	 * copying for milliseconds. */
	if (rte_vhost_driver_register(path, RTE_VHOST_USER_LINEARBUF_SUPPORT)) {
		rc = -EIO;
		goto forget_path;
	}
	rc = set_up(path, virtio_features, missing);
	if (!rc)
		rc = start(path);
	if (!rc)
		return 0;
	rte_vhost_driver_unregister(path);
forget_path:
	set_path(slot, NULL);
	return rc;
}

void vhost_close(unsigned slot, const char *path)
{
	rte_vhost_driver_unregister(path);
	set_path(slot, NULL);
}

unsigned vhost_pairs(int vid)
{
	return rte_vhost_get_vring_num(vid) / 2;
}

int vhost_kick_dup(int vid, unsigned ring)
{
	struct rte_vhost_vring vring;
	int fd;

	if (rte_vhost_get_vhost_vring(vid, (uint16_t)ring, &vring) || vring.kickfd < 0)
		return -ENOENT;
	fd = fcntl(vring.kickfd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

uint16_t vhost_rx(
	int vid, unsigned pair, struct rte_mempool *pool, struct rte_mbuf **frames, uint16_t n)
{
	return rte_vhost_dequeue_burst(vid, (uint16_t)(2 * pair + 1), pool, frames, n);
}

unsigned vhost_tx_burst(int vid)
{
	uint64_t features;

	if (rte_vhost_get_negotiated_features(vid, &features))
		return 1;
	return features >> VIRTIO_NET_F_MRG_RXBUF & 1 ? 1 : BURST_MAX;
}

uint16_t vhost_tx(int vid, unsigned pair, struct rte_mbuf **frames, uint16_t n, unsigned burst_max)
{
	uint16_t sent = 0;

	while (sent < n) {
		uint16_t burst = (uint16_t)RTE_MIN((unsigned)(n - sent), burst_max);
		uint16_t took =
			rte_vhost_enqueue_burst(vid, (uint16_t)(2 * pair), frames + sent, burst);

		sent += took;
		if (took < burst)
			break;
	}
	return sent;
}

void vhost_arm(int vid, unsigned pair, bool kicks)
{
	rte_vhost_enable_guest_notification(vid, (uint16_t)(2 * pair + 1), kicks);
}

bool vhost_rx_waiting(int vid, unsigned pair)
{
	return rte_vhost_rx_queue_count(vid, (uint16_t)(2 * pair + 1)) > 0;
}
