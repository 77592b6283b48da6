/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * test-sclient: a client's disk for vios-drill: verified I/O at a steady pace. It connects to its
 * mux when it starts. Commands come by line on stdin, each is answered by one line of JSON:
 *
 *   ready    is it connected?
 *   start    begin with I/O
 *   window   what follows counts for the next report
 *   report   {stall_ms, stall_at_ms, requests, latency_ms, idle_ms, oldest_ms, ...} of the window
 *   busy     no pace: requests are in flight all the time; steady: the pace again
 *   rest     end all requests, read back all that was written: {io_errors, bad_reads, ...} since
 *            start
 *   reserve KEY, reserved, unreserve KEY   a persistent reservation, write exclusive
 *
 * One thread. It ends when stdin does, or when the mux hangs up.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/sfront/sc_pace.h"
#include "tests/lib/sfront/sc_reserve.h"

static struct sc_pace pace;
static bool rest_asked;

static const char help[] =
	"Usage: test-sclient --socket PATH [--lun N] [--size BYTES] [--rate N] [--depth N]\n"
	"                    [--writes PERCENT] [--seed N]\n"
	"Verified I/O at a steady pace on one LUN; commands on stdin, see sc_main.c.\n";

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- commands ---- */

static void answer(const char *what, int rc)
{
	printf("{\"did\": \"%s\", \"error\": ", what);
	if (rc)
		printf("\"%s\"", strerror(-rc));
	else
		printf("null");
}

/* A request that was answered twice, or never asked, counts as an error. */
static void totals(uint64_t requests)
{
	uint64_t violations = 0;

	for (unsigned i = 0; i < SF_FIXED + 1; i++)
		violations += pace.session.ring[i].violations;
	printf(", \"requests\": %llu, \"io_errors\": %llu, \"bad_reads\": %llu, \"retries\": %llu, "
	       "\"first\": \"%s\"",
		(unsigned long long)requests, (unsigned long long)(pace.errors + violations),
		(unsigned long long)pace.bad_reads, (unsigned long long)pace.retries, pace.first);
}

static void report(void)
{
	const uint64_t now = now_ns();
	const struct sc_window *w = &pace.window;

	sc_window_end(&pace.window, now);
	answer("report", 0);
	printf(", \"stall_ms\": %.6f, \"stall_at_ms\": %.6f, \"latency_ms\": %.6f, "
	       "\"idle_ms\": %.6f, \"oldest_ms\": %.6f",
		(double)w->stall_ns / 1e6, (double)w->stall_at_ns / 1e6,
		(double)w->latency_ns / 1e6, (double)(now - w->last_ns) / 1e6,
		(double)sc_oldest_ns(&pace, now) / 1e6);
	totals(w->requests);
	printf("}\n");
}

static void end_of_rest(void)
{
	rest_asked = false;
	pace.mode = SC_IDLE;
	answer("rest", 0);
	printf(", \"read_back\": %llu", (unsigned long long)pace.read_back);
	totals(pace.requests);
	printf("}\n");
	fflush(stdout);
}

static void reservation(const char *line)
{
	unsigned long long key = 0;
	struct sc_reservation held = {0};
	int rc = -EINVAL;

	if (!strcmp(line, "reserved"))
		rc = sc_reserved(&pace, &held);
	else if (sscanf(line, "reserve %llx", &key) == 1)
		rc = sc_reserve(&pace, key);
	else if (sscanf(line, "unreserve %llx", &key) == 1)
		rc = sc_unreserve(&pace, key);
	answer(line, rc);
	printf(", \"key\": \"%llx\", \"type\": %u, \"keys\": %u}\n", (unsigned long long)held.key,
		held.type, held.n_keys);
}

