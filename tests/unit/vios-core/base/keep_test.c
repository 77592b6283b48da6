/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keep_test.c - restart in place: slots and operations, the journal, and a daemon that is killed at
 * every point under a real holder. The program is its own daemon: with KEEP_HOLDER_FLAG it serves a
 * socket that echoes lines, one a step; the test counts what came back.
 */
#include "vios-core/base/keep_held.h"
#include "vios-core/base/keep_holder.h"
#include "vios-core/base/keep_journal.h"
#include "vios-core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LINE_BYTES 16

/* ---- the daemon ---- */

struct echo {
	int listener, conn, file;
	uint64_t lines, points;
	struct keep_slots slots;
};

static uint64_t die_every(void)
{
	return strtoull(getenv("KEEP_TEST_DIE"), NULL, 10);
}

/* Counted in the state itself, so that it goes on where the last one died. */
static void point(struct keep_journal *j)
{
	struct echo *e = (struct echo *)(uintptr_t)keep_state(j);

	if (++e->points % die_every() == 0)
		raise(SIGKILL);
}

static int listen_at(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 4) < 0)
		exit(1);
	return fd;
}

/* A line's place in the file: its first half is made zeroes with it. */
static int new_file(void)
{
	int fd = memfd_create("lines", MFD_CLOEXEC);
	char ones[64 * LINE_BYTES];

	memset(ones, 0xff, sizeof(ones));
	if (write(fd, ones, sizeof(ones)) != sizeof(ones))
		exit(1);
	return fd;
}

static void check_file(const struct echo *e)
{
	static const char expected[LINE_BYTES] = {
		0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1};
	char place[LINE_BYTES];

	if (e->lines && (pread(keep_fd(e->file), place, LINE_BYTES,
				 (off_t)(e->lines % 64 * LINE_BYTES)) != LINE_BYTES ||
				memcmp(place, expected, LINE_BYTES) != 0))
		exit(2);
}

static void echo_begin(struct keep_journal *j, const char *path)
{
	struct echo *e = keep_begin(j, sizeof(*e));

	e->file = keep_held_store(KEEP_HELD_FD_SOCKET, &e->slots, new_file());
	e->conn = -1;
	e->listener = keep_held_store(KEEP_HELD_FD_SOCKET, &e->slots, listen_at(path));
	keep_commit(j);
	keep_held_carry_out(KEEP_HELD_FD_SOCKET);
}

static void echo_accept(struct keep_journal *j)
{
	struct echo *e = keep_begin(j, sizeof(*e));

	e->conn = keep_held_slot(&e->slots);
	keep_accept(keep_ops(j), e->listener, e->conn);
	keep_commit(j);
	point(j);
	keep_held_carry_out(KEEP_HELD_FD_SOCKET);
}

static void echo_line(struct keep_journal *j)
{
	const struct echo *old = keep_state(j);
	struct pollfd p = {.fd = keep_fd(old->conn), .events = POLLIN};
	char line[LINE_BYTES];
	struct keep_op *op;
	struct echo *e;

	check_file(old);
	poll(&p, 1, -1);
	if (recv(p.fd, line, LINE_BYTES, MSG_PEEK) != LINE_BYTES)
		exit(0); /* the client is done */
	point(j);
	e = keep_begin(j, sizeof(*e));
	e->lines++;
	keep_consume(keep_ops(j), e->conn, LINE_BYTES, 0);
	keep_zero(keep_ops(j), e->file, e->lines % 64 * LINE_BYTES, LINE_BYTES / 2);
	op = keep_send(keep_ops(j), e->conn, LINE_BYTES, 0);
	memcpy(op->bytes, line, LINE_BYTES);
	snprintf((char *)op->bytes + 8, 8, "%07llu", (unsigned long long)e->lines % 10000000);
	keep_commit(j);
	point(j);
	keep_held_carry_out(KEEP_HELD_FD_SOCKET);
	point(j);
}

/* What tells it to end waits until it listens: dead of it, it would be started again. */
static bool waits_with_the_end(void)
{
	sigset_t now;

	sigprocmask(SIG_BLOCK, NULL, &now);
	return sigismember(&now, SIGTERM) && sigismember(&now, SIGINT) &&
	       !sigismember(&now, SIGCHLD);
}

