/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_sock_test.c - messages over a socket pair: whole, in pieces, with descriptors in every place,
 * cut off, and flooded. One thread; each test owns its pair.
 */
#include "vios-core/vhostuser/vu_sock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

struct pair {
	struct vu_sock rx;
	int tx;
	unsigned fds_before;
};

static int set_up(void **state)
{
	static struct pair p;
	int sv[2];

	p.fds_before = count_fds();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0)
		return -1;
	p.tx = sv[1];
	*state = &p;
	return vu_sock_init(&p.rx, sv[0]);
}

static int tear_down(void **state)
{
	struct pair *p = *state;

	vu_sock_fini(&p->rx);
	if (p->tx >= 0)
		close(p->tx);
	assert_int_equal(count_fds(), p->fds_before); /* whatever the test did, nothing leaks */
	return 0;
}

/* Raw bytes with n copies of fd beside them. */
static void raw(int sock, const void *bytes, size_t len, int fd, unsigned n)
{
	struct iovec iov = {(void *)(uintptr_t)bytes, len};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * 32)];
	} u;
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};

	memset(&u, 0, sizeof(u));
	if (n > 0) {
		h.msg_control = &u;
		h.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		CMSG_FIRSTHDR(&h)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&h)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&h)->cmsg_len = CMSG_LEN(sizeof(int) * n);
		for (unsigned i = 0; i < n; i++)
			memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)) + i * sizeof(int), &fd, sizeof(int));
	}
	assert_int_equal(sendmsg(sock, &h, MSG_NOSIGNAL), (ssize_t)len);
}

static size_t wire_of(const struct vu_msg *m, uint8_t *wire)
{
	vu_msg_header_put(m, wire);
	memcpy(wire + VU_HEADER_BYTES, m->payload, m->size_bytes);
	return VU_HEADER_BYTES + m->size_bytes;
}

static void assert_same_file(int a, int b)
{
	struct stat sa, sb;

	assert_int_equal(fstat(a, &sa), 0);
	assert_int_equal(fstat(b, &sb), 0);
	assert_int_equal(sa.st_ino, sb.st_ino);
	assert_int_equal(sa.st_dev, sb.st_dev);
}

static void peek_leaves_the_message(void **state)
{
	struct pair *p = *state;
	struct vu_msg out, in;
	int fd = memfd_create("x", MFD_CLOEXEC);

	vu_msg_vring_fd(&out, VU_SET_VRING_CALL, 3, fd);
	for (int i = 0; i < 2; i++) {
		uint8_t wire[64];

		raw(p->tx, wire, wire_of(&out, wire), fd, 1);
	}
	for (int i = 0; i < 5; i++) { /* as often as one likes */
		assert_int_equal(vu_sock_peek(&p->rx, &in), 0);
		assert_int_equal(in.n_fds, 1);
		assert_same_file(in.fds[0], fd);
		assert_int_equal(fcntl(in.fds[0], F_GETFD), FD_CLOEXEC);
		assert_memory_equal(in.payload, out.payload, 8);
		vu_msg_close_fds(&in);
	}
	assert_int_equal(vu_sock_peek(&p->rx, &in), 0);
	assert_int_equal(vu_sock_consume(&p->rx, &in), 0);
	vu_msg_close_fds(&in);
	assert_int_equal(vu_sock_recv(&p->rx, &in), 0);
	assert_int_equal(in.n_fds, 1);
	vu_msg_close_fds(&in);
	assert_int_equal(vu_sock_peek(&p->rx, &in), -EAGAIN);
	close(fd);
}

/* A message cut into pieces of every size arrives whole, with its descriptor, and not before its
 * last byte. */
