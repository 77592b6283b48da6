/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ranges_test.c - ranges of one process among themselves, and of several processes on virtual time
 * with a kernel made of a list of locks: nobody changes what another one does, everybody's turn
 * comes, also that of the large among many small, and whoever dies or gives up leaves nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "storage/ranges.h"

#define LOCKS 256
#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

/* ---- the kernel: a lock belongs to a process ---- */

static struct lock {
	unsigned owner; /* 0: free */
	enum ranges_lock which;
	uint64_t begin, end;
} locks[LOCKS];
static unsigned calls;

struct process {
	unsigned id;
	struct ranges ranges;
	struct ranges_kernel kernel;
};

static int lock(void *user, enum ranges_lock which, uint64_t begin, uint64_t end)
{
	const struct process *p = user;
	struct lock *space = NULL;

	calls++;
	for (unsigned i = 0; i < LOCKS; i++) {
		struct lock *l = &locks[i];

		if (!l->owner)
			space = l;
		else if (l->which == which && l->begin < end && begin < l->end) {
			/* its own would be swallowed: the list must not ask for it */
			assert_int_not_equal(l->owner, p->id);
			return -11;
		}
	}
	assert_non_null(space);
	*space = (struct lock){p->id, which, begin, end};
	return 0;
}

static void unlock(void *user, enum ranges_lock which, uint64_t begin, uint64_t end)
{
	const struct process *p = user;

	calls++;
	for (unsigned i = 0; i < LOCKS; i++) {
		struct lock *l = &locks[i];

		if (l->owner != p->id || l->which != which || l->begin != begin || l->end != end)
			continue;
		l->owner = 0;
		return;
	}
	fail_msg("unlocked what it had not");
}

static bool others_wait(void *user)
{
	const struct process *p = user;

	calls++;
	for (unsigned i = 0; i < LOCKS; i++)
		if (locks[i].owner && locks[i].owner != p->id && locks[i].which == RANGES_PLACE)
			return true;
	return false;
}

static unsigned n_locks(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < LOCKS; i++)
		n += locks[i].owner > 0;
	return n;
}

static void process_init(struct process *p, unsigned id)
{
	*p = (struct process){.id = id, .kernel = {lock, unlock, others_wait, p}};
	ranges_init(&p->ranges);
}

static bool add(struct process *p, struct range *r, uint64_t begin, uint64_t end, uint64_t now_ns)
{
	ranges_add(&p->ranges, r, begin, end, false, now_ns);
	return ranges_try(&p->ranges, r, now_ns, &p->kernel);
}

/* ---- one process ---- */

static void test_in_order(void **state)
{
	struct process p;
	struct range r[4];

	process_init(&p, 1);
	assert_true(add(&p, &r[0], 0, 8, 1));
	assert_false(add(&p, &r[1], 4, 12, 1));
	assert_false(add(&p, &r[2], 8, 16, 1)); /* not past the one that waits */
	assert_true(add(&p, &r[3], 16, 24, 1));
	ranges_remove(&p.ranges, &r[0], &p.kernel);
	assert_false(ranges_try(&p.ranges, &r[2], 2, &p.kernel));
	assert_true(ranges_try(&p.ranges, &r[1], 2, &p.kernel));
	ranges_remove(&p.ranges, &r[1], &p.kernel);
	assert_true(ranges_try(&p.ranges, &r[2], 3, &p.kernel));
	ranges_remove(&p.ranges, &r[3], &p.kernel);
	ranges_remove(&p.ranges, &r[2], &p.kernel);
	ranges_remove(&p.ranges, &r[2], &p.kernel); /* has left: nothing */
	assert_null(p.ranges.first);
	assert_int_equal(n_locks(), 0);
}

static void test_loose_ones_end_first(void **state)
{
	struct process p;
	struct range loose, here, atomic;

	process_init(&p, 1);
	ranges_add_loose(&p.ranges, &loose);
	assert_false(ranges_all_told(&p.ranges));
	assert_false(add(&p, &atomic, 100, 101, 1));
	ranges_remove(&p.ranges, &loose, &p.kernel);
	assert_true(ranges_try(&p.ranges, &atomic, 2, &p.kernel));
	calls = 0;
	ranges_add(&p.ranges, &here, 0, 100, true, 2);
	assert_true(ranges_try(&p.ranges, &here, 2, &p.kernel));
	assert_false(ranges_all_told(&p.ranges));
	ranges_remove(&p.ranges, &here, &p.kernel);
	assert_int_equal(calls, 0); /* of no other process's business */
	assert_true(ranges_all_told(&p.ranges));
	ranges_add(&p.ranges, &here, 100, 102, true, 2); /* but it waits for its own */
	assert_false(ranges_try(&p.ranges, &here, 2, &p.kernel));
	ranges_remove(&p.ranges, &here, &p.kernel);
	ranges_remove(&p.ranges, &atomic, &p.kernel);
	assert_int_equal(n_locks(), 0);
}

