/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_server.c - a listening control socket. Loop thread. The server owns the listener, the socket
 * file and the accepted connections. A handler may free the server it runs under: accepting holds a
 * reference.
 */
#include "vios-core/base/rpc_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "vios-core/base/log.h"

#define BACKLOG 128
#define CONNS_MAX 4096
#define PAUSE_US 100000u /* out of descriptors: a level-triggered listener would spin */
#define PAUSE_ACCURACY_US 10000u

struct rpc_server {
	unsigned refs;
	bool freed;
	sd_event *ev;
	sd_event_source *io;
	sd_event_source *pause; /* NULL: accepting */
	int fd;
	struct sockaddr_un addr;
	dev_t dev; /* of the socket file: only ours is unlinked */
	ino_t ino;
	const struct rpc_service *service;
	void *user;
	TAILQ_HEAD(, rpc_conn) conns;
	unsigned n_conns;
	struct rpc_quota *quotas; /* one a pool; NULL: no guard */
};

int rpc_address(const char *path, struct sockaddr_un *addr, socklen_t *len)
{
	size_t n = strlen(path);

	if (n == 0)
		return -EINVAL;
	if (n >= sizeof(addr->sun_path))
		return -ENAMETOOLONG;
	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(addr->sun_path, path, n + 1);
	*len = (socklen_t)sizeof(*addr);
	return 0;
}

static void server_unref(struct rpc_server *server)
{
	if (--server->refs > 0)
		return;
	sd_event_unref(server->ev);
	free(server->quotas);
	free(server);
}

void rpc_server_forget(struct rpc_server *server, struct rpc_conn *conn)
{
	rpc_guard_leave(conn);
	TAILQ_REMOVE(&server->conns, conn, link);
	server->n_conns--;
}

static int on_pause_end(sd_event_source *s, uint64_t now_us, void *user)
{
	struct rpc_server *server = user;

	server->pause = sd_event_source_disable_unref(server->pause);
	sd_event_source_set_enabled(server->io, SD_EVENT_ON);
	return 0;
}

static void accept_pause(struct rpc_server *server, int rc)
{
	log_warn("rpc-accept", "path=%s error=\"%s\"", server->addr.sun_path, strerror(-rc));
	if (sd_event_add_time_relative(server->ev, &server->pause, CLOCK_MONOTONIC, PAUSE_US,
		    PAUSE_ACCURACY_US, on_pause_end, server) == 0)
		sd_event_source_set_enabled(server->io, SD_EVENT_OFF);
}

static void accept_one(struct rpc_server *server)
{
	struct rpc_conn *conn;
	int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int rc = fd < 0 ? -errno : 0;

	if (rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM || rc == -ENOBUFS)
		accept_pause(server, rc);
	if (rc < 0)
		return;
	if (server->n_conns >= CONNS_MAX) {
		log_warn("rpc-accept", "path=%s error=\"%u connections are open\"",
			server->addr.sun_path, server->n_conns);
		close(fd);
		return;
	}
	if (rpc_conn_new(server->ev, fd, server->service, server->user, server, &conn) < 0)
		return;
	TAILQ_INSERT_TAIL(&server->conns, conn, link);
	server->n_conns++;
	if (server->quotas != NULL && rpc_guard_accept(conn, server->quotas) < 0) {
		rpc_conn_free(conn);
		return;
	}
	if (server->service->opened != NULL)
		server->service->opened(conn, server->user);
}

static int on_accept(sd_event_source *s, int fd, uint32_t events, void *user)
{
	struct rpc_server *server = user;

	server->refs++;
	accept_one(server);
	server_unref(server);
	return 0;
}

/* One for each of the guard's pools, if there is a guard. */
static int make_quotas(struct rpc_server *server)
{
	const struct rpc_guard *guard = server->service->guard;

	if (guard == NULL)
		return 0;
	server->quotas = calloc(RPC_POOLS, sizeof(*server->quotas));
	if (server->quotas == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < RPC_POOLS; i++)
		server->quotas[i].limits = &guard->pools[i];
	return 0;
}

/* A socket left by a dead holder goes; anything else at that path is not ours to remove. */
static int remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* Nobody can connect between bind() and listen(), so the mode is right before anyone does. */
static int listen_at(struct rpc_server *server, socklen_t addr_len, mode_t mode)
{
	const char *path = server->addr.sun_path;
	struct stat st;
	int rc = remove_stale(path);

	if (rc < 0)
		return rc;
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0)
		return -errno;
	if (bind(server->fd, (struct sockaddr *)&server->addr, addr_len) < 0)
		return -errno;
	if (lstat(path, &st) == 0) {
		server->dev = st.st_dev;
		server->ino = st.st_ino;
	}
	if (chmod(path, mode) < 0 || listen(server->fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

int rpc_server_new(sd_event *ev, const char *path, mode_t mode, const struct rpc_service *service,
	void *user, struct rpc_server **out)
{
	struct rpc_server *server = calloc(1, sizeof(*server));
	socklen_t addr_len;
	int rc;

	if (server == NULL)
		return -ENOMEM;
	*server = (struct rpc_server){
		.refs = 1, .ev = sd_event_ref(ev), .fd = -1, .service = service, .user = user};
	TAILQ_INIT(&server->conns);
	rc = rpc_address(path, &server->addr, &addr_len);
	if (rc == 0)
		rc = make_quotas(server);
	if (rc == 0)
		rc = listen_at(server, addr_len, mode);
	if (rc == 0)
		rc = sd_event_add_io(ev, &server->io, server->fd, EPOLLIN, on_accept, server);
	if (rc < 0) {
		rpc_server_free(server);
		return rc;
	}
	*out = server;
	return 0;
}

static void unlink_own(const struct rpc_server *server)
{
	struct stat st;

	if (server->ino == 0 || lstat(server->addr.sun_path, &st) < 0)
		return;
	if (st.st_dev == server->dev && st.st_ino == server->ino)
		unlink(server->addr.sun_path);
}

void rpc_server_free(struct rpc_server *server)
{
	struct rpc_conn *conn;

	if (server == NULL || server->freed)
		return;
	server->freed = true;
	server->io = sd_event_source_disable_unref(server->io);
	server->pause = sd_event_source_disable_unref(server->pause);
	unlink_own(server);
	if (server->fd >= 0)
		close(server->fd);
	while ((conn = TAILQ_FIRST(&server->conns)) != NULL)
		rpc_conn_free(conn);
	server_unref(server);
}

void rpc_server_notify(struct rpc_server *server, const char *method, json_t *params,
	bool (*want)(struct rpc_conn *conn, void *user), void *user)
{
	struct rpc_conn *conn;

	TAILQ_FOREACH(conn, &server->conns, link)
	{
		if (want == NULL || want(conn, user))
			rpc_notify(conn, method, json_incref(params), NULL, 0);
	}
	json_decref(params);
}
