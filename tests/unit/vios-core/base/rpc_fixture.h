/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_fixture.h - a server and what is needed to provoke it, on one loop in one thread: a
 * connection through the library, and raw sockets that can say anything.
 */
#ifndef TESTS_RPC_FIXTURE_H
#define TESTS_RPC_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "vios-core/base/rpc.h"

#define HELD_MAX 5000
#define STEP_US 20000 /* nothing came for so long: the loop is idle */

struct fixture {
	char dir[64];
	char path[96];
	sd_event *ev;
	struct rpc_server *server;
	struct rpc_conn *client;
	struct rpc_conn *accepted; /* the last one */
	struct rpc_call *held;	   /* by "hold", the last one */
	struct rpc_call *all[HELD_MAX];
	unsigned n_held;
	unsigned n_opened, n_closed;
	char notes[4096]; /* "a:0 b:2 ": what "note" got, with its number of descriptors */
	char fd_text[32]; /* what stood in the first descriptor of the last "note" */
	/* the last answer */
	unsigned n_answers;
	int code;
	json_t *result;
	char message[160];
	size_t n_fds;
};

static inline int text_fd(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static inline void read_text_fd(int fd, char *to, size_t size)
{
	ssize_t n = pread(fd, to, size - 1, 0);

	assert_true(n >= 0);
	to[n] = '\0';
}

static inline void run_until_idle(struct fixture *f)
{
	while (sd_event_run(f->ev, STEP_US) > 0)
		;
}

static inline unsigned open_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static inline int raw_connect(const struct fixture *f)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", f->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

/* n copies of fd with the first byte. */
static inline void raw_send(int sock, const char *text, size_t len, int fd, size_t n)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int) * 64)];
	} control = {.bytes = {0}};
	struct iovec iov = {.iov_base = (void *)text, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (n > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		for (size_t i = 0; i < n; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof(int));
	}
	assert_int_equal(sendmsg(sock, &msg, MSG_NOSIGNAL), len);
}

static inline void raw_say(int sock, const char *text)
{
	raw_send(sock, text, strlen(text), -1, 0);
}

/* True when the other end has hung up; what it said before is in text. */
static inline bool raw_hung_up(int sock, char *text, size_t size)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = recv(sock, text + len, size - 1 - len, MSG_DONTWAIT);

		if (n > 0)
			len += (size_t)n;
		text[len] = '\0';
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return true;
		if (n < 0 || len == size - 1)
			return false;
	}
}

int fixture_setup(void **state);
int fixture_teardown(void **state);
void on_answer(json_t *result, int code, const char *message, struct rpc_fds *fds, void *user);
/* Calls method over f->client and runs the loop until it is idle. */
void call_and_run(struct fixture *f, const char *method, json_t *params);

#endif