static int echo_main(const char *path)
{
	struct keep_journal j;

	if (!waits_with_the_end())
		return 3;
	if (keep_journal_map(&j, KEEP_HELD_FD_JOURNAL, sizeof(struct echo)) < 0)
		return 1;
	if (keep_step(&j) == 0)
		echo_begin(&j, path);
	if (((const struct echo *)keep_state(&j))->conn < 0)
		echo_accept(&j);
	for (;;)
		echo_line(&j);
}

/* ---- the test of it ---- */

static int connect_to(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	for (int i = 0; i < 6000; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
			return fd;
		close(fd);
		usleep(10000);
	}
	return -1;
}

/* Says one line and reads one; the answer must be this line's, and the next in number. */
static void exchange(int fd, unsigned n)
{
	char line[LINE_BYTES + 1] = {0}, back[LINE_BYTES + 1] = {0};
	struct pollfd p = {.fd = fd, .events = POLLIN};

	snprintf(line, sizeof(line), "%07u:0000000", n);
	assert_int_equal(write(fd, line, LINE_BYTES), LINE_BYTES);
	assert_int_equal(poll(&p, 1, 60000), 1);
	assert_int_equal(recv(fd, back, LINE_BYTES, MSG_WAITALL), LINE_BYTES);
	assert_memory_equal(back, line, 7);
	assert_int_equal(strtoul(back + 8, NULL, 10), n);
}

static pid_t start_holder(const char *path, const char *die)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *argv[] = {(char *)"keep_test", (char *)(uintptr_t)path, NULL};

		setenv("KEEP_TEST_DIE", die, 1);
		freopen("/dev/null", "w", stderr);
		if (keep_holder_prepare() < 0)
			_exit(99);
		_exit(keep_holder_run(2, argv, "keep-holder", sizeof(struct echo)));
	}
	return pid;
}

