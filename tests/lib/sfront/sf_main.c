/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * test-sfront: a native virtio-scsi initiator. It does verified I/O on one LUN, at full speed, from
 * several queues, through whichever target it is told to. Commands on stdin: "live N" starts the
 * rings at target N, "halt" stops them in order, "mark" begins the longest stall anew, "stop" ends:
 * what was written is read back, and the report goes to stdout as one JSON object. One thread.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/sfront/sf_request.h"
#include "tests/lib/sfront/sf_session.h"
#include "tests/lib/sfront/sf_verify.h"

#define BUCKETS 512 /* of the histogram: 8 for each power of two of microseconds */

struct slot {
	enum sf_op op;
	bool fua, retry;
	unsigned skew;
	struct sf_range range;
	uint64_t since_ns;
};

static struct sf_session session;
static struct sf_verify verify;
static struct slot slots[SF_QUEUES_MAX][SF_RING_SIZE];
static struct {
	unsigned lun, write_percent, skewed_percent, seconds;
	uint64_t size_bytes, ios_max;
} options = {.write_percent = 50, .size_bytes = 8 << 20};
static struct {
	uint64_t ios, errors, retries, histogram[BUCKETS], worst_ns, stall_ns, last_ns, began_ns;
	char first_error[128];
} stats;
static bool draining;
static struct { /* from the command to go live to the first answer */
	uint64_t began_ns, took_ns[1024];
	unsigned n;
} takeover;
static uint32_t next_back; /* cell to read back at the end */

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- requests ---- */

static void put(unsigned q, unsigned slot)
{
	struct slot *s = &slots[q][slot];
	struct sf_ring *r = &session.ring[SF_FIXED + q];
	uint32_t bytes = s->op == SF_FLUSH ? 0 : s->range.n * SF_CELL_BYTES;
	const struct sf_extent extent = {
		(uint64_t)s->range.cell * SF_CELL_BYTES / verify.block_bytes,
		bytes / verify.block_bytes, s->fua};
	uint8_t cdb[16], lun[8];
	unsigned cdb_len = sf_request_cdb(s->op, &extent, cdb);
	bool write = s->op == SF_WRITE;

	sf_request_lun(options.lun, lun);
	if (write)
		sf_verify_fill(&verify, &s->range, sf_ring_data(r, slot, s->skew));
	else if (bytes)
		memset(sf_ring_data(r, slot, s->skew), 0xdb, bytes);
	s->since_ns = now_ns();
	sf_ring_put(r, slot, lun, cdb, cdb_len, bytes, write, s->skew,
		1 + (unsigned)(sf_verify_random(&verify) & 1));
}

static bool next_read_back(struct slot *s)
{
	while (next_back < verify.n_cells && !verify.seq[next_back])
		next_back++;
	if (next_back == verify.n_cells || verify.busy[next_back])
		return false;
	s->op = SF_READ;
	s->range = (struct sf_range){next_back, 1, 0};
	verify.busy[next_back++] = 1;
	return true;
}

static bool choose(struct slot *s)
{
	uint64_t r = sf_verify_random(&verify);

	*s = (struct slot){.skew = r % 100 < options.skewed_percent
					   ? 8 * (1 + (unsigned)((r >> 20) % 60))
					   : 0};
	if (draining)
		return next_read_back(s);
	if (r >> 32 & 1 && (r >> 33) % 64 == 0) {
		s->op = SF_FLUSH;
		return true;
	}
	if (!sf_verify_pick(&verify, &s->range))
		return false;
	s->op = (r >> 8) % 100 < options.write_percent ? SF_WRITE : SF_READ;
	s->fua = (r >> 40) % 16 == 0;
	if (s->op == SF_WRITE)
		s->range.seq = ++verify.next_seq;
	return true;
}

static void count(uint64_t latency_ns, uint64_t now)
{
	uint64_t us = latency_ns / 1000, log = 0;

	while (us >> log > 15)
		log++;
	stats.histogram[log * 8 + (us >> log)]++;
	if (latency_ns > stats.worst_ns)
		stats.worst_ns = latency_ns;
	if (stats.last_ns && now - stats.last_ns > stats.stall_ns)
		stats.stall_ns = now - stats.last_ns;
	stats.last_ns = now;
	stats.ios++;
	if (takeover.began_ns && takeover.n < 1024)
		takeover.took_ns[takeover.n++] = now - takeover.began_ns;
	takeover.began_ns = 0;
}

