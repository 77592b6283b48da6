/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keep_holder.c - keeps a daemon's descriptors and journal, carries out its operations, and starts
 * it again when it dies. A process of its own, one thread, no library but libc; it decides nothing.
 *
 * Why operations are carried out here: a process can be killed between any two system calls, so it
 * can never both do a thing and record that it did. The daemon records what it wants, in one
 * store; the holder does it, once. When a daemon dies, what it stored and committed is finished
 * before the next one starts, and that one finds its state and its descriptors under the same
 * numbers.
 *
 *           starts                    descriptors, "committed"
 *   holder ---------> daemon -------------------------------------> holder
 *     ^                  | dies                                       | does the operations
 *     +------------------+             "done" <-----------------------+
 */
#include "vios-core/base/keep_holder.h"

#include "vios-core/base/keep_held.h"
#include "vios-core/base/keep_journal.h"
#include "vios-core/base/log.h"
#include "vios-core/base/priority.h"
#include "vios-core/base/urgency.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EARLY_DEATH_MS 1000 /* a daemon that died younger */
#define EARLY_DEATHS_MAX 50 /* and did nothing, so often in a row: its state must be at fault */

struct holder {
	struct keep_journal journal;
	int sock, signals;
	pid_t daemon;
	uint64_t started_ms, done_at_start;
	unsigned early_deaths;
	bool ending; /* it was told to: no other one is started */
	char **argv; /* of the daemon */
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- operations ---- */

/* Closes what came along. Their number; more than there was room for count as one more. */
static uint32_t count_fds(struct msghdr *h)
{
	uint32_t n = h->msg_flags & MSG_CTRUNC ? 1 : 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++, n++)
			close(((int *)CMSG_DATA(c))[i]);
	}
	return n;
}

/* A peek cannot tell whose descriptors it shows, nor that a message brought some where none belong
 * (vu_sock.c); taking it off can. */
static void consume(const struct keep_op *op)
{
	uint8_t bytes[KEEP_BYTES_MAX];
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * KEEP_FDS_MAX)];
	} room;
	size_t left = op->len_bytes;
	uint32_t n_fds = 0;

	while (left > 0) {
		struct iovec iov = {bytes, left};
		struct msghdr h = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = &room,
			.msg_controllen = sizeof(room)};
		ssize_t n = recvmsg(keep_fd(op->slot), &h, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* gone: the daemon will see that by itself */
		n_fds += count_fds(&h);
		left -= (size_t)n;
	}
	if (n_fds != op->n_fds)
		shutdown(keep_fd(op->slot), SHUT_RDWR);
}

/* A peer that left so much unread that a message does not fit is hung up on. */
static void send_bytes(const struct keep_op *op)
{
	const size_t fd_bytes = sizeof(int) * op->n_fds;
	struct iovec iov = {(void *)(uintptr_t)op->bytes, op->len_bytes};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * KEEP_FDS_MAX)];
	} room = {0};
	ssize_t n;

	if (op->n_fds > 0) {
		h.msg_control = &room;
		h.msg_controllen = CMSG_SPACE(fd_bytes);
		room.header.cmsg_level = SOL_SOCKET;
		room.header.cmsg_type = SCM_RIGHTS;
		room.header.cmsg_len = CMSG_LEN(fd_bytes);
		for (uint32_t i = 0; i < op->n_fds; i++)
			((int *)CMSG_DATA(&room.header))[i] = keep_fd(op->slots[i]);
	}
	do
		n = sendmsg(keep_fd(op->slot), &h, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)op->len_bytes)
		shutdown(keep_fd(op->slot), SHUT_RDWR);
}

/* The descriptor is the client's: it may be anything, so never write where that could wait. */
static void signal_eventfd(const struct keep_op *op)
{
	struct pollfd p = {.fd = keep_fd(op->slot), .events = POLLOUT};
	const uint64_t one = 1;

	if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) && write(p.fd, &one, sizeof(one)) < 0)
		log_debug("signal-failed", "error=\"%s\"", strerror(errno));
}

