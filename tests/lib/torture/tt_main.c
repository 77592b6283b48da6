/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tt_main.c - test-torture: plays the cases of torture.h against a mux's (or back end's) socket, in
 * random order, and prints what came of each as JSON. Exit 1 if the mux was silent, took what it
 * must refuse, or did not serve the connection after a case. One thread, which owns everything.
 */
#include "tests/lib/torture/torture.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define CASES_MAX 64

struct tally {
	const struct tt_case *c;
	unsigned outcomes[TT_SILENT + 1], wrong, unserved;
};

static void usage(FILE *to)
{
	fputs("usage: test-torture --socket PATH [--rounds N] [--seed N] [--case NAME]\n"
	      "A vhost-user front end that breaks the rules, one case a round.\n",
		to);
}

static size_t collect(struct tally *list, const char *only)
{
	const struct tt_case *const tables[] = {tt_wire_cases, tt_cases};
	size_t n = 0;

	for (size_t i = 0; i < 2; i++)
		for (const struct tt_case *c = tables[i]; c->name && n < CASES_MAX; c++)
			if (!only || strcmp(only, c->name) == 0)
				list[n++] = (struct tally){.c = c};
	return n;
}

static int open_memory(void)
{
	int fd = memfd_create("torture", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)TT_MEM_BYTES) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		return -errno;
	return fd;
}

/* After whatever happened, the next client must be served. */
static bool served(struct tt *t)
{
	bool ok = tt_connect(t) == 0 && tt_alive(t) == TT_ACCEPTED;

	vu_sock_fini(&t->sock);
	return ok;
}

static void round_of(struct tt *t, struct tally *tally)
{
	enum tt_outcome o;

	if (tt_connect(t) < 0) {
		tally->unserved++;
		return;
	}
	o = tally->c->run(t);
	vu_sock_fini(&t->sock);
	tally->outcomes[o]++;
	if (o == TT_SILENT || (o == TT_ACCEPTED && tally->c->must_refuse))
		tally->wrong++;
	if (!served(t))
		tally->unserved++;
}

static bool report(const struct tally *list, size_t n, const struct tt *t, unsigned seed)
{
	bool ok = true;

	printf("{\"seed\": %u, \"worst_answer_ms\": %.3f, \"cases\": {", seed,
		(double)t->worst_ns / 1e6);
	for (size_t i = 0; i < n; i++) {
		const struct tally *l = &list[i];

		printf("%s\n\"%s\": {\"refused\": %u, \"hung_up\": %u, \"accepted\": %u, "
		       "\"silent\": %u, "
		       "\"wrong\": %u, \"unserved\": %u}",
			i ? "," : "", l->c->name, l->outcomes[TT_REFUSED], l->outcomes[TT_HUNG_UP],
			l->outcomes[TT_ACCEPTED], l->outcomes[TT_SILENT], l->wrong, l->unserved);
		ok &= !l->wrong && !l->unserved;
	}
	printf("}}\n");
	return ok;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {{"socket", 1, NULL, 's'}, {"rounds", 1, NULL, 'r'},
		{"seed", 1, NULL, 'S'}, {"case", 1, NULL, 'c'}, {"help", 0, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	static struct tally list[CASES_MAX];
	struct tt t = {.sock.fd = -1, .seed = (unsigned)getpid()};
	unsigned rounds = 100, seed;
	const char *only = NULL;
	size_t n;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 's')
			t.path = optarg;
		else if (c == 'r')
			rounds = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'S')
			t.seed = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'c')
			only = optarg;
		else
			usage(c == 'h' ? stdout : stderr);
		if (c == 'h' || c == '?')
			return c == 'h' ? 0 : 2;
	}
	n = collect(list, only);
	t.mem_fd = open_memory();
	t.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!t.path || n == 0 || t.mem_fd < 0 || t.event_fd < 0) {
		usage(stderr);
		return 2;
	}
	seed = t.seed;
	for (unsigned i = 0; i < rounds; i++) /* each once, then at random */
		round_of(&t, &list[i < n ? i : tt_random(&t, (unsigned)n)]);
	return report(list, n, &t, seed) ? 0 : 1;
}