static void pieces(void **state)
{
	struct pair *p = *state;
	struct vu_msg out, in;
	uint8_t wire[64];
	int fd = memfd_create("x", MFD_CLOEXEC);
	size_t total;

	vu_msg_vring_fd(&out, VU_SET_VRING_KICK, 1, fd);
	total = wire_of(&out, wire);
	for (size_t piece = 1; piece <= total; piece++) {
		for (size_t at = 0; at < total; at += piece) {
			size_t n = total - at < piece ? total - at : piece;

			assert_int_equal(vu_sock_peek(&p->rx, &in), -EAGAIN);
			raw(p->tx, wire + at, n, fd, at == 0);
		}
		assert_int_equal(vu_sock_recv(&p->rx, &in), 0);
		assert_int_equal(in.request, VU_SET_VRING_KICK);
		assert_int_equal(in.n_fds, 1);
		assert_same_file(in.fds[0], fd);
		assert_memory_equal(in.payload, out.payload, 8);
		vu_msg_close_fds(&in);
	}
	close(fd);
}

/* Three messages back to back: the middle one's descriptors stay its own. */
static void neighbours(void **state)
{
	struct pair *p = *state;
	struct vu_msg plain, call, in;
	uint8_t wire[128];
	int fd = memfd_create("x", MFD_CLOEXEC);
	size_t n;

	vu_msg_empty(&plain, VU_SET_OWNER);
	vu_msg_vring_fd(&call, VU_SET_VRING_CALL, 0, fd);
	for (int i = 0; i < 3; i++) {
		raw(p->tx, wire, wire_of(&plain, wire), -1, 0);
		raw(p->tx, wire, wire_of(&call, wire), fd, 1);
	}
	n = wire_of(&plain, wire);
	n += wire_of(&plain, wire + n);
	raw(p->tx, wire, n, -1, 0); /* two in one write */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(vu_sock_recv(&p->rx, &in), 0);
		assert_int_equal(in.request, VU_SET_OWNER);
		assert_int_equal(in.n_fds, 0);
		assert_int_equal(vu_sock_recv(&p->rx, &in), 0);
		assert_int_equal(in.request, VU_SET_VRING_CALL);
		assert_int_equal(in.n_fds, 1);
		vu_msg_close_fds(&in);
	}
	assert_int_equal(vu_sock_recv(&p->rx, &in), 0);
	assert_int_equal(vu_sock_recv(&p->rx, &in), 0);
	assert_int_equal(vu_sock_recv(&p->rx, &in), -EAGAIN);
	close(fd);
}

static void refused(struct pair *p, enum vu_fault fault)
{
	struct vu_msg in;

	assert_int_equal(vu_sock_recv(&p->rx, &in), -EPROTO);
	assert_int_equal(p->rx.fault, fault);
	assert_int_equal(in.n_fds, 0);
}

static void too_many_descriptors(void **state)
{
	struct pair *p = *state;
	struct vu_msg out;
	uint8_t wire[64];
	int fd = memfd_create("x", MFD_CLOEXEC);

	vu_msg_vring_fd(&out, VU_SET_VRING_CALL, 0, fd);
	raw(p->tx, wire, wire_of(&out, wire), fd, VU_FDS_MAX + 1);
	refused(p, VU_FDS_LOST);
	close(fd);
}

/* Where none belong, be it one or as many as fit. */
static void unwanted_descriptors(void **state)
{
	struct pair *p = *state;
	struct vu_msg out;
	uint8_t wire[64];
	int fd = memfd_create("x", MFD_CLOEXEC);

	vu_msg_empty(&out, VU_SET_OWNER);
	raw(p->tx, wire, wire_of(&out, wire), fd, 1);
	refused(p, VU_FDS_UNWANTED);
	raw(p->tx, wire, wire_of(&out, wire), fd, VU_FDS_MAX);
	refused(p, VU_FDS_UNWANTED);
	raw(p->tx, wire, wire_of(&out, wire), fd, VU_FDS_MAX + 1);
	refused(p, VU_FDS_LOST);
	vu_msg_vring_fd(&out, VU_SET_VRING_KICK, 0, -1); /* says that none comes */
	raw(p->tx, wire, wire_of(&out, wire), fd, 1);
	refused(p, VU_FDS_UNWANTED);
	vu_msg_u64(&out, VU_GET_FEATURES, 1);
	vu_msg_make_reply(&out); /* nor with an answer */
	raw(p->tx, wire, wire_of(&out, wire), fd, 1);
	refused(p, VU_FDS_UNWANTED);
	close(fd);
}

