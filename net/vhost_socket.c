/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vhost-user sockets: one a client adapter, made and removed by the main thread and its
 * helpers, served by rte_vhost's one event thread (vhost_device.c).
 *
 * What rte_vhost 22.11 does, and this file copes with:
 *  - It reads a message with blocking reads: half a message from one client's mux would stop the
 *    sockets of all.
 *  - A socket added later is first looked at when its poll(2) ends, up to a second later, unless
 *    its pipe is written.
 *  - rte_vhost_driver_set_features() turns its virtio-net back end off, without which a device is
 *    not ready before all its rings are; bits can only be taken away.
 */
#include "net/vhost.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_vhost.h>

#include "net/portset.h"
#include "net/vhost_private.h"

#define MESSAGE_TIMEOUT_MS 100
#define PROTOCOL_FEATURES                                                                          \
	(1ULL << VHOST_USER_PROTOCOL_F_MQ | 1ULL << VHOST_USER_PROTOCOL_F_REPLY_ACK |              \
		1ULL << VHOST_USER_PROTOCOL_F_NET_MTU)
/* What may be offered. Not among it: packed rings, an IOMMU, a log of dirty pages; UDP to be cut,
 * ECN on frames to be cut. */
#define FEATURES_OFFERED                                                                           \
	(1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_ANY_LAYOUT |                                \
		1ULL << VIRTIO_RING_F_INDIRECT_DESC | 1ULL << VIRTIO_RING_F_EVENT_IDX |            \
		1ULL << VIRTIO_NET_F_MRG_RXBUF | 1ULL << VIRTIO_NET_F_MQ |                         \
		1ULL << VIRTIO_NET_F_CTRL_VQ | 1ULL << VIRTIO_NET_F_MTU |                          \
		1ULL << VIRTIO_NET_F_GUEST_ANNOUNCE | 1ULL << VIRTIO_NET_F_GUEST_CSUM |            \
		1ULL << VIRTIO_NET_F_GUEST_TSO4 | 1ULL << VIRTIO_NET_F_GUEST_TSO6 |                \
		1ULL << VIRTIO_NET_F_CSUM | 1ULL << VIRTIO_NET_F_HOST_TSO4 |                       \
		1ULL << VIRTIO_NET_F_HOST_TSO6 | 1ULL << VHOST_USER_F_PROTOCOL_FEATURES)

/* Path to slot; writer: control calls; reader: event thread. */
static struct {
	pthread_mutex_t lock;
	char *path[PORT_CLIENTS];
	unsigned ring_max[PORT_CLIENTS]; /* set before the socket listens */
} sockets = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int nudge_fd = -1; /* write end of rte_vhost's pipe; set once, by the first open */

int vhost_slot_of_path(const char *path)
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

unsigned vhost_ring_max(unsigned slot)
{
	return sockets.ring_max[slot];
}

void vhost_bound_message_time(const char *path)
{
	each_fd(bound_message_time, (void *)path);
}

static int set_up(const char *path, uint64_t wanted, uint64_t *missing)
{
	uint64_t has;

	if (rte_vhost_driver_get_features(path, &has))
		return -EIO;
	wanted |= 1ULL << VHOST_USER_F_PROTOCOL_FEATURES;
	*missing = wanted & ~(has & FEATURES_OFFERED);
	if (rte_vhost_driver_disable_features(path, has & ~(wanted & FEATURES_OFFERED)) ||
		rte_vhost_driver_set_protocol_features(path, PROTOCOL_FEATURES) ||
		rte_vhost_driver_callback_register(path, &vhost_device_ops))
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

static pid_t event_thread; /* set once, by the first open */

pid_t vhost_thread(void)
{
	return event_thread;
}

/* rte_vhost makes one thread with its first socket: the newest one then. */
static pid_t newest_thread(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	pid_t newest = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		if (atoi(entry->d_name) > newest)
			newest = atoi(entry->d_name);
	closedir(dir);
	return newest;
}

static int start_first(const char *path)
{
	struct pipes before = {0}, after = {0};
	const pid_t newest_before = newest_thread();
	int rc;

	each_fd(collect_pipe, &before);
	rc = rte_vhost_driver_start(path);
	if (newest_thread() != newest_before)
		event_thread = newest_thread();
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
	if (rte_vhost_driver_register(path, 0)) {
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
