/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nf_main.c - test-nfront: the native driver as a program. It sends numbered frames at a steady
 * rate, counts those that an echoing back end returns, and obeys commands from stdin, one a line,
 * each answered with one line of JSON:
 *
 *   reset | stop | start | hotplug MIB | enable PAIR 0|1 | count (and starts the count over) | quit
 *
 * At the end (quit, end of stdin, or --seconds) it prints the count. One thread, which owns
 * everything.
 */
#include "tests/lib/nfront/nf_count.h"
#include "tests/lib/nfront/nf_tap.h"
#include "tests/lib/nfront/nfront.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAPACITY UINT64_C(100000000)
#define SETTLE_NS UINT64_C(300000000)
#define SETTLE_MAX_NS UINT64_C(1000000000) /* while something is missing: busy machines */
#define CATCH_UP_NS UINT64_C(10000000)

struct run {
	struct nfront nf;
	struct nfront_options options;
	const char *tap, *netns;
	uint64_t rate, seconds;
	struct nf_count count;
	uint64_t sent, blocked, next_number, first_of_count;
	bool quiet, stopped, done;
	unsigned pair;
	char line[256];
	size_t line_bytes;
};

static void usage(FILE *to)
{
	fputs("usage: test-nfront --socket PATH [--mem-mb N] [--ring-size N] [--pairs N] [--chain "
	      "N]\n"
	      "                   [--event-idx] [--walk] [--need-reply] [--rate N] [--seconds N]\n"
	      "                   [--tap NAME [--netns FILE]]\n"
	      "A native virtio-net driver on a vhost-user socket; commands on stdin, JSON on "
	      "stdout.\n",
		to);
}

static void receive_all(struct run *r)
{
	uint8_t buf[NF_BUFFER_BYTES];
	struct test_frame f;
	size_t n;

	for (unsigned pair = 0; pair < r->options.pairs; pair++)
		while ((n = nfront_recv(&r->nf, pair, buf, sizeof(buf))) > 0) {
			if (test_frame_get(buf, n, &f) && f.number >= r->first_of_count)
				nf_count_frame(&r->count, &f, nfront_now_ns());
		}
}

static void send_due(struct run *r, uint64_t now_ns)
{
	static const uint8_t mac[6] = {2, 0x76, 0x69, 0, 0, 1};
	uint8_t frame[TEST_FRAME_MIN];
	struct test_frame f = {.number = r->next_number, .sent_ns = now_ns};

	test_frame_put(frame, mac, mac, &f);
	if (nfront_send(&r->nf, r->pair, frame, sizeof(frame)) < 0) {
		r->blocked++;
		return;
	}
	r->next_number++;
	r->sent++;
	do
		r->pair = (r->pair + 1) % r->options.pairs;
	while (!r->nf.ring[2 * r->pair + 1].enabled && r->pair);
}

static void print_waits(const struct nfront *nf)
{
	const char *comma = "";

	printf("\"waited_ms\": {");
	for (uint32_t i = 0; i < VU_REQUEST_END; i++)
		if (nf->waited_ns[i]) {
			printf("%s\"%s\": %.3f", comma, vu_msg_name(i),
				(double)nf->waited_ns[i] / 1e6);
			comma = ", ";
		}
	printf("}");
}

static void print_count(struct run *r)
{
	const struct nf_count *c = &r->count;

	printf("{\"sent\": %" PRIu64 ", \"received\": %" PRIu64 ", \"lost\": %" PRIu64
	       ", \"duplicated\": %" PRIu64 ", \"reordered\": %" PRIu64 ", \"blocked\": %" PRIu64
	       ", \"gap_ms\": %.3f, \"late_ms\": %.3f, \"violations\": %" PRIu64
	       ", \"marks\": {\"1\": %" PRIu64 ", \"2\": %" PRIu64 "}, ",
		r->sent, c->received, r->sent - c->received, c->duplicated, c->reordered,
		r->blocked, (double)c->gap_ns / 1e6, (double)c->late_ns / 1e6,
		nfront_violations(&r->nf), c->by_mark[1], c->by_mark[2]);
	print_waits(&r->nf);
	printf("}\n");
	fflush(stdout);
}

static void settle(struct run *r)
{
	const uint64_t begin_ns = nfront_now_ns();
	uint64_t passed_ns = 0;

	while (passed_ns < SETTLE_NS ||
		(passed_ns < SETTLE_MAX_NS && r->count.received < r->sent)) {
		receive_all(r);
		nfront_wait(&r->nf, -1, SETTLE_NS / 10);
		passed_ns = nfront_now_ns() - begin_ns;
	}
}

static int start_count(struct run *r)
{
	nf_count_fini(&r->count);
	r->sent = r->blocked = 0;
	r->first_of_count = r->next_number;
	memset(r->nf.waited_ns, 0, sizeof(r->nf.waited_ns));
	return nf_count_init(&r->count, CAPACITY);
}

/* ---- commands ---- */

static int obey(struct run *r, const char *line)
{
	unsigned a = 0, b = 0;

	if (strcmp(line, "stop") == 0) {
		r->stopped = true;
		return nfront_stop(&r->nf);
	}
	if (strcmp(line, "start") == 0) {
		r->stopped = false;
		return nfront_start(&r->nf);
	}
	if (strcmp(line, "reset") == 0)
		return nfront_reset(&r->nf);
	if (sscanf(line, "hotplug %u", &a) == 1)
		return nfront_hotplug(&r->nf, (uint64_t)a << 20);
	if (sscanf(line, "enable %u %u", &a, &b) == 2)
		return a < r->options.pairs ? nfront_enable(&r->nf, a, b) : -EINVAL;
	if (strcmp(line, "quit") == 0)
		r->done = true;
	return strcmp(line, "quit") == 0 ? 0 : -EINVAL;
}