static void finish(unsigned q, unsigned slot, const struct sf_answer *a)
{
	struct slot *s = &slots[q][slot];
	struct sf_ring *r = &session.ring[SF_FIXED + q];

	if (sf_request_again(a)) {
		stats.retries++;
		put(q, slot);
		return;
	}
	count(now_ns() - s->since_ns, now_ns());
	if (sf_request_failed(a)) {
		if (!stats.errors++)
			snprintf(stats.first_error, sizeof(stats.first_error),
				"op %d response %u status %u sense %u", s->op, a->response,
				a->status, a->sense_key);
	} else if (s->op == SF_WRITE) {
		sf_verify_written(&verify, &s->range);
		s->op = SF_READ_BACK;
		put(q, slot);
		return;
	} else if (s->op != SF_FLUSH) {
		sf_verify_check(&verify, &s->range, sf_ring_data(r, slot, s->skew));
	}
	if (s->op != SF_FLUSH)
		sf_verify_free(&verify, &s->range);
	s->op = SF_NONE;
}

static unsigned turn(void)
{
	unsigned n = 0;

	for (unsigned q = 0; q < session.options.queues; q++) {
		struct sf_ring *r = &session.ring[SF_FIXED + q];
		struct sf_answer a;
		int slot;

		while ((slot = sf_ring_get(r, &a)) >= 0) {
			finish(q, (unsigned)slot, &a);
			n++;
		}
		for (unsigned i = 0; i < session.options.depth; i++)
			if (slots[q][i].op == SF_NONE && choose(&slots[q][i]))
				put(q, i);
		sf_ring_show(r);
	}
	return n;
}

static bool idle(void)
{
	for (unsigned q = 0; q < session.options.queues; q++)
		if (session.ring[SF_FIXED + q].n_busy)
			return false;
	return true;
}

/* ---- commands ---- */

static uint64_t percentile(unsigned per_mille)
{
	uint64_t left = stats.ios * per_mille / 1000;

	for (unsigned i = 0; i < BUCKETS; i++) {
		if (left < stats.histogram[i])
			return (uint64_t)(i % 8 + (i < 8 ? 0 : 8)) << (i / 8 ? i / 8 - 1 : 0);
		left -= stats.histogram[i];
	}
	return 0;
}

