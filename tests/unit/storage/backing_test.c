/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * backing_test.c - files as disks: what is refused and why, the lock between two descriptions of
 * one file, holes; and the engine and the jobs thread that do the I/O. Needs direct I/O where
 * TMPDIR or /tmp is, and is skipped without.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "storage/aio.h"
#include "storage/backing.h"
#include "storage/jobs.h"

#define BYTES (1 << 20)

static char path[64];

static int make_file(void **state)
{
	int fd, direct;

	snprintf(path, sizeof(path), "/tmp/backing-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || posix_fallocate(fd, 0, BYTES + 100))
		return -1;
	close(fd);
	direct = open(path, O_RDWR | O_DIRECT);
	if (direct < 0) {
		print_message("no direct I/O here\n");
		unlink(path);
		exit(77);
	}
	close(direct);
	return 0;
}

static int remove_file(void **state)
{
	return unlink(path);
}

static struct backing opened(uint32_t block_bytes)
{
	struct backing b;
	char why[256] = "";

	if (backing_open(path, block_bytes, &b, why, sizeof(why)))
		fail_msg("%s", why);
	return b;
}

static void test_open(void **state)
{
	struct backing b = opened(0);
	struct stat st;
	char why[256];

	assert_int_equal(b.block_bytes, 512);
	if (!stat(path, &st) && st.st_blksize == 4096)
		assert_int_equal(b.physical_bytes, 4096);
	assert_int_equal(b.size_bytes, BYTES); /* whole blocks */
	assert_false(b.is_device);
	backing_close(&b);
	b = opened(4096);
	assert_int_equal(b.block_bytes, 4096);
	assert_true(b.physical_bytes >= 4096);
	backing_close(&b);
	assert_int_equal(backing_open("/tmp/nowhere/x", 0, &b, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "No such file"));
	assert_true(backing_open("/dev/null", 0, &b, why, sizeof(why)) < 0);
	assert_true(backing_open("/tmp", 0, &b, why, sizeof(why)) < 0);
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(backing_open(path, 0, &b, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "empty"));
}

static void test_lock(void **state)
{
	struct backing a = opened(0), b = opened(0);

	assert_int_equal(backing_lock(a.fd, 7), 0);
	assert_int_equal(backing_lock(a.fd, 7), 0); /* it has it */
	assert_int_equal(backing_lock(b.fd, 7), -EAGAIN);
	assert_int_equal(backing_lock(b.fd, 8), 0); /* another adapter's */
	backing_unlock(a.fd, 7);
	assert_int_equal(backing_lock(b.fd, 7), 0);
	assert_int_equal(backing_lock(a.fd, 7), -EAGAIN);
	assert_true(backing_held(a.fd, 7));
	assert_false(backing_held(b.fd, 7)); /* its own does not count */
	assert_false(backing_held(a.fd, 9));
	backing_close(&b); /* the last reference drops it */
	assert_false(backing_held(a.fd, 7));
	assert_int_equal(backing_lock(a.fd, 7), 0);
	assert_int_equal(backing_lock(a.fd, UINT32_MAX), 0);
	backing_close(&a);
}

static void test_other_node(void **state)
{
	struct backing a = opened(0), b = opened(0);
	char other[] = "/tmp/backing-otherXXXXXX", why[256];
	int fd = mkstemp(other);

	assert_true(fd >= 0);
	assert_int_equal(backing_open_other(&a, path, why, sizeof(why)), 0);
	assert_int_equal(a.other_fd, -1); /* it is this one */
	assert_int_equal(backing_open_other(&a, other, why, sizeof(why)), 0);
	assert_true(a.other_fd >= 0);
	assert_int_equal(backing_open_other(&b, "/tmp/nowhere/x", why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/tmp/nowhere/x"));
	assert_int_equal(b.other_fd, -1);
	backing_close(&a);
	assert_int_equal(a.other_fd, -1);
	backing_close(&b);
	close(fd);
	unlink(other);
}

static void test_holes(void **state)
{
	struct backing b = opened(0);
	struct stat before, after;

	assert_int_equal(fstat(b.fd, &before), 0);
	assert_int_equal(backing_discard(&b, 65536, 131072), 0);
	assert_int_equal(fstat(b.fd, &after), 0);
	assert_true(after.st_blocks < before.st_blocks);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(backing_flush(&b), 0);
	backing_close(&b);
}

/* ---- the engine ---- */

struct io {
	struct aio_request request;
	long result;
	bool done;
};

static void on_done(struct aio_request *request, long result)
{
	struct io *io = (struct io *)request;

	io->result = result;
	io->done = true;
}

static long wait_io(struct aio *aio, struct io *io)
{
	aio_submit(aio);
	for (unsigned n = 0; !io->done && n < 6000; n++) {
		struct pollfd p = {.fd = aio_event_fd(aio), .events = POLLIN};

		uint64_t count;

		if (poll(&p, 1, 10) > 0 && read(p.fd, &count, sizeof(count)) < 0)
			continue;
		aio_reap(aio);
	}
	assert_true(io->done);
	assert_int_equal(aio_with_kernel(aio), 0);
	return io->result;
}

static void test_aio(void **state)
{
	struct backing b = opened(0);
	uint8_t *out = aligned_alloc(4096, 8192), *in = aligned_alloc(4096, 8192);
	struct iov iov[2] = {{out, 4096}, {out + 4096, 4096}}, back = {in, 8192};
	struct io io = {.request.done = on_done};
	static struct aio *aio; /* lives as long as the process */

	assert_int_equal(aio_new(4, &aio), 0);
	for (unsigned i = 0; i < 8192; i++)
		out[i] = (uint8_t)(i * 7 + 3);
	aio_write(aio, &io.request, b.fd, iov, 2, 4096, true);
	assert_true(aio_has_queued(aio));
	assert_int_equal(wait_io(aio, &io), 8192);
	io.done = false;
	aio_read(aio, &io.request, b.fd, &back, 1, 4096);
	assert_int_equal(wait_io(aio, &io), 8192);
	assert_memory_equal(in, out, 8192);
	io.done = false;
	aio_flush(aio, &io.request, b.fd);
	assert_int_equal(wait_io(aio, &io), 0);
	io.done = false; /* one that the kernel refuses does not stop those behind it */
	aio_read(aio, &io.request, -1, &back, 1, 0);
	assert_int_equal(wait_io(aio, &io), -EBADF);
	free(out);
	free(in);
	backing_close(&b);
}

/* More than the engine's depth: the rest waits. */
static void test_aio_depth(void **state)
{
	struct backing b = opened(0);
	struct io io[32];
	struct iov iov = {aligned_alloc(4096, 4096), 4096};
	static struct aio *aio; /* lives as long as the process */
	unsigned n = 0;

	memset(io, 0, sizeof(io));
	assert_int_equal(aio_new(4, &aio), 0);
	for (unsigned i = 0; i < 32; i++) {
		io[i].request.done = on_done;
		aio_read(aio, &io[i].request, b.fd, &iov, 1, 4096 * i);
	}
	aio_submit(aio);
	assert_true(aio_with_kernel(aio) <= 4 && aio_has_queued(aio));
	for (unsigned turn = 0; n < 32 && turn < 600000; turn++) { /* a minute of them, or more */
		n += aio_reap(aio);
		aio_submit(aio);
		if (n < 32)
			usleep(100);
	}
	assert_int_equal(n, 32);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(io[i].result, 4096);
	free(iov.base);
	backing_close(&b);
}

/* ---- the thread ---- */

struct numbered {
	struct job job;
	unsigned number;
};
static unsigned ran, reaped;

static void run(struct job *job)
{
	struct numbered *n = (struct numbered *)job;

	assert_int_equal(n->number, ran++); /* in order */
}

static void done(struct job *job)
{
	struct numbered *n = (struct numbered *)job;

	assert_int_equal(n->number, reaped++);
}

static void test_jobs(void **state)
{
	struct numbered jobs[100];
	static struct jobs *thread;

	assert_int_equal(jobs_new("test", &thread), 0);
	assert_int_equal(jobs_reap(thread), 0);
	for (unsigned i = 0; i < 100; i++) {
		jobs[i] = (struct numbered){{NULL, run, done}, i};
		jobs_post(thread, &jobs[i].job);
	}
	while (reaped < 100) {
		struct pollfd p = {.fd = jobs_event_fd(thread), .events = POLLIN};
		uint64_t count;

		assert_int_equal(poll(&p, 1, 10000), 1); /* it tells of each time */
		assert_int_equal(read(p.fd, &count, sizeof(count)), sizeof(count));
		jobs_reap(thread);
	}
	assert_int_equal(ran, 100);
	assert_int_equal(reaped, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_lock, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_other_node, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_holes, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_aio, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_aio_depth, make_file, remove_file),
		cmocka_unit_test(test_jobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