/* A message that should have brought one takes none from its neighbour. */
static void borrowed_descriptor(void **state)
{
	struct pair *p = *state;
	struct vu_msg out;
	uint8_t wire[64];
	int fd = memfd_create("x", MFD_CLOEXEC);

	vu_msg_vring_fd(&out, VU_SET_VRING_CALL, 0, fd);
	raw(p->tx, wire, wire_of(&out, wire), -1, 0);
	raw(p->tx, wire, wire_of(&out, wire), fd, 1);
	refused(p, VU_FDS_MISSING);
	close(fd);
}

/* Descriptors beside a later piece are refused, beside a neighbour's first piece they are the
 * neighbour's. */
static void descriptors_in_pieces(void **state)
{
	struct pair *p = *state;
	struct vu_msg out, in;
	uint8_t wire[64];
	int fd = memfd_create("x", MFD_CLOEXEC);

	vu_msg_vring_fd(&out, VU_SET_VRING_CALL, 0, fd);
	wire_of(&out, wire);
	for (int i = 0; i < 2; i++) {
		raw(p->tx, wire, VU_HEADER_BYTES, fd, 1);
		raw(p->tx, wire + VU_HEADER_BYTES, 8, -1, 0);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(vu_sock_recv(&p->rx, &in), 0);
		assert_int_equal(in.n_fds, 1);
		vu_msg_close_fds(&in);
	}
	raw(p->tx, wire, 5, fd, 1);
	raw(p->tx, wire + 5, 9, fd, 1);
	raw(p->tx, wire + 14, 6, fd, 1);
	refused(p, VU_FDS_UNWANTED);
	close(fd);
}

static void bad_headers(void **state)
{
	struct pair *p = *state;
	struct vu_msg out, in;
	uint8_t wire[64];

	vu_msg_empty(&out, VU_SET_OWNER);
	out.size_bytes = VU_PAYLOAD_MAX + 1;
	vu_msg_header_put(&out, wire);
	raw(p->tx, wire, VU_HEADER_BYTES, -1, 0);
	assert_int_equal(vu_sock_peek(&p->rx, &in), -EPROTO);
	assert_int_equal(p->rx.fault, VU_TOO_LONG);
	out.size_bytes = 0;
	assert_int_equal(vu_sock_consume(&p->rx, &out), 0);
	out.flags = 2;
	vu_msg_header_put(&out, wire);
	raw(p->tx, wire, 3, -1, 0);
	assert_int_equal(vu_sock_peek(&p->rx, &in), -EAGAIN);
	raw(p->tx, wire + 3, 9, -1, 0);
	assert_int_equal(vu_sock_peek(&p->rx, &in), -EPROTO);
	assert_int_equal(p->rx.fault, VU_BAD_VERSION);
}

static void closed_and_cut_off(void **state)
{
	static const size_t cuts[] = {1, VU_HEADER_BYTES - 1, VU_HEADER_BYTES, VU_HEADER_BYTES + 7};
	struct pair *p = *state;
	struct vu_msg out, in;
	uint8_t wire[64];
	int fd = memfd_create("x", MFD_CLOEXEC);

	close(p->tx);
	p->tx = -1;
	assert_int_equal(vu_sock_peek(&p->rx, &in), -EPIPE);
	vu_msg_u64(&out, VU_SET_FEATURES, 1);
	wire_of(&out, wire);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct vu_sock rx;
		int sv[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
		assert_int_equal(vu_sock_init(&rx, sv[0]), 0);
		raw(sv[1], wire, cuts[i], fd, 1);
		assert_int_equal(vu_sock_peek(&rx, &in), -EAGAIN);
		close(sv[1]);
		assert_int_equal(vu_sock_peek(&rx, &in), -EPROTO);
		assert_int_equal(rx.fault, VU_CUT_OFF);
		vu_sock_fini(&rx);
	}
	close(fd);
}

/* A peer that does not read: messages queue with descriptors of their own, in order, up to the
 * limit. */
