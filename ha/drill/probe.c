/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs the flows of all adapters: one sender thread, one receiver thread. A timer that fires every
 * 100 us is most of the cost of sending (15 us on a virtual machine), so all flows share it.
 *
 * The functions here run on the main thread, which owns the probe. The receiver wakes every few
 * milliseconds and empties the sockets; kernel time stamps make its own scheduling invisible.
 */
#include "ha/drill/probe.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "ha/drill/flow.h"

#define NS_PER_S 1000000000LL
#define DRAIN_PERIOD_NS 4000000L
#define SETTLE_NS 300000000L /* what is on its way when a run ends */
#define WARM_PACKETS 500     /* arrivals in each direction before a window may begin */
#define WARM_POLL_NS 20000000L
#define SLACK_MS 12000 /* of traffic before and after the window, warming up included */
#define CLOCK_STEP_NS 1000000LL
/* A sender that overslept catches up in bursts that no ring of 64 overflows on. */
#define CATCH_UP_BURST 32
#define CATCH_UP_PAUSE_NS 1000000

struct probe {
	size_t n_flows;
	struct flow flow[ENV_TRAFFIC_MAX * PROBE_DIRECTIONS];
	pthread_t sender, receiver;
	bool sending, receiving, running; /* main thread: which threads there are to join */
	_Atomic bool stop_sending, stop_receiving; /* writer: main thread */
	/* Writer: sender; the main thread sets it to 0 when a window begins. */
	_Atomic int64_t worst_late_ns;
	int64_t period_ns;
	uint32_t epoch;
	int64_t clock_offset_ns; /* real time less monotonic when the window began */
	bool clock_stepped;
};

const char *probe_direction_name(enum probe_direction direction)
{
	return direction == PROBE_TO_CLIENT ? "to_client" : "from_client";
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void pause_ns(long ns)
{
	nanosleep(&(struct timespec){ns / NS_PER_S, ns % NS_PER_S}, NULL);
}

int probe_new(const struct env *env, unsigned rate_pps, unsigned window_ms, struct probe **out,
	char fault[ENV_FAULT_BYTES])
{
	size_t max_records = (size_t)rate_pps * (window_ms + SLACK_MS) / 1000 * 2;
	struct probe *probe = calloc(1, sizeof(*probe));
	int rc = 0;

	if (!probe)
		return -ENOMEM;
	probe->epoch = (uint32_t)clock_ns(CLOCK_REALTIME);
	probe->period_ns = NS_PER_S / rate_pps;
	for (size_t i = 0; i < env->n_traffic; i++) {
		for (int d = 0; rc == 0 && d < PROBE_DIRECTIONS; d++) {
			rc = flow_open(&probe->flow[probe->n_flows], &env->traffic[i],
				(enum probe_direction)d, max_records, fault);
			if (rc == 0)
				probe->n_flows++;
		}
	}
	if (rc < 0)
		probe_free(probe);
	else
		*out = probe;
	return rc;
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	probe_stop(probe);
	for (size_t i = 0; i < probe->n_flows; i++)
		flow_close(&probe->flow[i]);
	free(probe);
}

static void *receive_loop(void *arg)
{
	struct probe *probe = arg;
	bool last;

	do {
		last = atomic_load(&probe->stop_receiving);
		for (size_t i = 0; i < probe->n_flows; i++)
			flow_drain(&probe->flow[i]);
		if (!last)
			pause_ns(DRAIN_PERIOD_NS);
	} while (!last);
	return NULL;
}

static void sleep_until(int64_t at_ns)
{
	struct timespec ts = {.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static void note_late(struct probe *probe, int64_t late_ns)
{
	if (late_ns > atomic_load_explicit(&probe->worst_late_ns, memory_order_relaxed))
		atomic_store_explicit(&probe->worst_late_ns, late_ns, memory_order_relaxed);
}

/* Waits until the packet that is due at due_ns may be sent. *burst: packets sent late in a row. */
static void pace(struct probe *probe, int64_t due_ns, unsigned *burst)
{
	int64_t at_ns = clock_ns(CLOCK_MONOTONIC);

	if (at_ns < due_ns) {
		sleep_until(due_ns);
		note_late(probe, clock_ns(CLOCK_MONOTONIC) - due_ns);
		*burst = 0;
	} else if (++*burst == CATCH_UP_BURST) {
		sleep_until(at_ns + CATCH_UP_PAUSE_NS);
		*burst = 0;
	}
}

/* The kernel's virtual Ethernet has a queue a CPU: a sender that moves to another one overtakes
 * what waits in the first, and the path would be blamed for it. */
static void stay_here(void)
{
	const int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu >= 0)
		CPU_SET((size_t)cpu, &set);
	if (cpu >= 0)
		pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void *send_loop(void *arg)
{
	struct probe *probe = arg;
	int64_t start_ns = clock_ns(CLOCK_MONOTONIC);
	unsigned burst = 0;
	uint64_t seq = 0;

	stay_here();
	prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
	while (!atomic_load_explicit(&probe->stop_sending, memory_order_relaxed)) {
		pace(probe, start_ns + (int64_t)seq * probe->period_ns, &burst);
		for (size_t i = 0; i < probe->n_flows; i++)
			flow_send(&probe->flow[i], seq);
		seq++;
	}
	return NULL;
}

/*
 * The instrument must not be what it measures: a sender that waits for the CPU looks like a path
 * that does not deliver. Both threads sleep most of the time. Without the privilege they go on as
 * they are, and sender_late_ms tells.
 */
static void measure_first(pthread_t thread)
{
	const struct sched_param param = {.sched_priority = 1};

	pthread_setschedparam(thread, SCHED_RR, &param);
}

/* The threads take no signals: those are for the main thread, which undoes the faults. */
static int start_threads(struct probe *probe)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&probe->receiver, NULL, receive_loop, probe);
	probe->receiving = rc == 0;
	if (rc == 0) {
		measure_first(probe->receiver);
		rc = pthread_create(&probe->sender, NULL, send_loop, probe);
	}
	probe->sending = rc == 0;
	if (rc == 0)
		measure_first(probe->sender);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -rc;
}

static const struct flow *cold_flow(const struct probe *probe)
{
	for (size_t i = 0; i < probe->n_flows; i++)
		if (atomic_load(&probe->flow[i].arrived) < WARM_PACKETS)
			return &probe->flow[i];
	return NULL;
}

uint64_t probe_arrived(const struct probe *probe)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < probe->n_flows; i++) {
		uint64_t arrived = atomic_load(&probe->flow[i].arrived);

		least = arrived < least ? arrived : least;
	}
	return least;
}

