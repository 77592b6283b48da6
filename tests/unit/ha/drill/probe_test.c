/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic itself, over the loopback of a network namespace of the test's own: nothing is lost
 * where nothing is, and a cut is seen as what it was. Skipped where a process may not have a
 * namespace of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "ha/drill/flow.h"
#include "ha/drill/probe.h"

#define RATE 2000
#define WINDOW_MS 600
#define CUT_MS 100

static struct env env;
static bool alone;

static int loopback(bool up)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), rc;

	request.ifr_flags = up ? IFF_UP | IFF_RUNNING : 0;
	rc = ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
	return rc;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

static int set_up(void **state)
{
	struct env_traffic *t = &env.traffic[0];

	env.n_traffic = 1;
	strcpy(t->adapter, "lpar1/eth0");
	strcpy(t->client_netns, "/proc/self/ns/net");
	strcpy(t->outside_netns, "/proc/self/ns/net");
	strcpy(t->client_address, "127.0.0.2");
	strcpy(t->outside_address, "127.0.0.3");
	/* Root needs no namespace of users, and without one may have large socket buffers. */
	alone = (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) &&
		loopback(true) == 0;
	return 0;
}

/* Opens and warms up; NULL: this machine cannot (and the test is over). */
static struct probe *started(void)
{
	char fault[ENV_FAULT_BYTES] = "";
	struct probe *probe;

	if (!alone)
		skip();
	if (probe_new(&env, RATE, WINDOW_MS, &probe, fault) < 0)
		fail_msg("%s", fault);
	if (probe_start(probe, 60000, fault) < 0)
		fail_msg("%s", fault);
	return probe;
}

static bool is_paced(uint64_t sent)
{
	return sent >= RATE * WINDOW_MS / 2000 && sent <= RATE * WINDOW_MS / 500;
}

/* Whether both directions were paced: not far from what was asked. A busy machine may keep anybody
 * from that for a while. */
static bool nothing_is_lost_in_a_window(void)
{
	struct probe *probe = started();
	struct probe_result result;
	bool paced = true;

	probe_window_begin(probe);
	pause_ms(WINDOW_MS);
	probe_window_end(probe);
	probe_stop(probe);
	for (int d = 0; d < PROBE_DIRECTIONS; d++) {
		assert_int_equal(probe_result(probe, (enum probe_direction)d, &result), 0);
		paced = paced && is_paced(result.trace.sent);
		assert_int_equal(result.trace.lost, 0);
		assert_int_equal(result.trace.duplicated, 0);
		assert_int_equal(result.send_errors, 0);
		assert_true(result.trace.gap_ns > 0);
		assert_true(result.trace.resumed);
	}
	probe_free(probe);
	return paced;
}

static void nothing_is_lost(void **state)
{
	for (unsigned i = 0; i < 5; i++)
		if (nothing_is_lost_in_a_window())
			return;
	fail_msg("never near its pace");
}

static void a_cut_is_seen(void **state)
{
	struct probe *probe = started();
	struct probe_result result;

	probe_window_begin(probe);
	pause_ms(WINDOW_MS / 2);
	assert_int_equal(loopback(false), 0);
	pause_ms(CUT_MS);
	assert_int_equal(loopback(true), 0);
	pause_ms(WINDOW_MS / 2);
	probe_window_end(probe);
	probe_stop(probe);
	for (int d = 0; d < PROBE_DIRECTIONS; d++) {
		assert_int_equal(probe_result(probe, (enum probe_direction)d, &result), 0);
		assert_true(result.trace.gap_ns >= CUT_MS * 900000LL);
		assert_true(result.trace.lost >= RATE * CUT_MS / 1000 / 2);
		assert_true(result.trace.resumed);
	}
	probe_free(probe);
}

/* A second run counts afresh; what the first one left in the sockets is not its own. */
static void runs_do_not_mix(void **state)
{
	char fault[ENV_FAULT_BYTES] = "";
	struct probe *probe = started();
	struct probe_result result;

	probe_window_begin(probe);
	probe_window_end(probe);
	probe_stop(probe);
	assert_int_equal(probe_start(probe, 60000, fault), 0);
	probe_window_begin(probe);
	pause_ms(200);
	probe_window_end(probe);
	probe_stop(probe);
	assert_int_equal(probe_result(probe, PROBE_TO_CLIENT, &result), 0);
	assert_int_equal(result.trace.lost, 0);
	assert_int_equal(result.trace.reordered, 0);
	assert_int_equal(result.trace.duplicated, 0);
	probe_free(probe);
}

static void silence_is_refused(void **state)
{
	char fault[ENV_FAULT_BYTES] = "";
	struct probe *probe;

	if (!alone)
		skip();
	assert_int_equal(probe_new(&env, RATE, WINDOW_MS, &probe, fault), 0);
	assert_int_equal(loopback(false), 0);
	assert_int_equal(probe_start(probe, 200, fault), -ETIMEDOUT);
	assert_int_equal(loopback(true), 0);
	assert_non_null(strstr(fault, "lpar1/eth0 to_client: only 0 packets"));
	probe_free(probe);
}

static void faults_are_named(void **state)
{
	char fault[ENV_FAULT_BYTES] = "";
	struct env other = env;
	struct probe *probe;

	if (!alone)
		skip();
	strcpy(other.traffic[0].client_address, "no address");
	assert_true(probe_new(&other, RATE, WINDOW_MS, &probe, fault) < 0);
	assert_non_null(strstr(fault, "'no address' is not a numeric address"));
	other = env;
	strcpy(other.traffic[0].outside_netns, "/run/netns/there-is-none");
	assert_true(probe_new(&other, RATE, WINDOW_MS, &probe, fault) < 0);
	assert_non_null(strstr(fault, "/run/netns/there-is-none"));
	other = env;
	strcpy(other.traffic[0].client_address, "192.0.2.1"); /* not of this namespace */
	assert_true(probe_new(&other, RATE, WINDOW_MS, &probe, fault) < 0);
	assert_non_null(strstr(fault, "cannot bind"));
}

/* A run that takes longer than its room has room all the same. */
static void a_long_run_has_room(void **state)
{
	struct timespec end, now;
	char fault[ENV_FAULT_BYTES] = "";
	struct flow flow;

	if (!alone)
		skip();
	if (flow_open(&flow, &env.traffic[0], PROBE_TO_CLIENT, 16, fault) < 0)
		fail_msg("%s", fault);
	flow_reset(&flow, 7);
	for (uint64_t seq = 0; seq < 500; seq++) {
		flow_send(&flow, seq);
		if (seq % 16 == 15)
			flow_drain(&flow);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += 60;
	do {
		flow_drain(&flow);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (flow.n_records < 500 && now.tv_sec < end.tv_sec && !flow.overflow);
	assert_false(flow.overflow);
	assert_int_equal(flow.n_records, 500);
	for (uint64_t seq = 0; seq < 500; seq++)
		assert_int_equal(flow.records[seq].seq, seq);
	flow_close(&flow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost),
		cmocka_unit_test(a_cut_is_seen),
		cmocka_unit_test(runs_do_not_mix),
		cmocka_unit_test(silence_is_refused),
		cmocka_unit_test(faults_are_named),
		cmocka_unit_test(a_long_run_has_room),
	};

	return cmocka_run_group_tests_name("ha/drill/probe", tests, set_up, NULL);
}
