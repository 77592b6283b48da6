/* SPDX-License-Identifier: BSD-3-Clause */
/* fdb_test.c - learning, ageing, limits, clients' own addresses, and several threads at once. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/fdb.h"

#define MAC(n) (UINT64_C(0x020000000000) + (n))
#define LIMIT 8

static int set_up(void **state)
{
	*state = fdb_new(1024, LIMIT);
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	fdb_free(*state);
	return 0;
}

static void test_sizes(void **state)
{
	assert_null(fdb_new(100, 1));
	assert_null(fdb_new(32, 1));
}

static void test_learn_and_move(void **state)
{
	struct fdb *fdb = *state;

	assert_int_equal(fdb_get(fdb, MAC(1), 0, 10), PORT_NONE);
	assert_int_equal(fdb_learn(fdb, MAC(1), 0, 3, 10), FDB_NEW);
	assert_int_equal(fdb_learn(fdb, MAC(1), 0, 3, 11), FDB_KNOWN);
	assert_int_equal(fdb_get(fdb, MAC(1), 0, 11), 3);
	assert_int_equal(fdb_learn(fdb, MAC(1), 0, PORT_UPLINK, 12), FDB_MOVED);
	assert_int_equal(fdb_get(fdb, MAC(1), 0, 12), PORT_UPLINK);
	assert_int_equal(fdb_learned_count(fdb, 3), 0);
	assert_int_equal(fdb_learned_count(fdb, PORT_UPLINK), 1);
}

static void test_no_client_takes_what_is_in_use(void **state)
{
	struct fdb *fdb = *state;

	fdb_learn(fdb, MAC(1), 0, PORT_UPLINK, 100);
	assert_int_equal(fdb_learn(fdb, MAC(1), 0, 3, 100 + FDB_HOLD_S), FDB_REFUSED_HELD);
	assert_int_equal(fdb_get(fdb, MAC(1), 0, 100), PORT_UPLINK);
	assert_int_equal(fdb_learned_count(fdb, 3), 0);
	/* Its claim did not make the entry younger. */
	assert_int_equal(fdb_learn(fdb, MAC(1), 0, 3, 101 + FDB_HOLD_S), FDB_MOVED);
	assert_int_equal(fdb_learn(fdb, MAC(1), 0, 4, 101 + FDB_HOLD_S), FDB_REFUSED_HELD);
	assert_int_equal(fdb_learn(fdb, MAC(1), 0, PORT_UPLINK, 101 + FDB_HOLD_S), FDB_MOVED);
}

static void test_vlans_are_apart(void **state)
{
	struct fdb *fdb = *state;

	fdb_learn(fdb, MAC(1), 10, 1, 0);
	fdb_learn(fdb, MAC(1), 20, 2, 0);
	assert_int_equal(fdb_get(fdb, MAC(1), 10, 0), 1);
	assert_int_equal(fdb_get(fdb, MAC(1), 20, 0), 2);
	assert_int_equal(fdb_get(fdb, MAC(1), 0, 0), PORT_NONE);
}

/* The entries of one address in many VLANs are near each other by chance. */
static void test_many_vlans(void **state)
{
	struct fdb *fdb = *state;

	for (uint16_t vlan = 1; vlan <= 100; vlan++)
		assert_int_equal(fdb_learn(fdb, MAC(1), vlan, PORT_UPLINK, 0), FDB_NEW);
	for (uint16_t vlan = 101; vlan <= 4094; vlan++)
		assert_int_equal(fdb_get(fdb, MAC(1), vlan, 0), PORT_NONE);
}

static void test_ages(void **state)
{
	struct fdb *fdb = *state;

	fdb_learn(fdb, MAC(1), 0, 1, 1000);
	fdb_learn(fdb, MAC(2), 0, 1, 1000);
	fdb_learn(fdb, MAC(2), 0, 1, 1200);
	assert_int_equal(fdb_get(fdb, MAC(1), 0, 1000 + FDB_AGE_S), 1);
	assert_int_equal(fdb_get(fdb, MAC(1), 0, 1001 + FDB_AGE_S), PORT_NONE);
	assert_int_equal(fdb_age(fdb, 1001 + FDB_AGE_S), 1);
	assert_int_equal(fdb_learned_count(fdb, 1), 1);
	assert_int_equal(fdb_get(fdb, MAC(2), 0, 1001 + FDB_AGE_S), 1);
	/* Another worker's clock may be a tick behind. */
	assert_int_equal(fdb_get(fdb, MAC(2), 0, 1199), 1);
	assert_int_equal(fdb_age(fdb, 1199), 0);
}

static void test_limit_per_client(void **state)
{
	struct fdb *fdb = *state;

	for (unsigned i = 0; i < LIMIT; i++)
		assert_int_equal(fdb_learn(fdb, MAC(i + 1), 0, 1, 0), FDB_NEW);
	assert_int_equal(fdb_learn(fdb, MAC(100), 0, 1, 0), FDB_REFUSED_LIMIT);
	assert_int_equal(fdb_learn(fdb, MAC(1), 0, 1, 0), FDB_KNOWN);
	assert_int_equal(fdb_learn(fdb, MAC(100), 0, 2, 0), FDB_NEW);
	/* Moving counts at the new port as well. */
	assert_int_equal(fdb_learn(fdb, MAC(100), 0, 1, FDB_HOLD_S + 1), FDB_REFUSED_LIMIT);
	assert_int_equal(fdb_get(fdb, MAC(100), 0, FDB_HOLD_S + 1), 2);
	fdb_flush_port(fdb, 1);
	assert_int_equal(fdb_learned_count(fdb, 1), 0);
	assert_int_equal(fdb_get(fdb, MAC(1), 0, 0), PORT_NONE);
	assert_int_equal(fdb_learn(fdb, MAC(101), 0, 1, 0), FDB_NEW);
}