int probe_start(struct probe *probe, unsigned timeout_ms, char fault[ENV_FAULT_BYTES])
{
	int64_t until_ns = clock_ns(CLOCK_MONOTONIC) + timeout_ms * 1000000LL;
	const struct flow *cold;
	int rc;

	probe->epoch++;
	probe->clock_stepped = false;
	for (size_t i = 0; i < probe->n_flows; i++)
		flow_reset(&probe->flow[i], probe->epoch);
	atomic_store(&probe->stop_sending, false);
	atomic_store(&probe->stop_receiving, false);
	atomic_store(&probe->worst_late_ns, 0);
	probe->running = true;
	rc = start_threads(probe);
	if (rc < 0) {
		snprintf(fault, ENV_FAULT_BYTES, "cannot start a thread: %s", strerror(-rc));
		probe_stop(probe);
		return rc;
	}
	while ((cold = cold_flow(probe)) && clock_ns(CLOCK_MONOTONIC) < until_ns)
		pause_ns(WARM_POLL_NS);
	if (!cold)
		return 0;
	snprintf(fault, ENV_FAULT_BYTES, "%s %s: only %llu packets arrived within %u ms",
		cold->traffic->adapter, probe_direction_name(cold->direction),
		(unsigned long long)atomic_load(&cold->arrived), timeout_ms);
	probe_stop(probe);
	return -ETIMEDOUT;
}

void probe_window_begin(struct probe *probe)
{
	int64_t begin_ns = clock_ns(CLOCK_REALTIME);

	atomic_store(&probe->worst_late_ns, 0);
	probe->clock_offset_ns = begin_ns - clock_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < probe->n_flows; i++) {
		struct flow *flow = &probe->flow[i];

		atomic_store(&flow->send_errors, 0);
		flow->window.first_seq = atomic_load(&flow->next_seq);
		flow->window.begin_ns = begin_ns;
	}
}

void probe_window_end(struct probe *probe)
{
	int64_t end_ns = clock_ns(CLOCK_REALTIME);
	int64_t offset_ns = end_ns - clock_ns(CLOCK_MONOTONIC);

	probe->clock_stepped = llabs(offset_ns - probe->clock_offset_ns) > CLOCK_STEP_NS;
	for (size_t i = 0; i < probe->n_flows; i++) {
		probe->flow[i].window.end_seq = atomic_load(&probe->flow[i].next_seq);
		probe->flow[i].window.end_ns = end_ns;
	}
}

void probe_stop(struct probe *probe)
{
	if (!probe->running)
		return;
	atomic_store(&probe->stop_sending, true);
	if (probe->sending)
		pthread_join(probe->sender, NULL);
	probe->sending = false;
	pause_ns(SETTLE_NS);
	atomic_store(&probe->stop_receiving, true);
	if (probe->receiving)
		pthread_join(probe->receiver, NULL);
	probe->receiving = false;
	probe->running = false;
}

static int analyse(const struct flow *flow, struct trace_result *out)
{
	uint8_t *scratch = malloc(trace_scratch_bytes(&flow->window));

	if (!scratch)
		return -ENOMEM;
	trace_analyse(flow->records, flow->n_records, &flow->window, scratch, out);
	free(scratch);
	return 0;
}

int probe_result(
	const struct probe *probe, enum probe_direction direction, struct probe_result *out)
{
	bool first = true;

	memset(out, 0, sizeof(*out));
	if (probe->clock_stepped)
		return -ETIME;
	out->sender_late_ns = atomic_load(&probe->worst_late_ns);
	for (size_t i = 0; i < probe->n_flows; i++) {
		const struct flow *flow = &probe->flow[i];
		struct trace_result one;
		int rc;

		if (flow->direction != direction)
			continue;
		if (flow->overflow)
			return -EOVERFLOW;
		rc = analyse(flow, &one);
		if (rc < 0)
			return rc;
		if (first)
			out->trace = one;
		else
			trace_merge(&out->trace, &one);
		first = false;
		out->send_errors += atomic_load(&flow->send_errors);
	}
	return 0;
}