static int by_length(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double takeover_ms(unsigned per_cent)
{
	qsort(takeover.took_ns, takeover.n, sizeof(*takeover.took_ns), by_length);
	return takeover.n ? (double)takeover.took_ns[(takeover.n - 1) * per_cent / 100] / 1e6 : 0;
}

static void report(bool complete)
{
	double seconds = (double)(now_ns() - stats.began_ns) / 1e9;
	uint64_t violations = 0, reordered = 0;

	for (unsigned i = 0; i < SF_FIXED + session.options.queues; i++) {
		violations += session.ring[i].violations;
		reordered += session.ring[i].reordered;
	}
	printf("{\"complete\": %s, \"ios\": %llu, \"errors\": %llu, \"retries\": %llu, "
	       "\"bad_reads\": "
	       "%llu, \"violations\": %llu, \"reordered\": %llu, \"writes\": %u, \"stall_ms\": "
	       "%.3f, \"iops\": %.0f, "
	       "\"takeover_ms\": {\"p50\": %.3f, \"worst\": %.3f}, "
	       "\"latency_us\": {\"p50\": %llu, \"p99\": %llu, \"worst\": %llu}, \"first_bad\": "
	       "\"%s\", \"first_error\": \"%s\"}\n",
		complete ? "true" : "false", (unsigned long long)stats.ios,
		(unsigned long long)stats.errors, (unsigned long long)stats.retries,
		(unsigned long long)verify.bad_reads, (unsigned long long)violations,
		(unsigned long long)reordered, verify.next_seq, (double)stats.stall_ns / 1e6,
		(double)stats.ios / seconds, takeover_ms(50), takeover_ms(100),
		(unsigned long long)percentile(500), (unsigned long long)percentile(990),
		(unsigned long long)(stats.worst_ns / 1000), verify.first_bad, stats.first_error);
}

static void command(char *line)
{
	unsigned target = 0;
	int rc = -EINVAL;

	if (sscanf(line, "live %u", &target) == 1 && target < session.options.n_targets) {
		takeover.began_ns = now_ns();
		rc = sf_session_go(&session, target);
	} else if (!strncmp(line, "halt", 4)) {
		rc = sf_session_stop(&session);
	} else if (!strncmp(line, "stop", 4)) {
		draining = true;
		rc = 0;
	} else if (!strncmp(line, "mark", 4)) { /* stall_ms is from now on */
		stats.stall_ns = 0;
		rc = 0;
	} else if (!strncmp(line, "status", 6)) {
		report(false);
		fflush(stdout);
		return;
	}
	printf("%d %s", rc, line);
	fflush(stdout);
}

/* Until something comes back or is commanded; false: stdin has ended. */
static bool sleep_until_news(void)
{
	struct pollfd p[SF_QUEUES_MAX + 1] = {{.fd = 0, .events = POLLIN}};
	unsigned n = 1;
	bool pending = false;
	char line[128];
	uint64_t value;

	for (unsigned q = 0; q < session.options.queues; q++) {
		sf_ring_want_calls(&session.ring[SF_FIXED + q]);
		pending |= sf_ring_pending(&session.ring[SF_FIXED + q]);
		p[n++] =
			(struct pollfd){.fd = session.ring[SF_FIXED + q].call_fd, .events = POLLIN};
	}
	if (poll(p, n, pending ? 0 : 100) <= 0)
		return true;
	for (unsigned i = 1; i < n; i++)
		if (p[i].revents && read(p[i].fd, &value, sizeof(value)) < 0)
			continue;
	if (!p[0].revents)
		return true;
	if (!fgets(line, sizeof(line), stdin))
		return false;
	command(line);
	return true;
}

static int parse(int argc, char **argv, struct sf_options *o, uint64_t *seed, unsigned *block)
{
	static const struct option known[] = {{"socket", 1, NULL, 's'}, {"queues", 1, NULL, 'q'},
		{"depth", 1, NULL, 'd'}, {"direct", 0, NULL, 'D'}, {"no-event-idx", 0, NULL, 'e'},
		{"no-inflight", 0, NULL, 'i'}, {"lun", 1, NULL, 'l'}, {"size", 1, NULL, 'z'},
		{"writes", 1, NULL, 'w'}, {"skewed", 1, NULL, 'k'}, {"seed", 1, NULL, 'r'},
		{"block", 1, NULL, 'b'}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 's':
			if (o->n_targets == SF_TARGETS_MAX)
				return -E2BIG;
			o->socket[o->n_targets++] = optarg;
			break;
		case 'q':
			o->queues = (unsigned)atoi(optarg);
			break;
		case 'd':
			o->depth = (unsigned)atoi(optarg);
			break;
		case 'D':
			o->indirect = false;
			break;
		case 'e':
			o->event_idx = false;
			break;
		case 'i':
			o->inflight = false;
			break;
		case 'l':
			options.lun = (unsigned)atoi(optarg);
			break;
		case 'z':
			options.size_bytes = strtoull(optarg, NULL, 0);
			break;
		case 'w':
			options.write_percent = (unsigned)atoi(optarg);
			break;
		case 'k':
			options.skewed_percent = (unsigned)atoi(optarg);
			break;
		case 'r':
			*seed = strtoull(optarg, NULL, 0);
			break;
		case 'b':
			*block = (unsigned)atoi(optarg);
			break;
		default:
			return -EINVAL;
		}
	}
	return o->n_targets && o->queues && o->queues <= SF_QUEUES_MAX ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct sf_options o = {
		.queues = 2, .depth = 32, .indirect = true, .event_idx = true, .inflight = true};
	uint64_t seed = now_ns();
	unsigned block = 512, empty = 0;

	if (parse(argc, argv, &o, &seed, &block) || sf_session_open(&session, &o) ||
		sf_verify_init(&verify, options.size_bytes, block, 1, seed)) {
		fprintf(stderr, "test-sfront: wrong options, or no memory: see sf_main.c\n");
		return 2;
	}
	fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
	setvbuf(stdin, NULL, _IONBF, 0);
	stats.began_ns = now_ns();
	while (!draining || !idle() || next_back < verify.n_cells) {
		empty = turn() ? 0 : empty + 1;
		if (empty > 50 && !sleep_until_news())
			return 3;
		if (empty > 50)
			empty = 40;
	}
	report(true);
	return stats.errors || verify.bad_reads ? 1 : 0;
}
