/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * test-sfbench: one load, two ways to the disk: through a target's rings (--socket, the initiator
 * of tests/lib/sfront), or by the target's own engine, libaio with O_DIRECT (--raw). Same order of
 * places, same depth, same way to wait, so that what differs is the way. --drain N: N times, how
 * long the disk needs for what is in flight when nothing more is given to it. Nothing is verified.
 * The report goes to stdout as one JSON object. One thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "storage/aio.h"
#include "tests/lib/sfront/sf_session.h"

#define PAGE 4096u
#define STEPS 32u /* of the histogram, for each power of two of nanoseconds */
#define BUCKETS (64 * STEPS)
#define DRAINS_MAX 1000
#define EMPTY_TURNS 50

struct slot {
	struct aio_request aio; /* raw */
	struct iov iov;
	unsigned q, i;
	bool busy;
	uint64_t since_ns;
};

static struct {
	const char *socket, *raw;
	unsigned queues, depth, bytes, write_percent, durable_percent, lun, drains;
	bool varied;
	uint64_t size_bytes;
	double seconds;
} options = {.queues = 2, .depth = 32, .bytes = PAGE, .size_bytes = 64 << 20, .seconds = 1};

static struct slot slots[SF_QUEUES_MAX][SF_RING_SIZE];
static struct sf_session session;
static struct aio *aio;
static int raw_fd = -1;
static uint64_t state = 88172645463325252u, n_busy;
static struct {
	uint64_t ios, errors, worst_ns, bucket[BUCKETS], drain_ns[DRAINS_MAX];
} stats;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t draw(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

/* ---- latency ---- */

static unsigned bucket_of(uint64_t ns)
{
	unsigned log = ns < 2 * STEPS ? 0 : 58u - (unsigned)__builtin_clzll(ns);

	return log * STEPS + (unsigned)(ns >> log);
}

static uint64_t lowest_of(unsigned bucket)
{
	unsigned log = bucket < 2 * STEPS ? 0 : bucket / STEPS - 1;

	return (uint64_t)(bucket - log * STEPS) << log;
}

static double percentile_us(double of)
{
	uint64_t left = (uint64_t)((double)stats.ios * of);

	for (unsigned i = 0; i < BUCKETS; i++) {
		if (left < stats.bucket[i])
			return (double)lowest_of(i) / 1e3;
		left -= stats.bucket[i];
	}
	return (double)stats.worst_ns / 1e3;
}

static void finish(struct slot *s, bool good)
{
	uint64_t took = now_ns() - s->since_ns;

	s->busy = false;
	n_busy--;
	stats.ios++;
	stats.errors += !good;
	stats.bucket[bucket_of(took)]++;
	if (took > stats.worst_ns)
		stats.worst_ns = took;
}

/* ---- the two ways ---- */

static void raw_done(struct aio_request *request, long result)
{
	struct slot *s = (struct slot *)(void *)((char *)request - offsetof(struct slot, aio));

	finish(s, result == (long)s->iov.len_bytes);
}

static void put_be(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

static void put_scsi(struct slot *s, uint64_t at, uint32_t bytes, bool write, bool durable)
{
	uint8_t cdb[16] = {write ? 0x8a : 0x88, durable ? 8 : 0};
	uint8_t lun[8] = {1, 0, 0, (uint8_t)options.lun};

	put_be(cdb + 2, at / 512, 8);
	put_be(cdb + 10, bytes / 512, 4);
	sf_ring_put(
		&session.ring[SF_FIXED + s->q], s->i, lun, cdb, sizeof(cdb), bytes, write, 0, 1);
}

static void put(struct slot *s)
{
	uint64_t pages = options.varied ? 1 + draw(options.bytes / PAGE) : options.bytes / PAGE;
	uint64_t at = draw(options.size_bytes / PAGE - pages + 1) * PAGE;
	bool write = draw(100) < options.write_percent;
	bool durable = write && draw(100) < options.durable_percent;

	s->busy = true;
	n_busy++;
	s->since_ns = now_ns();
	if (options.socket) {
		put_scsi(s, at, (uint32_t)pages * PAGE, write, durable);
		return;
	}
	s->iov.len_bytes = pages * PAGE;
	s->aio.done = raw_done;
	if (write)
		aio_write(aio, &s->aio, raw_fd, &s->iov, 1, at, durable);
	else
		aio_read(aio, &s->aio, raw_fd, &s->iov, 1, at);
}

static unsigned reap(void)
{
	struct sf_answer a;
	unsigned n = 0;
	int i;

	if (!options.socket)
		return aio_reap(aio);
	for (unsigned q = 0; q < options.queues; q++)
		for (; (i = sf_ring_get(&session.ring[SF_FIXED + q], &a)) >= 0; n++)
			finish(&slots[q][i], !a.response && !a.status);
	return n;
}

static void submit(void)
{
	if (!options.socket)
		aio_submit(aio);
	for (unsigned q = 0; options.socket && q < options.queues; q++)
		sf_ring_show(&session.ring[SF_FIXED + q]);
}

static void sleep_until_news(void)
{
	struct pollfd p[SF_QUEUES_MAX];
	unsigned n = 0;
	bool pending = false;
	uint64_t value;

	if (!options.socket)
		p[n++] = (struct pollfd){.fd = aio_event_fd(aio), .events = POLLIN};
	for (unsigned q = 0; options.socket && q < options.queues; q++) {
		struct sf_ring *r = &session.ring[SF_FIXED + q];

		sf_ring_want_calls(r);
		pending |= sf_ring_pending(r);
		p[n++] = (struct pollfd){.fd = r->call_fd, .events = POLLIN};
	}
	if (pending || poll(p, n, 1000) <= 0)
		return;
	for (unsigned i = 0; i < n; i++)
		if (p[i].revents && read(p[i].fd, &value, sizeof(value)) < 0)
			return;
}

/* ---- the load ---- */

static void turns(uint64_t until_ns, bool give)
{
	unsigned empty = 0;

	while (give ? now_ns() < until_ns : n_busy) {
		empty = reap() ? 0 : empty + 1;
		for (unsigned q = 0; give && q < options.queues; q++)
			for (unsigned i = 0; i < options.depth; i++)
				if (!slots[q][i].busy)
					put(&slots[q][i]);
		submit();
		if (empty > EMPTY_TURNS)
			sleep_until_news();
	}
}

static int by_length(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void drain(void)
{
	for (unsigned n = 0; n < options.drains; n++) {
		uint64_t began;

		turns(now_ns() + 10000000 + draw(20000000), true);
		began = now_ns();
		turns(0, false);
		stats.drain_ns[n] = now_ns() - began;
	}
	qsort(stats.drain_ns, options.drains, sizeof(*stats.drain_ns), by_length);
}

static void report(double seconds)
{
	printf("{\"ios\": %llu, \"errors\": %llu, \"iops\": %.0f, \"latency_us\": {\"p50\": %.1f, "
	       "\"p99\": %.1f, \"p999\": %.1f, \"worst\": %.1f}",
		(unsigned long long)stats.ios, (unsigned long long)stats.errors,
		(double)stats.ios / seconds, percentile_us(0.5), percentile_us(0.99),
		percentile_us(0.999), (double)stats.worst_ns / 1e3);
	if (options.drains)
		printf(", \"drain_ms\": {\"p50\": %.3f, \"worst\": %.3f}",
			(double)stats.drain_ns[options.drains / 2] / 1e6,
			(double)stats.drain_ns[options.drains - 1] / 1e6);
	printf("}\n");
}

/* ---- set-up ---- */

static int open_raw(void)
{
	size_t bytes = (size_t)options.queues * options.depth * options.bytes;
	uint8_t *memory = aligned_alloc(PAGE, bytes);

	raw_fd = open(options.raw, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (!memory || raw_fd < 0)
		return -errno;
	memset(memory, 0x5a, bytes);
	for (unsigned q = 0; q < options.queues; q++)
		for (unsigned i = 0; i < options.depth; i++)
			slots[q][i].iov.base =
				memory + (size_t)(q * options.depth + i) * options.bytes;
	return aio_new(options.queues * options.depth, &aio);
}

static int open_session(void)
{
	struct sf_options o = {.socket = {options.socket},
		.n_targets = 1,
		.queues = options.queues,
		.depth = options.depth,
		.indirect = true,
		.event_idx = true,
		.inflight = true};
	int rc = sf_session_open(&session, &o);

	for (unsigned q = 0; q < options.queues; q++)
		for (unsigned i = 0; i < options.depth; i++)
			slots[q][i].q = q, slots[q][i].i = i;
	return rc ? rc : sf_session_go(&session, 0);
}

/* Past the unit attentions of the start, and into the memory. */
static void warm_up(void)
{
	turns(now_ns() + 100000000, true);
	turns(0, false);
	memset(&stats, 0, sizeof(stats));
}

static bool parse(int argc, char **argv)
{
	static const struct option known[] = {{"socket", 1, NULL, 's'}, {"raw", 1, NULL, 'r'},
		{"queues", 1, NULL, 'q'}, {"depth", 1, NULL, 'd'}, {"bytes", 1, NULL, 'b'},
		{"writes", 1, NULL, 'w'}, {"durable", 1, NULL, 'D'}, {"varied", 0, NULL, 'v'},
		{"size", 1, NULL, 'z'}, {"seconds", 1, NULL, 't'}, {"lun", 1, NULL, 'l'},
		{"drain", 1, NULL, 'n'}, {0}};
	unsigned *const number[128] = {['q'] = &options.queues,
		['d'] = &options.depth,
		['b'] = &options.bytes,
		['w'] = &options.write_percent,
		['D'] = &options.durable_percent,
		['l'] = &options.lun,
		['n'] = &options.drains};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			options.socket = optarg;
		else if (c == 'r')
			options.raw = optarg;
		else if (c == 'v')
			options.varied = true;
		else if (c == 'z')
			options.size_bytes = strtoull(optarg, NULL, 0);
		else if (c == 't')
			options.seconds = atof(optarg);
		else if (c > 0 && c < 128 && number[c])
			*number[c] = (unsigned)atoi(optarg);
		else
			return false;
	}
	return !options.socket != !options.raw && options.queues &&
	       options.queues <= SF_QUEUES_MAX && options.depth && options.depth <= SF_RING_SIZE &&
	       options.bytes >= PAGE && options.bytes <= SF_DATA_MAX && !(options.bytes % PAGE) &&
	       options.size_bytes >= options.bytes && options.drains <= DRAINS_MAX;
}

int main(int argc, char **argv)
{
	uint64_t began;

	if (!parse(argc, argv)) {
		fprintf(stderr, "test-sfbench: wrong options: see sf_bench.c\n");
		return 2;
	}
	if (options.socket ? open_session() : open_raw()) {
		fprintf(stderr, "test-sfbench: cannot open it\n");
		return 2;
	}
	warm_up();
	began = now_ns();
	if (options.drains)
		drain();
	else
		turns(began + (uint64_t)(options.seconds * 1e9), true);
	report((double)(now_ns() - began) / 1e9);
	turns(0, false);
	return stats.errors ? 1 : 0;
}