/* What a plain write on a shared disk costs while nobody is in its way. */
static void test_two_calls(void **state)
{
	struct process p;
	struct range r;

	process_init(&p, 1);
	assert_true(add(&p, &r, 0, 8, MS));
	ranges_remove(&p.ranges, &r, &p.kernel);
	calls = 0;
	for (unsigned i = 1; i <= 100; i++) {
		assert_true(add(&p, &r, 0, 8, MS + i * US));
		ranges_remove(&p.ranges, &r, &p.kernel);
	}
	assert_int_equal(calls, 200);
}

/* ---- several ---- */

static void test_who_waits_is_next(void **state)
{
	struct process p, q;
	struct range held, next, waits;
	uint64_t now = MS;

	process_init(&p, 1);
	process_init(&q, 2);
	assert_true(add(&p, &held, 0, 8, now));
	assert_false(add(&q, &waits, 4, 12, now));
	assert_true(ranges_next_ns(&q.ranges) > now);
	assert_int_equal(ranges_next_ns(&p.ranges), UINT64_MAX);
	assert_false(ranges_try(&q.ranges, &waits, now, &q.kernel)); /* not yet time */
	assert_false(add(&p, &next, 0, 8, now));
	ranges_remove(&p.ranges, &held, &p.kernel);
	/* free, and p comes first: it must not get past q */
	assert_false(ranges_try(&p.ranges, &next, now + 1, &p.kernel));
	now = ranges_next_ns(&q.ranges);
	assert_true(ranges_try(&q.ranges, &waits, now, &q.kernel));
	assert_false(ranges_try(&p.ranges, &next, now + MS, &p.kernel));
	ranges_remove(&q.ranges, &waits, &q.kernel);
	assert_true(ranges_try(&p.ranges, &next, now + 2 * MS, &p.kernel));
	ranges_remove(&p.ranges, &next, &p.kernel);
	assert_int_equal(n_locks(), 0);
}

static void test_gives_up(void **state)
{
	struct process p, q;
	struct range held, waits;
	uint64_t now = MS, tries = 0;

	process_init(&p, 1);
	process_init(&q, 2);
	assert_true(add(&p, &held, 0, 8, now));
	assert_false(add(&q, &waits, 0, 8, now));
	while (!ranges_overdue(&waits, now)) {
		uint64_t next = ranges_next_ns(&q.ranges);

		assert_in_range(next, now + 1, now + MS); /* neither busy nor asleep */
		now = next;
		assert_false(ranges_try(&q.ranges, &waits, now, &q.kernel));
		assert_true(++tries < 22000);
	}
	assert_in_range(now, RANGES_WAIT_MAX_NS, RANGES_WAIT_MAX_NS + 3 * MS);
	ranges_remove(&q.ranges, &waits, &q.kernel);
	assert_false(ranges_overdue(&waits, now));
	assert_int_equal(n_locks(), 1);
	ranges_remove(&p.ranges, &held, &p.kernel);
	assert_int_equal(n_locks(), 0);
}

/* ---- a world ---- */

#define PROCESSES 3
#define REQUESTS 12 /* of each process */
#define BLOCKS 64

static uint64_t seed;

