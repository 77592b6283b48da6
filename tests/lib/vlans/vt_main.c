/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vt_main.c - test-vlans: traffic in several VLANs at once, between two client adapters each (near
 * and far, native drivers) and between the near one and the outside, four flows of numbered frames
 * a VLAN. The sockets are NEAR/eth0.sock, NEAR/eth1.sock, ..., as many as there are VLANs. Commands
 * on stdin, one a line, each answered with one line of JSON:
 *
 *   look: what has arrived so far of each flow | count: waits for what is on its way, tells what
 *   became of each flow's frames, and starts the count over
 *
 * It ends with its stdin. One thread, which owns everything. It looks each millisecond: so long may
 * a frame lie in a ring before its arrival is noted.
 */
#include "tests/lib/nfront/nfront.h"
#include "tests/lib/vlans/vt_flow.h"
#include "tests/lib/vlans/vt_outside.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define PORT_BYTES (UINT64_C(4) << 20)
#define RING 256
#define RATE 250
#define BURST_MAX 8 /* of a flow that is late; what is later than that is not made up for */
#define SETTLE_MS 300
#define QUIET_MS 2000 /* what has not come so long after the last one is lost */

struct run {
	const char *near, *far, *netns, *interface;
	unsigned n_vlans, vlan[VT_VLANS_MAX], untagged, rate;
	struct nfront port[VT_VLANS_MAX][2]; /* by enum vt_end */
	int outside;
	struct vt_flow flow[VT_VLANS_MAX * VT_WAYS];
	uint64_t due_ns, arrived;
	char line[64];
	size_t line_bytes;
};

static void usage(FILE *to)
{
	fputs("usage: test-vlans --near DIR --far DIR --netns FILE --interface NAME --vlans "
	      "N[,N...]\n"
	      "                  [--untagged N] [--rate PER_SECOND]\n"
	      "Numbered frames in several VLANs; commands on stdin, JSON on stdout.\n",
		to);
}

static unsigned n_flows(const struct run *r)
{
	return r->n_vlans * VT_WAYS;
}

/* ---- frames ---- */

static void arrived(
	struct run *r, unsigned vlan, enum vt_end end, const uint8_t *frame, size_t len_bytes)
{
	r->arrived +=
		vt_flow_arrived(r->flow, r->n_vlans, vlan, end, frame, len_bytes, nfront_now_ns());
}

static unsigned index_of(const struct run *r, unsigned tag)
{
	const unsigned id = tag ? tag : r->untagged;
	unsigned i = 0;

	while (i < r->n_vlans && r->vlan[i] != id)
		i++;
	return i;
}

static void receive_all(struct run *r)
{
	uint8_t frame[NF_BUFFER_BYTES];
	unsigned tag;
	size_t n;

	for (unsigned i = 0; i < r->n_vlans; i++)
		for (unsigned end = 0; end < 2; end++)
			while ((n = nfront_recv(&r->port[i][end], 0, frame, sizeof(frame))) > 0)
				arrived(r, i, (enum vt_end)end, frame, n);
	while ((n = vt_outside_recv(r->outside, frame, sizeof(frame), &tag)) > 0)
		arrived(r, index_of(r, tag), VT_OUTSIDE, frame, n);
}

static void send_one(struct run *r, struct vt_flow *f)
{
	const enum vt_end from = vt_way_from(f->way);
	const unsigned id = r->vlan[f->vlan];
	uint8_t frame[TEST_FRAME_MIN];
	int rc;

	vt_flow_frame(f, frame, nfront_now_ns());
	if (from == VT_OUTSIDE)
		rc = vt_outside_send(r->outside, id == r->untagged ? 0 : id, frame, sizeof(frame));
	else
		rc = nfront_send(&r->port[f->vlan][from], 0, frame, sizeof(frame));
	vt_flow_sent(f, rc == 0);
}

static void send_due(struct run *r)
{
	const uint64_t period_ns = 1000 * MS / r->rate, now_ns = nfront_now_ns();

	if (now_ns > r->due_ns + BURST_MAX * period_ns)
		r->due_ns = now_ns - BURST_MAX * period_ns;
	for (; r->due_ns <= now_ns; r->due_ns += period_ns) {
		for (unsigned i = 0; i < n_flows(r); i++)
			send_one(r, &r->flow[i]);
		receive_all(r);
	}
}

/* ---- commands ---- */

static bool complete(const struct run *r)
{
	for (unsigned i = 0; i < n_flows(r); i++)
		if (r->flow[i].count.received < r->flow[i].sent)
			return false;
	return true;
}

static void settle(struct run *r)
{
	const uint64_t begin_ns = nfront_now_ns();
	uint64_t last_ns = begin_ns, now_ns = begin_ns, before;

	while (now_ns < begin_ns + SETTLE_MS * MS ||
		(!complete(r) && now_ns < last_ns + QUIET_MS * MS)) {
		before = r->arrived;
		receive_all(r);
		now_ns = nfront_now_ns();
		if (r->arrived != before)
			last_ns = now_ns;
		poll(NULL, 0, 1);
	}
	r->due_ns = nfront_now_ns();
}

static void print_flow(const struct vt_flow *f)
{
	const struct nf_count *c = &f->count;

	printf("\"%s\": {\"sent\": %" PRIu64 ", \"received\": %" PRIu64 ", \"lost\": %" PRIu64
	       ", \"duplicated\": %" PRIu64 ", \"reordered\": %" PRIu64 ", \"blocked\": %" PRIu64
	       ", \"astray\": %" PRIu64 ", \"gap_ms\": %.1f, \"late_ms\": %.1f}",
		vt_way_name(f->way), f->sent, c->received, f->sent - c->received, c->duplicated,
		c->reordered, f->blocked, f->astray, (double)c->gap_ns / 1e6,
		(double)c->late_ns / 1e6);
}