static void accept_into(const struct keep_op *op, int *accepted)
{
	int fd = accept4(keep_fd(op->slot), NULL, NULL, SOCK_NONBLOCK);

	if (fd < 0)
		return; /* the client has thought better of it; the daemon finds no descriptor */
	if (keep_held_place(fd, op->slots[0]) == 0)
		*accepted = op->slots[0];
}

/* Also for those who have the file mapped. */
static void zero_file(const struct keep_op *op)
{
	uint64_t at[2];

	memcpy(at, op->bytes, sizeof(at));
	if (fallocate(keep_fd(op->slot), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at[0],
		    (off_t)at[1]) < 0)
		log_error("zero-failed", "slot=%d error=\"%s\"", op->slot, strerror(errno));
}

/* The slot of an accepted connection, or -1. */
static int perform(const struct keep_ops *ops)
{
	int accepted = -1;

	for (uint32_t i = 0; i < ops->n && i < KEEP_OPS_MAX; i++) {
		const struct keep_op *op = &ops->op[i];

		if (!keep_op_valid(op))
			continue;
		if (op->kind == KEEP_CONSUME)
			consume(op);
		else if (op->kind == KEEP_SEND)
			send_bytes(op);
		else if (op->kind == KEEP_SIGNAL)
			signal_eventfd(op);
		else if (op->kind == KEEP_ACCEPT)
			accept_into(op, &accepted);
		else if (op->kind == KEEP_DROP)
			close(keep_fd(op->slot));
		else if (op->kind == KEEP_ZERO)
			zero_file(op);
	}
	return accepted;
}

static int finish(struct holder *h)
{
	const struct keep_ops *ops = keep_pending(&h->journal);
	int accepted = ops ? perform(ops) : -1;

	keep_done(&h->journal);
	return accepted;
}

/* ---- the daemon ---- */

static void answer(struct holder *h)
{
	struct keep_held_msg m = {KEEP_HELD_COMMIT, finish(h)};

	keep_held_send(h->sock, &m, m.slot >= 0 ? keep_fd(m.slot) : -1);
}

/* One message of the daemon's. False: there is none. */
static bool serve(struct holder *h)
{
	struct keep_held_msg m;
	int fd;

	if (keep_held_recv(h->sock, &m, &fd, MSG_DONTWAIT) < 0)
		return false;
	if (m.kind == KEEP_HELD_PUT && fd >= 0 && m.slot >= 0 && m.slot < KEEP_SLOTS)
		keep_held_place(fd, m.slot);
	else if (fd >= 0)
		close(fd);
	if (m.kind == KEEP_HELD_COMMIT)
		answer(h);
	return true;
}

static void become_daemon(struct holder *h, int sock)
{
	sigset_t end;

	/* Blocked, the wish to end waits for the daemon's loop; one that dies of it would have
	 * ended without taking leave. */
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	sigprocmask(SIG_SETMASK, &end, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* without its holder it could not keep its promises */
	if (dup2(sock, KEEP_HELD_FD_SOCKET) < 0 || dup2(h->journal.fd, KEEP_HELD_FD_JOURNAL) < 0)
		_exit(1);
	execv(h->argv[0], h->argv);
	log_refuse("%s: cannot be started: %s; install it again", h->argv[0], strerror(errno));
	_exit(1);
}

static int start_daemon(struct holder *h)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	h->daemon = fork();
	if (h->daemon == 0)
		become_daemon(h, pair[1]);
	close(pair[1]);
	h->sock = pair[0];
	h->started_ms = now_ms();
	h->done_at_start = h->journal.file->done;
	return h->daemon < 0 ? -errno : 0;
}

/* A daemon that keeps dying without having done anything must not spin; in the end its state goes.
 */
static bool worth_another(struct holder *h)
{
	const bool did_something = h->journal.file->done != h->done_at_start;

	if (did_something || now_ms() - h->started_ms >= EARLY_DEATH_MS)
		h->early_deaths = 0;
	else
		h->early_deaths++;
	if (h->early_deaths > 5)
		usleep(100000);
	return h->early_deaths < EARLY_DEATHS_MAX;
}

