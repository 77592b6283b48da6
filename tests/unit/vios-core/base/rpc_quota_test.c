/* SPDX-License-Identifier: BSD-3-Clause */
/* rpc_quota_test.c - token buckets and accounts, on a clock of the test's own. One thread. */
#include "vios-core/base/rpc_quota.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)

static const struct rpc_limits limits = {
	.open_calls = 4, .calls_per_s = 10, .burst = 5, .user_conns = 3, .conns = 100};

static unsigned takes(struct rpc_bucket *bucket, uint64_t now_ns)
{
	unsigned n = 0;

	while (rpc_bucket_take(bucket, 10, 5, now_ns))
		assert_true(++n < 1000);
	return n;
}

static void a_bucket_fills_and_runs_dry(void **state)
{
	struct rpc_bucket bucket = {0};

	assert_int_equal(takes(&bucket, 1000 * MS), 5);
	assert_int_equal(takes(&bucket, 1099 * MS), 0);
	assert_int_equal(takes(&bucket, 1100 * MS), 1);
	assert_int_equal(takes(&bucket, 1300 * MS), 2);
	assert_int_equal(takes(&bucket, 100000 * MS), 5); /* no more than a burst */
}

/* Also in the first moments of a machine's clock. */
static void a_bucket_is_full_at_first(void **state)
{
	struct rpc_bucket bucket = {0};

	assert_int_equal(takes(&bucket, 0), 5);
}

static void a_users_connections_are_counted(void **state)
{
	struct rpc_quota *q = calloc(1, sizeof(*q));
	struct rpc_account *a, *refused;

	q->limits = &limits;
	a = rpc_quota_open(q, 1000, MS, &refused);
	assert_non_null(a);
	assert_ptr_equal(rpc_quota_open(q, 1000, MS, &refused), a);
	assert_ptr_equal(rpc_quota_open(q, 1000, MS, &refused), a);
	assert_null(rpc_quota_open(q, 1000, MS, &refused));
	assert_ptr_equal(refused, a);
	assert_non_null(rpc_quota_open(q, 1001, MS, &refused)); /* nobody else is concerned */
	rpc_quota_close(q, a);
	assert_ptr_equal(rpc_quota_open(q, 1000, MS, &refused), a);
	free(q);
}

/* Connecting again brings no new bucket, and counts as a call. */
static void a_bucket_outlives_its_connection(void **state)
{
	struct rpc_quota *q = calloc(1, sizeof(*q));
	struct rpc_account *a, *refused;

	q->limits = &limits;
	for (unsigned i = 0; i < limits.burst; i++) {
		a = rpc_quota_open(q, 1000, MS, &refused);
		assert_non_null(a);
		rpc_quota_close(q, a);
	}
	assert_null(rpc_quota_open(q, 1000, MS, &refused));
	a = rpc_quota_open(q, 1000, 101 * MS, &refused);
	assert_non_null(a);
	assert_false(rpc_quota_call(q, a, 101 * MS));
	assert_true(rpc_quota_call(q, a, 201 * MS));
	free(q);
}

static void all_users_together_are_bounded(void **state)
{
	struct rpc_quota *q = calloc(1, sizeof(*q));
	struct rpc_account *refused, *first;

	q->limits = &limits;
	first = rpc_quota_open(q, 1, MS, &refused);
	for (uid_t uid = 2; uid <= limits.conns; uid++)
		assert_non_null(rpc_quota_open(q, uid, MS, &refused));
	assert_null(rpc_quota_open(q, 5000, MS, &refused));
	assert_null(refused);
	rpc_quota_close(q, first);
	assert_non_null(rpc_quota_open(q, 5000, MS, &refused));
	free(q);
}

/* More users come by than are remembered: those who are connected stay, the emptiest buckets too.
 */
static void accounts_are_used_again(void **state)
{
	struct rpc_quota *q = calloc(1, sizeof(*q));
	struct rpc_account *stays, *greedy, *a, *refused;

	q->limits = &limits;
	stays = rpc_quota_open(q, 1, MS, &refused);
	greedy = rpc_quota_open(q, 2, MS, &refused);
	while (rpc_quota_call(q, greedy, MS))
		;
	rpc_quota_close(q, greedy);
	for (uid_t uid = 10; uid < 10 + 3 * RPC_ACCOUNTS; uid++) {
		a = rpc_quota_open(q, uid, 2 * MS, &refused);
		assert_non_null(a);
		assert_ptr_not_equal(a, stays);
		rpc_quota_close(q, a);
	}
	assert_null(rpc_quota_open(q, 2, 2 * MS, &refused));
	assert_ptr_equal(refused, greedy);
	assert_int_equal(stays->uid, 1);
	assert_int_equal(q->n_conns, 1);
	free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_fills_and_runs_dry),
		cmocka_unit_test(a_bucket_is_full_at_first),
		cmocka_unit_test(a_users_connections_are_counted),
		cmocka_unit_test(a_bucket_outlives_its_connection),
		cmocka_unit_test(all_users_together_are_bounded),
		cmocka_unit_test(accounts_are_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