/* {VLAN: {way: counts}} and what the drivers think of their devices */
static void print_all(struct run *r)
{
	uint64_t violations = 0;

	printf("{\"vlans\": {");
	for (unsigned i = 0; i < r->n_vlans; i++) {
		printf("%s\"%u\": {", i ? ", " : "", r->vlan[i]);
		for (unsigned way = 0; way < VT_WAYS; way++) {
			fputs(way ? ", " : "", stdout);
			print_flow(&r->flow[i * VT_WAYS + way]);
		}
		printf("}");
		violations += nfront_violations(&r->port[i][0]) + nfront_violations(&r->port[i][1]);
	}
	printf("}, \"violations\": %" PRIu64 "}\n", violations);
	fflush(stdout);
}

static int command(struct run *r, const char *line)
{
	const bool count = strcmp(line, "count") == 0;
	int rc = 0;

	if (!count && strcmp(line, "look") != 0)
		return -EINVAL;
	if (count)
		settle(r);
	print_all(r);
	for (unsigned i = 0; count && !rc && i < n_flows(r); i++)
		rc = vt_flow_count_anew(&r->flow[i]);
	return rc;
}

/* 0; -EPIPE: the end; -errno */
static int read_commands(struct run *r)
{
	ssize_t n =
		read(STDIN_FILENO, r->line + r->line_bytes, sizeof(r->line) - 1 - r->line_bytes);
	char *end;
	int rc = 0;

	if (n <= 0)
		return -EPIPE;
	r->line_bytes += (size_t)n;
	r->line[r->line_bytes] = '\0';
	while (!rc && (end = strchr(r->line, '\n'))) {
		*end = '\0';
		rc = command(r, r->line);
		r->line_bytes -= (size_t)(end + 1 - r->line);
		memmove(r->line, end + 1, r->line_bytes + 1);
	}
	return rc;
}

/* ---- */

static int loop(struct run *r)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	int rc = 0;

	r->due_ns = nfront_now_ns();
	while (!rc) {
		send_due(r);
		receive_all(r);
		if (poll(&in, 1, 1) > 0)
			rc = read_commands(r);
	}
	return rc == -EPIPE ? 0 : rc;
}

static int open_port(struct nfront *nf, const char *dir, unsigned i)
{
	char path[108];
	const struct nfront_options options = {
		.socket = path, .mem_bytes = PORT_BYTES, .ring_size = RING, .pairs = 1, .chain = 1};
	const int n = snprintf(path, sizeof(path), "%s/eth%u.sock", dir, i);
	const int rc =
		n < 0 || (size_t)n >= sizeof(path) ? -ENAMETOOLONG : nfront_open(nf, &options);

	if (rc)
		fprintf(stderr, "test-vlans: %s: %s; is a mux listening there?\n", path,
			strerror(-rc));
	return rc;
}

static int open_all(struct run *r)
{
	int rc = 0;

	for (unsigned i = 0; !rc && i < r->n_vlans; i++) {
		rc = open_port(&r->port[i][VT_NEAR], r->near, i);
		if (!rc)
			rc = open_port(&r->port[i][VT_FAR], r->far, i);
	}
	if (rc)
		return rc;
	for (unsigned i = 0; !rc && i < n_flows(r); i++)
		rc = vt_flow_init(&r->flow[i], i / VT_WAYS, (enum vt_way)(i % VT_WAYS));
	r->outside = rc ? rc : vt_outside_open(r->netns, r->interface);
	if (r->outside < 0)
		fprintf(stderr, "test-vlans: %s in %s: %s\n", r->interface, r->netns,
			strerror(-r->outside));
	return r->outside < 0 ? r->outside : 0;
}

static void close_all(struct run *r)
{
	for (unsigned i = 0; i < r->n_vlans; i++) {
		nfront_close(&r->port[i][VT_NEAR]);
		nfront_close(&r->port[i][VT_FAR]);
	}
	for (unsigned i = 0; i < n_flows(r); i++)
		vt_flow_fini(&r->flow[i]);
	close(r->outside);
}

static void read_vlans(struct run *r, const char *text)
{
	char *end;

	do {
		r->vlan[r->n_vlans++] = (unsigned)strtoul(text, &end, 10);
		text = end + 1;
	} while (*end == ',' && r->n_vlans < VT_VLANS_MAX);
}

static int parse(struct run *r, int argc, char **argv)
{
	static const struct option longs[] = {{"near", 1, NULL, 'n'}, {"far", 1, NULL, 'f'},
		{"netns", 1, NULL, 'N'}, {"interface", 1, NULL, 'i'}, {"vlans", 1, NULL, 'v'},
		{"untagged", 1, NULL, 'u'}, {"rate", 1, NULL, 'r'}, {"help", 0, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	const char **const text[] = {
		['n'] = &r->near, ['f'] = &r->far, ['N'] = &r->netns, ['i'] = &r->interface};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			exit(0);
		} else if (c == 'v')
			read_vlans(r, optarg);
		else if (c == 'u')
			r->untagged = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'r')
			r->rate = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == '?')
			return -EINVAL;
		else
			*text[c] = optarg;
	}
	return r->near && r->far && r->netns && r->interface && r->n_vlans && r->rate &&
			       optind == argc
		       ? 0
		       : -EINVAL;
}

int main(int argc, char **argv)
{
	static struct run r = {.rate = RATE, .outside = -1};
	int rc;

	if (parse(&r, argc, argv) < 0) {
		usage(stderr);
		return 2;
	}
	if (open_all(&r) < 0)
		return 1;
	printf("{\"ready\": true}\n");
	fflush(stdout);
	rc = loop(&r);
	close_all(&r);
	return rc < 0;
}
