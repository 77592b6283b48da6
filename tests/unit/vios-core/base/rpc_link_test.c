/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_link_test.c - a link against a server that is not there, comes, refuses, goes, and comes
 * back. One thread, one loop.
 */
#include "vios-core/base/log.h"
#include "vios-core/base/rpc_link.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
	sd_event *ev;
	struct rpc_server *server;
	struct rpc_link link;
	unsigned hellos, greeted, lost, nobody;
	bool refuse; /* the link does not like the answer */
	bool fail;   /* the server does not like the hello */
};

static struct world w;

static void on_hello(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	w.hellos++;
	if (w.fail)
		rpc_fail(call, RPC_FAILED, "not now");
	else
		rpc_reply(call, NULL, NULL, 0);
}

static const struct rpc_method served[] = {{"hello", on_hello}, {0}};
static const struct rpc_service server_service = {.methods = served};

static json_t *params(struct rpc_link *l)
{
	return json_object();
}

static int greeted(struct rpc_link *l, json_t *result, struct rpc_fds *fds)
{
	if (w.refuse)
		return -EBADMSG;
	w.greeted++;
	l->up = true;
	return 0;
}

static void lost(struct rpc_link *l)
{
	assert_false(l->up);
	w.lost++;
}

static void nobody(struct rpc_link *l)
{
	w.nobody++;
}

static const struct rpc_method none[] = {{0}};
static const struct rpc_link_kind kind = {
	.name = "server",
	.service = {.methods = none, .closed = rpc_link_closed},
	.hello = "hello",
	.hello_params = params,
	.greeted = greeted,
	.lost = lost,
	.nobody = nobody,
};

static int set_up(void **state)
{
	memset(&w, 0, sizeof(w));
	if (sd_event_new(&w.ev) < 0)
		return -1;
	rpc_link_init(&w.link, &kind, w.ev, -1, NULL);
	snprintf(w.link.path.text, sizeof(w.link.path.text), "/tmp/vios-link-test-%d", getpid());
	return 0;
}

static int tear_down(void **state)
{
	rpc_link_fini(&w.link);
	if (w.server)
		rpc_server_free(w.server);
	sd_event_unref(w.ev);
	return 0;
}

static void serve(bool on)
{
	if (!on) {
		rpc_server_free(w.server);
		w.server = NULL;
		return;
	}
	assert_int_equal(
		rpc_server_new(w.ev, w.link.path.text, 0600, &server_service, NULL, &w.server), 0);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void run_ms(unsigned ms)
{
	const uint64_t end = now_ms() + ms;

	while (now_ms() < end)
		sd_event_run(w.ev, 5000);
}

/* However long that takes on a busy machine; how long it took, in ms. */
static uint64_t run_until(const unsigned *count, unsigned n)
{
	const uint64_t began = now_ms();

	while (*count < n && now_ms() < began + 60000)
		sd_event_run(w.ev, 5000);
	assert_true(*count >= n);
	return now_ms() - began;
}

static void run_until_up(void)
{
	const uint64_t end = now_ms() + 60000;

	while (!w.link.up && now_ms() < end)
		sd_event_run(w.ev, 5000);
	assert_true(w.link.up);
}

static void it_comes_up_when_somebody_listens(void **state)
{
	rpc_link_try(&w.link);
	assert_int_equal(w.nobody, 1);
	run_ms(60);
	assert_false(w.link.up);
	serve(true);
	run_until_up();
	assert_int_equal(w.greeted, 1);
	rpc_link_try(&w.link); /* nothing to do */
	run_ms(30);
	assert_int_equal(w.hellos, 1);
}

static void it_is_not_tried_before_it_has_a_path(void **state)
{
	const struct runpath path = w.link.path;

	w.link.path.text[0] = '\0';
	rpc_link_try(&w.link);
	assert_int_equal(w.nobody, 0);
	w.link.path = path;
	rpc_link_try(&w.link);
	assert_int_equal(w.nobody, 1);
}

static void it_comes_back_at_once(void **state)
{
	serve(true);
	rpc_link_try(&w.link);
	run_until_up();
	serve(false);
	run_until(&w.lost, 1);
	assert_int_equal(w.lost, 1);
	assert_false(w.link.up);
	serve(true);
	rpc_link_try(&w.link); /* as when a directory says that the socket has appeared */
	run_until_up();
}

static void it_waits_longer_and_longer(void **state)
{
	rpc_link_try(&w.link);
	assert_true(run_until(&w.nobody, 6) >= 290); /* at 0, 0, 20, 60, 140, 300 ms */
}

/* One that was not up is not lost; one that is refused is tried again, not in a circle. */
static void refusals_are_not_losses(void **state)
{
	serve(true);
	w.refuse = true;
	rpc_link_try(&w.link);
	assert_true(run_until(&w.hellos, 5) >= 130); /* at 0, 0, 20, 60, 140 ms */
	while (sd_event_run(w.ev, 0) > 0)	     /* the last answer is refused as well */
		;
	w.refuse = false;
	w.fail = true;
	run_ms(400);
	assert_int_equal(w.greeted, 0);
	assert_int_equal(w.lost, 0);
	w.fail = false;
	rpc_link_drop(&w.link);
	rpc_link_try(&w.link);
	run_until(&w.greeted, 1);
	assert_int_equal(w.greeted, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_comes_up_when_somebody_listens),
		TEST(it_is_not_tried_before_it_has_a_path),
		TEST(it_comes_back_at_once),
		TEST(it_waits_longer_and_longer),
		TEST(refusals_are_not_losses),
	};

	log_init("rpc_link_test", LOGL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