static void command(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (!strcmp(line, "rest")) {
		sc_rest(&pace);
		rest_asked = true;
		return;
	}
	if (strstr(line, "reserve") && pace.mode == SC_IDLE && strlen(line) < 32) {
		reservation(line);
	} else if (!strcmp(line, "report")) {
		report();
	} else if (!strcmp(line, "busy") || !strcmp(line, "steady")) {
		pace.busy = pace.mode == SC_RUNS && line[0] == 'b';
		pace.due_ns = now_ns();
		answer(line, 0);
		printf("}\n");
	} else if (!strcmp(line, "start") || !strcmp(line, "window") || !strcmp(line, "ready")) {
		if (line[0] == 's')
			sc_start(&pace, now_ns());
		if (line[0] == 'w')
			sc_window_begin(&pace.window, now_ns());
		answer(line, 0);
		printf("}\n");
	} else {
		answer("nothing", -EINVAL);
		printf("}\n");
	}
	fflush(stdout);
}

/* ---- loop ---- */

static int sleep_until_news(void)
{
	struct sf_ring *r = sc_ring(&pace);
	struct pollfd p[3] = {{.fd = 0, .events = POLLIN}, {.fd = r->call_fd, .events = POLLIN},
		{.fd = pace.session.sock[0].fd, .events = POLLRDHUP}};
	uint64_t wait_ns, value;
	struct timespec ts;
	char line[128];

	sf_ring_want_calls(r);
	wait_ns = sf_ring_pending(r) ? 0 : sc_wait_ns(&pace, now_ns());
	ts = (struct timespec){(time_t)(wait_ns / 1000000000u), (long)(wait_ns % 1000000000u)};
	if (ppoll(p, 3, wait_ns == UINT64_MAX ? NULL : &ts, NULL) < 0 && errno != EINTR)
		return -errno;
	if (p[1].revents && read(r->call_fd, &value, sizeof(value)) < 0 && errno != EAGAIN)
		return -errno;
	if (p[2].revents)
		return -ECONNRESET;
	if (!p[0].revents)
		return 0;
	if (!fgets(line, sizeof(line), stdin))
		return -EPIPE;
	command(line);
	return 0;
}

static int parse(int argc, char **argv, struct sc_options *o)
{
	static const struct option known[] = {{"socket", 1, NULL, 's'}, {"lun", 1, NULL, 'l'},
		{"size", 1, NULL, 'z'}, {"rate", 1, NULL, 'r'}, {"depth", 1, NULL, 'd'},
		{"writes", 1, NULL, 'w'}, {"seed", 1, NULL, 'e'}, {"help", 0, NULL, 'h'}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		uint64_t value = optarg ? strtoull(optarg, NULL, 0) : 0;

		if (c == 'h') {
			fputs(help, stdout);
			exit(0);
		}
		if (c == '?')
			return -EINVAL;
		if (c == 's')
			o->socket = optarg;
		else if (c == 'z')
			o->size_bytes = value;
		else if (c == 'e')
			o->seed = value;
		else
			*(c == 'l'	   ? &o->lun
				: c == 'r' ? &o->rate
				: c == 'd' ? &o->depth
					   : &o->write_percent) = (unsigned)value;
	}
	return o->socket && o->rate && o->rate <= 100000 && o->depth && o->depth <= SC_DEPTH_MAX
		       ? 0
		       : -EINVAL;
}

int main(int argc, char **argv)
{
	struct sc_options o = {
		.lun = 1, .depth = 4, .rate = 500, .write_percent = 50, .size_bytes = 8 << 20};
	int rc;

	o.seed = now_ns();
	if (parse(argc, argv, &o)) {
		fprintf(stderr, "test-sclient: wrong options\n%s", help);
		return 2;
	}
	rc = sc_open(&pace, &o);
	if (rc) {
		fprintf(stderr, "test-sclient: %s: %s\n", o.socket, strerror(-rc));
		return 1;
	}
	setvbuf(stdin, NULL, _IONBF, 0);
	prctl(PR_SET_TIMERSLACK, 1ul, 0, 0, 0);
	while (rc == 0) {
		sc_turn(&pace, now_ns());
		if (rest_asked && sc_rests(&pace))
			end_of_rest();
		rc = sleep_until_news();
	}
	if (rc != -EPIPE)
		fprintf(stderr, "test-sclient: %s: %s\n", o.socket, strerror(-rc));
	return rc == -EPIPE ? 0 : 1;
}