static void command(struct run *r, const char *line)
{
	uint64_t start_ns = nfront_now_ns();
	int err;

	if (strcmp(line, "count") == 0) {
		settle(r);
		print_count(r);
		if (start_count(r) < 0)
			r->done = true;
		return;
	}
	err = obey(r, line);
	if (r->done)
		return;
	printf("{\"command\": \"%s\", \"error\": \"%s\", \"ms\": %.3f}\n", line,
		err ? strerror(-err) : "", (double)(nfront_now_ns() - start_ns) / 1e6);
	fflush(stdout);
}

static void read_commands(struct run *r)
{
	ssize_t n =
		read(STDIN_FILENO, r->line + r->line_bytes, sizeof(r->line) - 1 - r->line_bytes);
	char *end;

	if (n <= 0) {
		r->done = true;
		return;
	}
	r->line_bytes += (size_t)n;
	r->line[r->line_bytes] = '\0';
	while ((end = strchr(r->line, '\n'))) {
		*end = '\0';
		command(r, r->line);
		r->line_bytes -= (size_t)(end + 1 - r->line);
		memmove(r->line, end + 1, r->line_bytes + 1);
	}
}

/* ---- */

static uint64_t time_left_ns(uint64_t period_ns, uint64_t due_ns)
{
	uint64_t now_ns = nfront_now_ns();

	if (!period_ns)
		return 100000000u;
	return due_ns > now_ns ? due_ns - now_ns : 0;
}

/* Sends what is due, and says when the next is. What a stopped machine has held up is not made up
 * for: a burst that is longer than the rings would get lost, and say nothing about the other end.
 */
static uint64_t send_all_due(struct run *r, uint64_t due_ns, uint64_t period_ns)
{
	uint64_t now_ns = nfront_now_ns();

	if (now_ns > due_ns + CATCH_UP_NS)
		due_ns = now_ns;
	for (unsigned n = 1; period_ns && due_ns <= now_ns; due_ns += period_ns, n++) {
		if (!r->stopped)
			send_due(r, now_ns);
		if (n % 32 == 0)
			receive_all(r);
	}
	return due_ns;
}

static void loop(struct run *r)
{
	uint64_t start_ns = nfront_now_ns(), end_ns = start_ns + r->seconds * UINT64_C(1000000000);
	uint64_t period_ns = r->rate ? 1000000000u / r->rate : 0, due_ns = start_ns;

	while (!r->done) {
		uint64_t now_ns = nfront_now_ns();

		if (r->seconds && now_ns >= end_ns)
			break;
		due_ns = send_all_due(r, due_ns, period_ns);
		receive_all(r);
		if (!nfront_wait(&r->nf, STDIN_FILENO, time_left_ns(period_ns, due_ns)))
			continue;
		read_commands(r);
		due_ns = nfront_now_ns();
	}
}

static int parse(struct run *r, int argc, char **argv)
{
	static const struct option longs[] = {{"socket", 1, NULL, 's'}, {"mem-mb", 1, NULL, 'm'},
		{"ring-size", 1, NULL, 'r'}, {"pairs", 1, NULL, 'p'}, {"chain", 1, NULL, 'c'},
		{"event-idx", 0, NULL, 'e'}, {"walk", 0, NULL, 'w'}, {"need-reply", 0, NULL, 'n'},
		{"rate", 1, NULL, 'R'}, {"seconds", 1, NULL, 'S'}, {"tap", 1, NULL, 't'},
		{"netns", 1, NULL, 'N'}, {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct nfront_options *o = &r->options;
	int c;

	*o = (struct nfront_options){
		.mem_bytes = 64u << 20, .ring_size = 256, .pairs = 1, .chain = 1};
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		uint64_t n = optarg ? strtoull(optarg, NULL, 10) : 0;

		switch (c) {
		case 's':
			o->socket = optarg;
			break;
		case 'm':
			o->mem_bytes = n << 20;
			break;
		case 'r':
			o->ring_size = (unsigned)n;
			break;
		case 'p':
			o->pairs = (unsigned)n;
			break;
		case 'c':
			o->chain = (unsigned)n;
			break;
		case 'e':
			o->event_idx = true;
			break;
		case 'w':
			o->walk = true;
			break;
		case 'n':
			o->need_reply = true;
			break;
		case 'R':
			r->rate = n;
			break;
		case 'S':
			r->seconds = n;
			break;
		case 't':
			r->tap = optarg;
			break;
		case 'N':
			r->netns = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			return -EINVAL;
		}
	}
	return o->socket && optind == argc ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	static struct run r = {.next_number = 1};
	int err;

	if (parse(&r, argc, argv) < 0) {
		usage(stderr);
		return 2;
	}
	err = start_count(&r);
	if (!err)
		err = nfront_open(&r.nf, &r.options);
	if (err) {
		fprintf(stderr,
			"test-nfront: --socket %s: %s; is a mux or a back end listening there?\n",
			r.options.socket, strerror(-err));
		return 1;
	}
	printf("{\"ready\": true}\n");
	fflush(stdout);
	if (r.tap) {
		err = nf_tap_run(&r.nf, r.tap, r.netns, r.seconds);
	} else {
		loop(&r);
		settle(&r);
		print_count(&r);
	}
	nfront_close(&r.nf);
	nf_count_fini(&r.count);
	return err < 0;
}