static void full_socket(void **state)
{
	struct pair *p = *state;
	struct vu_sock tx;
	struct vu_msg m, in;
	unsigned sent = 0, got = 0;
	int err;

	assert_int_equal(vu_sock_init(&tx, p->tx), 0);
	p->tx = -1;
	for (;;) {
		int fd = eventfd(0, EFD_CLOEXEC);

		vu_msg_vring_fd(&m, VU_SET_VRING_CALL, sent % 256, fd);
		err = vu_sock_send(&tx, &m);
		close(fd);
		if (err)
			break;
		sent++;
	}
	assert_int_equal(err, -ENOBUFS);
	assert_true(vu_sock_wants_write(&tx));
	while (got < sent) {
		uint64_t value;

		if (vu_sock_recv(&p->rx, &in) == -EAGAIN) {
			assert_int_equal(vu_sock_flush(&tx), 0);
			continue;
		}
		assert_int_equal(in.n_fds, 1);
		assert_true(vu_msg_get_u64(&in, &value));
		assert_int_equal(value, got % 256);
		vu_msg_close_fds(&in);
		got++;
	}
	assert_false(vu_sock_wants_write(&tx));
	assert_int_equal(vu_sock_send(&tx, &m), -EBADF); /* its descriptor is closed */
	vu_sock_fini(&p->rx);
	m.n_fds = 0;
	assert_int_equal(vu_sock_send(&tx, &m), -EPIPE);
	vu_sock_fini(&tx);
}

static void unsent_messages_are_freed(void **state)
{
	struct pair *p = *state;
	struct vu_sock tx;
	struct vu_msg m;
	int fd = eventfd(0, EFD_CLOEXEC);

	assert_int_equal(vu_sock_init(&tx, p->tx), 0);
	p->tx = -1;
	vu_msg_vring_fd(&m, VU_SET_VRING_CALL, 0, fd);
	while (vu_sock_send(&tx, &m) == 0)
		;
	vu_sock_fini(&tx);
	assert_int_equal(tx.fd, -1);
	vu_sock_fini(&tx);
	close(fd);
}

static void listen_connect(void **state)
{
	char path[108], longer[200];
	struct vu_msg m, in;
	struct vu_sock a, b;
	int listener;

	snprintf(path, sizeof(path), "/tmp/v-vhu-sock-%d", (int)getpid());
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(vu_sock_connect(path), -ENOENT);
	assert_int_equal(vu_sock_connect(longer), -ENAMETOOLONG);
	assert_int_equal(vu_sock_listen(longer), -ENAMETOOLONG);
	close(vu_sock_listen(path)); /* leaves a stale file */
	assert_int_equal(vu_sock_connect(path), -ECONNREFUSED);
	listener = vu_sock_listen(path);
	assert_true(listener >= 0);
	assert_int_equal(vu_sock_accept(listener), -EAGAIN);
	assert_int_equal(vu_sock_init(&a, vu_sock_connect(path)), 0);
	assert_int_equal(vu_sock_init(&b, vu_sock_accept(listener)), 0);
	vu_msg_empty(&m, VU_GET_FEATURES);
	assert_int_equal(vu_sock_send(&a, &m), 0);
	assert_int_equal(vu_sock_recv(&b, &in), 0);
	assert_int_equal(in.request, VU_GET_FEATURES);
	vu_sock_fini(&a);
	vu_sock_fini(&b);
	close(listener);
	unlink(path);
}

static void who_is_there(void **state)
{
	struct pair *p = *state;

	assert_int_equal(vu_sock_peer(p->rx.fd), getpid());
	assert_int_equal(vu_sock_peer(-1), 0);
	assert_false(vu_sock_gone(p->rx.fd));
	close(p->tx);
	p->tx = -1;
	assert_true(vu_sock_gone(p->rx.fd));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(peek_leaves_the_message),
		T(pieces),
		T(neighbours),
		T(too_many_descriptors),
		T(unwanted_descriptors),
		T(borrowed_descriptor),
		T(descriptors_in_pieces),
		T(bad_headers),
		T(closed_and_cut_off),
		T(full_socket),
		T(unsent_messages_are_freed),
		T(listen_connect),
		T(who_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
