/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * test-sflock: an initiator that shares a disk with others. Each of its slots is a contender: it
 * takes a lock on the disk by COMPARE AND WRITE, adds one to a counter there by READ and WRITE, and
 * gives the lock back by COMPARE AND WRITE. A token is never used twice; so whoever is told that
 * nobody knows what became of its command (ABORTED COMMAND) reads the lock, and knows. Commands on
 * stdin as test-sfront's. The report: how often it has added one. One thread.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/sfront/sf_session.h"

#define BLOCK 512
#define LOCK_AT 8
#define COUNTER_AT 64
#define COUNTER_BLOCKS 8 /* all alike */
#define COMPARE_AND_WRITE 0x89
#define READ 0x88
#define WRITE 0x8a

enum step { IDLE, TAKE, LOOK_TAKEN, GET, SET, GIVE, LOOK_GIVEN };

struct contender {
	enum step step;
	uint64_t token, value;
};

static struct sf_session session;
static struct contender contenders[SF_QUEUES_MAX][SF_RING_SIZE];
static struct {
	uint64_t ios, errors, retries, unknown, misses, bad_reads, added, broken;
	char first_error[128];
} stats;
static unsigned lun;
static uint64_t writer, next_token;
static bool draining;

/* ---- requests ---- */

static void put_be(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

static void put(unsigned q, unsigned slot, uint8_t code, uint64_t lba, uint32_t blocks)
{
	struct sf_ring *r = &session.ring[SF_FIXED + q];
	uint8_t cdb[16] = {code}, address[8] = {1, 0, 0, (uint8_t)lun};
	uint32_t bytes = blocks * BLOCK * (code == COMPARE_AND_WRITE ? 2 : 1);

	put_be(cdb + 2, lba, 8);
	if (code == COMPARE_AND_WRITE)
		cdb[13] = (uint8_t)blocks;
	else
		put_be(cdb + 10, blocks, 4);
	sf_ring_put(r, slot, address, cdb, sizeof(cdb), bytes, code != READ, 0, 1);
}

static void swap(unsigned q, unsigned slot, uint64_t from, uint64_t to)
{
	uint8_t *data = sf_ring_data(&session.ring[SF_FIXED + q], slot, 0);

	memset(data, 0, 2 * BLOCK);
	memcpy(data, &from, 8);
	memcpy(data + BLOCK, &to, 8);
	put(q, slot, COMPARE_AND_WRITE, LOCK_AT, 1);
}

static void begin(unsigned q, unsigned slot)
{
	struct contender *c = &contenders[q][slot];
	uint8_t *data = sf_ring_data(&session.ring[SF_FIXED + q], slot, 0);

	switch (c->step) {
	case IDLE:
		return;
	case TAKE:
		c->token = writer << 48 | ++next_token;
		swap(q, slot, 0, c->token);
		return;
	case LOOK_TAKEN:
	case LOOK_GIVEN:
		put(q, slot, READ, LOCK_AT, 1);
		return;
	case GET:
		put(q, slot, READ, COUNTER_AT, COUNTER_BLOCKS);
		return;
	case SET:
		memset(data, 0, COUNTER_BLOCKS * BLOCK);
		for (unsigned i = 0; i < COUNTER_BLOCKS; i++)
			memcpy(data + (size_t)i * BLOCK, &c->value, 8);
		put(q, slot, WRITE, COUNTER_AT, COUNTER_BLOCKS);
		return;
	case GIVE:
		swap(q, slot, c->token, 0);
	}
}

/* ---- answers ---- */

enum verdict { GOOD, MISS, UNKNOWN, AGAIN, BAD };

static enum verdict judge(const struct sf_answer *a)
{
	if (a->response)
		return a->response == 5 || a->response == 4 || a->response == 2 ? AGAIN : BAD;
	if (a->status == 8 || a->status == 0x28 || (a->status == 2 && a->sense_key == 6))
		return AGAIN;
	if (a->status == 2 && a->sense_key == 0xe)
		return MISS;
	if (a->status == 2 && a->sense_key == 0xb)
		return UNKNOWN;
	return a->status ? BAD : GOOD;
}

static void taken(struct contender *c, enum verdict verdict)
{
	stats.misses += verdict == MISS;
	c->step = verdict == GOOD ? GET : verdict == UNKNOWN ? LOOK_TAKEN : draining ? IDLE : TAKE;
}

static void got(struct contender *c, const uint8_t *data)
{
	memcpy(&c->value, data, 8);
	for (unsigned i = 1; i < COUNTER_BLOCKS; i++)
		stats.bad_reads += memcmp(data, data + (size_t)i * BLOCK, 8) != 0;
	c->value++;
	c->step = SET;
}

static void given(struct contender *c, enum verdict verdict)
{
	if (verdict == UNKNOWN) {
		c->step = LOOK_GIVEN;
		return;
	}
	stats.broken += verdict == MISS; /* somebody else has it, too */
	stats.added++;
	c->step = draining ? IDLE : TAKE;
}

static void looked(struct contender *c, const uint8_t *data)
{
	bool mine = !memcmp(data, &c->token, 8);

	if (c->step == LOOK_TAKEN)
		taken(c, mine ? GOOD : MISS);
	else if (mine)
		c->step = GIVE;
	else
		given(c, GOOD);
}

static bool may_be(enum step step, enum verdict verdict)
{
	bool swaps = step == TAKE || step == GIVE;

	return verdict == GOOD || (swaps && (verdict == MISS || verdict == UNKNOWN));
}

static void finish(unsigned q, unsigned slot, const struct sf_answer *a)
{
	struct contender *c = &contenders[q][slot];
	const uint8_t *data = sf_ring_data(&session.ring[SF_FIXED + q], slot, 0);
	enum verdict verdict = judge(a);

	stats.ios++;
	stats.retries += verdict == AGAIN;
	stats.unknown += verdict == UNKNOWN;
	if (verdict == AGAIN) {
		/* nothing was done, or nobody says: a token is not used twice */
		c->step = c->step == TAKE ? LOOK_TAKEN : c->step == GIVE ? LOOK_GIVEN : c->step;
	} else if (!may_be(c->step, verdict)) {
		if (!stats.errors++)
			snprintf(stats.first_error, sizeof(stats.first_error),
				"step %d response %u status %u sense %u", c->step, a->response,
				a->status, a->sense_key);
		c->step = IDLE;
	} else if (c->step == TAKE) {
		taken(c, verdict);
	} else if (c->step == GET) {
		got(c, data);
	} else if (c->step == SET) {
		c->step = GIVE;
	} else if (c->step == GIVE) {
		given(c, verdict);
	} else {
		looked(c, data);
	}
	begin(q, slot);
}

static unsigned turn(void)
{
	unsigned n = 0;

	for (unsigned q = 0; q < session.options.queues; q++) {
		struct sf_ring *r = &session.ring[SF_FIXED + q];
		struct sf_answer a;
		int slot;

		for (; (slot = sf_ring_get(r, &a)) >= 0; n++)
			finish(q, (unsigned)slot, &a);
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

static void report(bool complete)
{
	uint64_t violations = stats.broken;

	for (unsigned i = 0; i < SF_FIXED + session.options.queues; i++)
		violations += session.ring[i].violations;
	printf("{\"complete\": %s, \"ios\": %llu, \"errors\": %llu, \"retries\": %llu, "
	       "\"bad_reads\": %llu, \"violations\": %llu, \"added\": %llu, \"unknown\": %llu, "
	       "\"misses\": %llu, \"first_error\": \"%s\"}\n",
		complete ? "true" : "false", (unsigned long long)stats.ios,
		(unsigned long long)stats.errors, (unsigned long long)stats.retries,
		(unsigned long long)stats.bad_reads, (unsigned long long)violations,
		(unsigned long long)stats.added, (unsigned long long)stats.unknown,
		(unsigned long long)stats.misses, stats.first_error);
	fflush(stdout);
}

static void command(char *line)
{
	unsigned target = 0;
	int rc = -EINVAL;

	if (!strncmp(line, "status", 6)) {
		report(false);
		return;
	}
	if (sscanf(line, "live %u", &target) == 1 && target < session.options.n_targets) {
		rc = sf_session_go(&session, target);
	} else if (!strncmp(line, "stop", 4)) {
		draining = true;
		rc = 0;
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
		struct sf_ring *r = &session.ring[SF_FIXED + q];

		sf_ring_want_calls(r);
		pending |= sf_ring_pending(r);
		p[n++] = (struct pollfd){.fd = r->call_fd, .events = POLLIN};
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

static int parse(int argc, char **argv, struct sf_options *o)
{
	static const struct option known[] = {{"socket", 1, NULL, 's'}, {"queues", 1, NULL, 'q'},
		{"depth", 1, NULL, 'd'}, {"lun", 1, NULL, 'l'}, {"writer", 1, NULL, 'w'},
		{"no-inflight", 0, NULL, 'i'}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's' && o->n_targets < SF_TARGETS_MAX)
			o->socket[o->n_targets++] = optarg;
		else if (c == 'q')
			o->queues = (unsigned)atoi(optarg);
		else if (c == 'd')
			o->depth = (unsigned)atoi(optarg);
		else if (c == 'l')
			lun = (unsigned)atoi(optarg);
		else if (c == 'i') /* a mux keeps it */
			o->inflight = false;
		else if (c == 'w')
			writer = strtoull(optarg, NULL, 0);
		else
			return -EINVAL;
	}
	return o->n_targets && o->queues && o->queues <= SF_QUEUES_MAX && writer ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct sf_options o = {
		.queues = 2, .depth = 2, .indirect = true, .event_idx = true, .inflight = true};
	unsigned empty = 0;

	if (parse(argc, argv, &o) || sf_session_open(&session, &o)) {
		fprintf(stderr, "test-sflock: wrong options, or no memory: see sf_lock.c\n");
		return 2;
	}
	setvbuf(stdin, NULL, _IONBF, 0);
	for (unsigned q = 0; q < o.queues; q++)
		for (unsigned slot = 0; slot < o.depth; slot++) {
			contenders[q][slot].step = TAKE;
			begin(q, slot);
		}
	while (!draining || !idle()) {
		empty = turn() ? 0 : empty + 1;
		if (empty > 50 && !sleep_until_news())
			return 3;
		if (empty > 50)
			empty = 40;
	}
	report(true);
	return stats.errors || stats.bad_reads || stats.broken ? 1 : 0;
}