static unsigned draw(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

struct member {
	struct process process;
	struct range range[REQUESTS];
	uint64_t ends_ns[REQUESTS];
};

static struct member members[PROCESSES];
static uint64_t longest_ns;

static void check_alone(const struct range *r)
{
	for (unsigned i = 0; i < PROCESSES; i++)
		for (unsigned k = 0; k < REQUESTS; k++) {
			const struct range *o = &members[i].range[k];

			if (o != r && o->state == RANGE_HELD)
				assert_true(o->end <= r->begin || r->end <= o->begin);
		}
}

static void hold(struct member *m, unsigned k, uint64_t now_ns)
{
	uint64_t waited_ns = now_ns - m->range[k].since_ns;

	check_alone(&m->range[k]);
	longest_ns = waited_ns > longest_ns ? waited_ns : longest_ns;
	m->ends_ns[k] = now_ns + (20 + draw(100)) * US;
}

static void begin(struct member *m, unsigned k, uint64_t now_ns)
{
	uint64_t n = m->process.id == 1 && k == 0 ? BLOCKS : 1 + draw(8); /* one wants it all */
	uint64_t at = draw(BLOCKS - (unsigned)n + 1);

	if (add(&m->process, &m->range[k], at, at + n, now_ns))
		hold(m, k, now_ns);
}

static void die(struct member *m)
{
	for (unsigned i = 0; i < LOCKS; i++)
		if (locks[i].owner == m->process.id)
			locks[i].owner = 0;
	process_init(&m->process, m->process.id);
	memset(m->range, 0, sizeof(m->range));
}

static void step(struct member *m, uint64_t now_ns)
{
	struct process *p = &m->process;

	for (unsigned k = 0; k < REQUESTS; k++) {
		struct range *r = &m->range[k];

		if (r->state == RANGE_HELD && now_ns >= m->ends_ns[k])
			ranges_remove(&p->ranges, r, &p->kernel);
		else if (r->state == RANGE_WAITING && !draw(20000)) /* aborted */
			ranges_remove(&p->ranges, r, &p->kernel);
	}
	for (struct range *r = p->ranges.first; r; r = r->next)
		if (r->state == RANGE_WAITING && ranges_try(&p->ranges, r, now_ns, &p->kernel))
			hold(m, (unsigned)(r - m->range), now_ns);
	for (unsigned k = 0; k < REQUESTS; k++)
		if (m->range[k].state == RANGE_NONE && !draw(4))
			begin(m, k, now_ns);
}

static void test_world(void **state)
{
	const char *given = getenv("VIOS_SEED");
	uint64_t now_ns = MS;

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) | 1;
	print_message("VIOS_SEED=%llu\n", (unsigned long long)seed);
	for (unsigned i = 0; i < PROCESSES; i++)
		process_init(&members[i].process, i + 1);
	for (unsigned n = 0; n < 200000; n++) {
		now_ns += 10 * US;
		step(&members[draw(PROCESSES)], now_ns);
		if (!draw(10000))
			die(&members[draw(PROCESSES)]);
	}
	for (unsigned i = 0; i < PROCESSES; i++)
		for (unsigned k = 0; k < REQUESTS; k++)
			ranges_remove(&members[i].process.ranges, &members[i].range[k],
				&members[i].process.kernel);
	assert_int_equal(n_locks(), 0);
	print_message("longest wait %llu us\n", (unsigned long long)(longest_ns / US));
	assert_true(longest_ns < 100 * MS);
}

/* One that wants all of what another one writes here and there, never all of it at once. */
static void test_small_ones_do_not_starve_a_large_one(void **state)
{
	struct process p, q;
	struct range small[2], large;
	uint64_t now_ns = MS, began_ns;

	process_init(&p, 1);
	process_init(&q, 2);
	memset(small, 0, sizeof(small));
	assert_true(add(&p, &small[0], 0, 8, now_ns));
	began_ns = now_ns;
	assert_false(add(&q, &large, 0, 16, now_ns));
	for (unsigned n = 1; large.state != RANGE_HELD; n++) {
		unsigned i = n % 2;

		now_ns += 10 * US;
		if (small[i].state == RANGE_NONE)
			add(&p, &small[i], 8 * i, 8 * i + 8, now_ns);
		else if (small[i].state == RANGE_WAITING)
			ranges_try(&p.ranges, &small[i], now_ns, &p.kernel);
		if (small[!i].state == RANGE_HELD && small[i].state == RANGE_HELD)
			ranges_remove(&p.ranges, &small[!i], &p.kernel);
		else if (small[!i].state == RANGE_HELD && small[i].state == RANGE_WAITING)
			ranges_remove(&p.ranges, &small[!i], &p.kernel);
		ranges_try(&q.ranges, &large, now_ns, &q.kernel);
		assert_true(now_ns < began_ns + 5 * MS);
	}
	ranges_remove(&q.ranges, &large, &q.kernel);
	ranges_remove(&p.ranges, &small[0], &p.kernel);
	ranges_remove(&p.ranges, &small[1], &p.kernel);
	assert_int_equal(n_locks(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_loose_ones_end_first),
		cmocka_unit_test(test_two_calls),
		cmocka_unit_test(test_who_waits_is_next),
		cmocka_unit_test(test_gives_up),
		cmocka_unit_test(test_small_ones_do_not_starve_a_large_one),
		cmocka_unit_test(test_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