/* The daemon is dead. True: another one runs. */
static bool next_daemon(struct holder *h, int status)
{
	while (serve(h))
		;
	close(h->sock);
	finish(h);
	if (WIFEXITED(status) || h->ending)
		return false; /* it knew what it did, or we do */
	log_warn("restarted", "pid=%d status=0x%x steps=%llu", (int)h->daemon, (unsigned)status,
		(unsigned long long)h->journal.file->done);
	return worth_another(h) && start_daemon(h) == 0;
}

/* Signals: children, and the wish to end, which is passed on. True: go on. */
static bool heed_signals(struct holder *h, int *status)
{
	struct signalfd_siginfo info;

	if (read(h->signals, &info, sizeof(info)) != sizeof(info))
		return true;
	if (info.ssi_signo != SIGCHLD) {
		h->ending = true; /* it may be dead already, and not reaped yet */
		kill(h->daemon, SIGTERM);
		return true;
	}
	while (waitpid(h->daemon, status, WNOHANG) == h->daemon)
		if (!next_daemon(h, *status))
			return false;
	return true;
}

/* For poll(): forever, or until this process may be urgent again. */
static int account_ms(void)
{
	const uint64_t back_ns = priority_account();

	return back_ns == UINT64_MAX ? -1 : (int)(URGENCY_WINDOW_NS / 1000000);
}

/* Killed while it was to end anyway, it has ended as was wished. */
static int exit_code(const struct holder *h, int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return h->ending && WTERMSIG(status) == SIGKILL ? 0 : 1;
}

static int hold(struct holder *h)
{
	int status = 0;

	for (;;) {
		struct pollfd p[] = {
			{.fd = h->sock, .events = POLLIN},
			{.fd = h->signals, .events = POLLIN},
		};

		if (poll(p, 2, account_ms()) < 0 && errno != EINTR)
			return 1;
		/* A dead mux's socket stays readable (end of file) until its status is there. */
		if ((p[0].revents & POLLIN) && !serve(h) && !(p[1].revents & POLLIN))
			poll(&p[1], 1, 1000);
		if ((p[1].revents & POLLIN) && !heed_signals(h, &status))
			return exit_code(h, status);
	}
}

/* The program as it is installed now, so that an upgrade takes effect with the daemon's next start.
 */
static char **daemon_argv(int argc, char **argv)
{
	char **out = calloc((size_t)argc + 2, sizeof(*out));

	if (!out)
		return NULL;
	memcpy(out, argv, sizeof(*out) * (size_t)argc);
	out[0] = realpath("/proc/self/exe", NULL);
	out[argc] = (char *)(uintptr_t)KEEP_HOLDER_FLAG;
	return out[0] ? out : NULL;
}

int keep_holder_run(int argc, char **argv, const char *name, size_t state_bytes)
{
	struct holder h = {.argv = daemon_argv(argc, argv)};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	h.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (!h.argv || h.signals < 0 || keep_journal_new(&h.journal, state_bytes) < 0 ||
		start_daemon(&h) < 0) {
		log_refuse("cannot start: %s; look for exhausted memory, processes or descriptors",
			strerror(errno));
		return 1;
	}
	prctl(PR_SET_NAME, name);
	return hold(&h);
}

int keep_holder_prepare(void)
{
	const rlim_t need = KEEP_FD_BASE + KEEP_SLOTS + 1;
	struct rlimit l;

	close_range(3, ~0u, 0);
	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return -errno;
	if (l.rlim_cur >= need)
		return 0;
	if (l.rlim_max < need) {
		log_refuse("only %llu descriptors allowed; allow %llu (ulimit -n)",
			(unsigned long long)l.rlim_max, (unsigned long long)need);
		return -EMFILE;
	}
	l.rlim_cur = need;
	return setrlimit(RLIMIT_NOFILE, &l) < 0 ? -errno : 0;
}