static void a_daemon_dies_everywhere(void **state)
{
	for (unsigned die = 2; die <= 7; die++) {
		char path[64], text[8];
		int fd, status = -1;
		pid_t pid;

		snprintf(path, sizeof(path), "/tmp/vios-keep-test-%d-%u", getpid(), die);
		snprintf(text, sizeof(text), "%u", die);
		pid = start_holder(path, text);
		fd = connect_to(path);
		assert_true(fd >= 0);
		for (unsigned n = 1; n <= 40; n++)
			exchange(fd, n);
		close(fd);
		unlink(path);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static pid_t daemon_of(pid_t holder)
{
	char path[64], text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", holder, holder);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	return (pid_t)strtol(text, NULL, 10);
}

/* It hears both at once, or of the daemon's death long after: no other daemon, whichever it was. */
static void told_to_end_it_starts_no_other(void **state)
{
	for (unsigned both = 0; both < 2; both++) {
		char path[64];
		int fd, status = -1;
		pid_t pid;

		snprintf(path, sizeof(path), "/tmp/vios-keep-test-%d-end%u", getpid(), both);
		pid = start_holder(path, "1000000");
		fd = connect_to(path);
		assert_true(fd >= 0);
		exchange(fd, 1);
		kill(pid, both ? SIGSTOP : SIGTERM);
		if (both)
			assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
		kill(daemon_of(pid), SIGKILL);
		if (both) {
			kill(pid, SIGTERM);
			kill(pid, SIGCONT);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		close(fd);
		unlink(path);
	}
}

/* ---- the data ---- */

static void slots_are_given_once(void **state)
{
	static struct keep_slots slots;

	for (int i = 0; i < KEEP_SLOTS; i++)
		assert_int_equal(keep_slot_alloc(&slots), i);
	assert_int_equal(keep_slot_alloc(&slots), -EMFILE);
	slots.used[17] = 0;
	assert_int_equal(keep_slot_alloc(&slots), 17);
}

static void sends_leave_room(void **state)
{
	static struct keep_slots slots;
	static struct keep_ops ops;
	int slot = 3;

	while (keep_send(&ops, 0, 1, 0))
		;
	assert_int_equal(ops.n, KEEP_SENDS_MAX);
	slots.used[3] = 1;
	keep_drop(&ops, &slots, &slot);
	assert_int_equal(slot, -1);
	assert_int_equal(slots.used[3], 0);
	keep_drop(&ops, &slots, &slot);
	assert_int_equal(ops.n, KEEP_SENDS_MAX + 1);
	assert_false(ops.overflow);
	assert_null(keep_send(&ops, 0, KEEP_BYTES_MAX + 1, 0));
	assert_null(keep_send(&ops, 0, 1, KEEP_FDS_MAX + 1));
	while (ops.n < KEEP_OPS_MAX)
		keep_signal(&ops, 1);
	keep_signal(&ops, 1);
	assert_true(ops.overflow);
}

static void impossible_operations_are_seen(void **state)
{
	const struct keep_op good = {
		.kind = KEEP_SEND, .slot = 1, .len_bytes = 9, .n_fds = 1, .slots = {2}};
	struct keep_op op = good;

	assert_true(keep_op_valid(&op));
	op.kind = KEEP_KIND_END;
	assert_false(keep_op_valid(&op));
	op = good;
	op.slot = KEEP_SLOTS;
	assert_false(keep_op_valid(&op));
	op.slot = -1;
	assert_false(keep_op_valid(&op));
	op = good;
	op.len_bytes = KEEP_BYTES_MAX + 1;
	assert_false(keep_op_valid(&op));
	op = good;
	op.n_fds = KEEP_FDS_MAX + 1;
	assert_false(keep_op_valid(&op));
	op = good;
	op.slots[0] = -1;
	assert_false(keep_op_valid(&op));
	op = (struct keep_op){.kind = KEEP_ACCEPT, .slot = 1};
	assert_false(keep_op_valid(&op));
}

struct numbers {
	uint64_t a[100];
};

static void a_step_counts_only_when_committed(void **state)
{
	struct keep_journal j, k;
	struct numbers *n;

	assert_int_equal(keep_journal_new(&j, sizeof(*n)), 0);
	n = keep_begin(&j, sizeof(*n));
	n->a[99] = 5;
	keep_signal(keep_ops(&j), 1);
	assert_int_equal(((const struct numbers *)keep_state(&j))->a[99], 0);
	assert_null(keep_pending(&j));
	/* killed here: the next one sees nothing of it */
	assert_int_equal(keep_journal_map(&k, j.fd, sizeof(*n)), 0);
	assert_int_equal(((const struct numbers *)keep_state(&k))->a[99], 0);
	keep_commit(&j);
	assert_int_equal(((const struct numbers *)keep_state(&k))->a[99], 5);
	assert_int_equal(keep_step(&k), 1);
	assert_int_equal(keep_pending(&k)->n, 1);
	keep_done(&k);
	assert_null(keep_pending(&j));
	n = keep_begin(&j, sizeof(*n));
	assert_int_equal(n->a[99], 5);
	assert_int_equal(keep_ops(&j)->n, 0);
	assert_int_equal(keep_journal_map(&k, j.fd, sizeof(*n) + 64), -ESTALE);
	assert_int_equal(ftruncate(j.fd, 0), -1); /* sealed */
}

/* Stored by a former life and never used: closed by the step that sweeps; what is in use stays. */
static void what_nobody_uses_is_swept(void **state)
{
	static struct keep_ops ops;
	struct keep_slots slots = {{0}};
	int used = keep_slot_alloc(&slots), unused = keep_slot_alloc(&slots);

	close_range((unsigned)keep_fd(0), ~0u, 0); /* what whoever started us has left open */
	assert_int_equal(dup2(STDERR_FILENO, keep_fd(used)), keep_fd(used));
	assert_int_equal(dup2(STDERR_FILENO, keep_fd(unused)), keep_fd(unused));
	slots.used[unused] = 0;
	keep_held_sweep(&ops, &slots);
	assert_int_equal(ops.n, 1);
	assert_int_equal(ops.op[0].kind, KEEP_DROP);
	assert_int_equal(ops.op[0].slot, unused);
	close(keep_fd(used));
	close(keep_fd(unused));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_are_given_once),
		cmocka_unit_test(sends_leave_room),
		cmocka_unit_test(impossible_operations_are_seen),
		cmocka_unit_test(a_step_counts_only_when_committed),
		cmocka_unit_test(what_nobody_uses_is_swept),
		cmocka_unit_test(a_daemon_dies_everywhere),
		cmocka_unit_test(told_to_end_it_starts_no_other),
	};

	log_init("keep_test", LOGL_ERROR);
	if (argc == 3 && strcmp(argv[2], KEEP_HOLDER_FLAG) == 0)
		return echo_main(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
