/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_mem_test.c - the indices read from the client's file are those that a driver writes through
 * its mapping; files that are short, cut under us, unsealed or none. One thread.
 */
#include "vios-core/base/keep_ops.h"
#include "vios-core/vhostuser/vu_mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_ring.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define NUM 256

struct client {
	int fds[1];
	uint8_t *base;
	struct vring vring;
	struct vu_mem_table mem;
	struct vu_ring_layout layout;
};

static void client_open(struct client *c, unsigned seals)
{
	struct vu_vring_addr a;

	c->fds[0] = memfd_create("client", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(c->fds[0], 0x10000), 0);
	if (seals)
		assert_int_equal(fcntl(c->fds[0], F_ADD_SEALS, seals), 0);
	c->base = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED, c->fds[0], 0);
	assert_true(c->base != MAP_FAILED);
	vring_init(&c->vring, NUM, c->base + 0x3000, 4096);
	c->mem = (struct vu_mem_table){
		.n_regions = 1, .region = {{0, 0xe000, (uintptr_t)c->base + 0x2000, 0x2000}}};
	a = (struct vu_vring_addr){.desc = (uintptr_t)c->vring.desc,
		.avail = (uintptr_t)c->vring.avail,
		.used = (uintptr_t)c->vring.used};
	assert_int_equal(vu_ring_locate(&c->mem, &a, NUM, &c->layout), VU_OK);
}

static void client_close(struct client *c)
{
	munmap(c->base, 0x10000);
	close(c->fds[0]);
}

static void indices_from_the_file(void **state)
{
	struct client c;
	uint16_t idx = 0;

	client_open(&c, F_SEAL_SHRINK);
	c.vring.used->flags = 0xffff;
	c.vring.used->idx = 4711;
	c.vring.avail->idx = 815;
	assert_int_equal(vu_mem_used_idx(c.fds, &c.layout, &idx), 0);
	assert_int_equal(idx, 4711);
	assert_int_equal(vu_mem_avail_idx(c.fds, &c.layout, &idx), 0);
	assert_int_equal(idx, 815);
	client_close(&c);
}

/* A ring of a session: not before all of where it lies has been told. */
static void index_of_a_ring(void **state)
{
	static struct vu_back b; /* slot 0 of memory is the client's file */
	struct vu_front_ring *r = &b.device.ring[1];
	struct client c;
	uint16_t idx = 0;

	client_open(&c, F_SEAL_SHRINK);
	assert_int_equal(dup2(c.fds[0], keep_fd(0)), keep_fd(0));
	c.vring.used->idx = 4711;
	assert_int_equal(vu_mem_kept_used_idx(&b, 1, &idx, NULL), -ENODATA);
	b.device.mem = c.mem;
	r->addr = (struct vu_vring_addr){.desc = (uintptr_t)c.vring.desc,
		.avail = (uintptr_t)c.vring.avail,
		.used = (uintptr_t)c.vring.used};
	r->num = NUM;
	assert_int_equal(vu_mem_kept_used_idx(&b, 1, &idx, NULL), -ENODATA);
	r->has_addr = true;
	assert_int_equal(vu_mem_kept_used_idx(&b, 1, &idx, NULL), 0);
	assert_int_equal(idx, 4711);
	r->addr.used = 1; /* of no region */
	assert_int_equal(vu_mem_kept_used_idx(&b, 1, &idx, NULL), -ENODATA);
	close(keep_fd(0));
	client_close(&c);
}

/* A client that truncates its memory: an error, no signal. */
static void truncated_under_us(void **state)
{
	struct client c;
	uint16_t idx = 0;

	client_open(&c, 0);
	assert_int_equal(ftruncate(c.fds[0], 0x1000), 0);
	assert_int_equal(vu_mem_used_idx(c.fds, &c.layout, &idx), -ENODATA);
	assert_int_equal(ftruncate(c.fds[0], (off_t)vu_ring_used_idx_offset(&c.layout) + 1), 0);
	assert_int_equal(vu_mem_used_idx(c.fds, &c.layout, &idx), -ENODATA);
	client_close(&c);
	assert_int_equal(vu_mem_used_idx(c.fds, &c.layout, &idx), -EBADF);
}

static void files(void **state)
{
	struct client c;
	struct vu_region r;
	int p[2];

	client_open(&c, F_SEAL_SHRINK);
	r = c.mem.region[0];
	assert_int_equal(vu_mem_check_file(c.fds[0], &r, false), VU_OK);
	r.size_bytes++;
	assert_int_equal(vu_mem_check_file(c.fds[0], &r, true), VU_MEM_SHORT);
	r.mmap_offset = INT64_MAX;
	r.size_bytes = 1;
	assert_int_equal(vu_mem_check_file(c.fds[0], &r, true), VU_MEM_SHORT);
	client_close(&c);
	client_open(&c, F_SEAL_GROW);
	assert_int_equal(vu_mem_check_file(c.fds[0], &c.mem.region[0], false), VU_MEM_UNSEALED);
	assert_int_equal(vu_mem_check_file(c.fds[0], &c.mem.region[0], true), VU_OK);
	client_close(&c);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(vu_mem_check_file(p[0], &c.mem.region[0], true), VU_BAD_VALUE);
	close(p[0]);
	close(p[1]);
	assert_int_equal(vu_mem_check_file(-1, &c.mem.region[0], true), VU_BAD_VALUE);
}

static void event_descriptors(void **state)
{
	int p[2], s[2], fd = eventfd(0, EFD_CLOEXEC);

	assert_int_equal(vu_mem_check_event(fd), VU_OK);
	close(fd);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(vu_mem_check_event(p[1]), VU_OK);
	close(p[0]);
	close(p[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	assert_int_equal(vu_mem_check_event(s[0]), VU_BAD_VALUE);
	close(s[0]);
	close(s[1]);
	fd = memfd_create("file", MFD_CLOEXEC);
	assert_int_equal(vu_mem_check_event(fd), VU_BAD_VALUE);
	close(fd);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_int_equal(vu_mem_check_event(fd), VU_BAD_VALUE);
	close(fd);
	assert_int_equal(vu_mem_check_event(-1), VU_BAD_VALUE);
}

static void a_region_keeps_its_size(void **state)
{
	int fd = vu_mem_new_region(8192);
	char bytes[8192] = {1};

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	for (unsigned i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 0);
	assert_int_equal(ftruncate(fd, 4096), -1);
	assert_int_equal(ftruncate(fd, 16384), -1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indices_from_the_file),
		cmocka_unit_test(index_of_a_ring),
		cmocka_unit_test(truncated_under_us),
		cmocka_unit_test(files),
		cmocka_unit_test(event_descriptors),
		cmocka_unit_test(a_region_keeps_its_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