static void test_static(void **state)
{
	struct fdb *fdb = *state;

	fdb_learn(fdb, MAC(1), 7, PORT_UPLINK, 0);
	assert_int_equal(fdb_static_add(fdb, MAC(1), 4), 0);
	assert_int_equal(fdb_static_add(fdb, MAC(1), 4), 0);
	assert_int_equal(fdb_static_add(fdb, MAC(1), 5), -EEXIST);
	assert_int_equal(fdb_static_get(fdb, MAC(1)), 4);
	/* What was learned of it before is gone, and it is not learned again. */
	assert_int_equal(fdb_learned_count(fdb, PORT_UPLINK), 0);
	assert_int_equal(fdb_learn(fdb, MAC(1), 7, PORT_UPLINK, 0), FDB_REFUSED_STATIC);
	assert_int_equal(fdb_get(fdb, MAC(1), 7, 0), PORT_NONE);
	fdb_static_del(fdb, MAC(1));
	assert_int_equal(fdb_static_get(fdb, MAC(1)), PORT_NONE);
	assert_int_equal(fdb_learn(fdb, MAC(1), 7, PORT_UPLINK, 0), FDB_NEW);
}

static void test_all_clients_fit_again_and_again(void **state)
{
	struct fdb *fdb = *state;

	for (unsigned round = 0; round < 50; round++) {
		for (uint16_t i = 0; i < PORT_CLIENTS; i++)
			assert_int_equal(fdb_static_add(fdb, MAC(round * 1000 + i), i), 0);
		for (uint16_t i = 0; i < PORT_CLIENTS; i++)
			assert_int_equal(fdb_static_get(fdb, MAC(round * 1000 + i)), i);
		for (uint16_t i = 0; i < PORT_CLIENTS; i++)
			fdb_static_del(fdb, MAC(round * 1000 + i));
	}
}

static void test_full(void **state)
{
	struct fdb *fdb = *state;
	unsigned stored = 0, refused = 0;

	for (unsigned i = 0; i < 4096; i++) {
		enum fdb_learned what = fdb_learn(fdb, MAC(i), 0, PORT_UPLINK, 0);

		stored += what == FDB_NEW;
		refused += what == FDB_REFUSED_FULL || what == FDB_REFUSED_LIMIT;
	}
	assert_int_equal(stored + refused, 4096);
	assert_in_range(stored, 900, 1024);
	assert_int_equal(fdb_learned_count(fdb, PORT_UPLINK), stored);
	assert_int_equal(fdb_age(fdb, FDB_AGE_S + 1), stored);
	assert_int_equal(fdb_learned_count(fdb, PORT_UPLINK), 0);
}

/* Each thread learns all addresses on its own port; another flushes, ages and looks up. */
struct thread {
	struct fdb *fdb;
	uint16_t port;
	bool flushes;
};

static void *hammer(void *arg)
{
	struct thread *t = arg;

	for (unsigned i = 0; i < 20000; i++) {
		uint16_t port;

		fdb_learn(t->fdb, MAC(i % 700), (uint16_t)(i % 3), t->port, i / 1000);
		port = fdb_get(t->fdb, MAC(i % 700), (uint16_t)(i % 3), i / 1000);
		if (port != PORT_NONE && (port < 1 || port > 3))
			return "a port that nobody gave";
		if (t->flushes && i % 500 == 0)
			fdb_flush_port(t->fdb, (uint16_t)(1 + i % 3));
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct fdb *fdb = fdb_new(1024, 100000);
	struct thread threads[3];
	pthread_t id[3];
	void *wrong;

	assert_non_null(fdb);
	for (unsigned i = 0; i < 3; i++) {
		threads[i] = (struct thread){fdb, (uint16_t)(i + 1), i == 2};
		assert_int_equal(pthread_create(&id[i], NULL, hammer, &threads[i]), 0);
	}
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(id[i], &wrong), 0);
		assert_null(wrong);
	}
	/* Whatever happened meanwhile, the counts are those of what is there. */
	fdb_age(fdb, FDB_AGE_S + 1000);
	for (uint16_t port = 1; port <= 3; port++)
		assert_int_equal(fdb_learned_count(fdb, port), 0);
	fdb_free(fdb);
}

#define FDB_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		FDB_TEST(test_learn_and_move),
		FDB_TEST(test_no_client_takes_what_is_in_use),
		FDB_TEST(test_vlans_are_apart),
		FDB_TEST(test_many_vlans),
		FDB_TEST(test_ages),
		FDB_TEST(test_limit_per_client),
		FDB_TEST(test_static),
		FDB_TEST(test_all_clients_fit_again_and_again),
		FDB_TEST(test_full),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
