/* SPDX-License-Identifier: BSD-3-Clause */
/* sc_pace.c - slots of a paced client: free, waiting for their turn, or out. One thread; owns
 * session, contents and slots. */
#include "tests/lib/sfront/sc_pace.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES 512u
#define WRITER 1
#define COMMAND_MS 20000

int sc_open(struct sc_pace *p, const struct sc_options *options)
{
	/* One slot more: for commands beside the I/O. */
	const struct sf_options o = {.socket = {options->socket},
		.n_targets = 1,
		.queues = 1,
		.depth = options->depth + 1,
		.indirect = true,
		.event_idx = true};
	int rc;

	memset(p, 0, sizeof(*p));
	p->options = *options;
	rc = sf_verify_init(&p->verify, options->size_bytes, BLOCK_BYTES, WRITER, options->seed);
	if (rc == 0)
		rc = sf_session_open(&p->session, &o);
	return rc ? rc : sf_session_go(&p->session, 0);
}

struct sf_ring *sc_ring(struct sc_pace *p)
{
	return &p->session.ring[SF_FIXED];
}

void sc_start(struct sc_pace *p, uint64_t now_ns)
{
	p->mode = SC_RUNS;
	p->busy = false;
	p->due_ns = now_ns;
	p->requests = p->read_back = p->errors = p->bad_reads = p->retries = 0;
	p->first[0] = '\0';
	sc_window_begin(&p->window, now_ns);
}

void sc_rest(struct sc_pace *p)
{
	p->busy = false;
	p->mode = SC_RESTS;
	p->next_back = 0;
}

static bool all_free(const struct sc_pace *p)
{
	for (unsigned i = 0; i < p->options.depth; i++)
		if (p->slot[i].op != SF_NONE)
			return false;
	return true;
}

bool sc_rests(const struct sc_pace *p)
{
	return p->mode == SC_IDLE ||
	       (p->mode == SC_RESTS && p->next_back == p->verify.n_cells && all_free(p));
}

static void put(struct sc_pace *p, unsigned slot, uint64_t now_ns)
{
	struct sc_slot *s = &p->slot[slot];
	struct sf_ring *r = sc_ring(p);
	uint32_t bytes = s->op == SF_FLUSH ? 0 : s->range.n * SF_CELL_BYTES;
	const struct sf_extent extent = {
		(uint64_t)s->range.cell * SF_CELL_BYTES / BLOCK_BYTES, bytes / BLOCK_BYTES, s->fua};
	uint8_t cdb[16], lun[8];
	unsigned cdb_len = sf_request_cdb(s->op, &extent, cdb);
	bool write = s->op == SF_WRITE;

	sf_request_lun(p->options.lun, lun);
	if (write)
		sf_verify_fill(&p->verify, &s->range, sf_ring_data(r, slot, 0));
	else if (bytes)
		memset(sf_ring_data(r, slot, 0), 0xdb, bytes);
	s->waits = false;
	s->since_ns = s->since_ns ? s->since_ns : now_ns;
	sf_ring_put(r, slot, lun, cdb, cdb_len, bytes, write, 0, 1);
}

static bool known(const struct sc_pace *p, const struct sf_range *range)
{
	for (uint32_t i = 0; i < range->n; i++)
		if (!p->verify.seq[range->cell + i])
			return false;
	return true;
}

static bool choose(struct sc_pace *p, struct sc_slot *s)
{
	uint64_t r = sf_verify_random(&p->verify);

	*s = (struct sc_slot){.op = SF_FLUSH};
	if (!p->busy && (r >> 33) % 128 == 0)
		return true;
	*s = (struct sc_slot){.op = SF_NONE};
	if (!sf_verify_pick(&p->verify, &s->range))
		return false;
	s->op = p->busy || (r >> 8) % 100 < p->options.write_percent || !known(p, &s->range)
			? SF_WRITE
			: SF_READ;
	s->fua = p->busy || (r >> 40) % 32 == 0;
	if (s->op == SF_WRITE)
		s->range.seq = ++p->verify.next_seq;
	return true;
}

static bool choose_read_back(struct sc_pace *p, struct sc_slot *s)
{
	const struct sf_verify *v = &p->verify;
	uint32_t n = 0;

	while (p->next_back < v->n_cells && !v->seq[p->next_back])
		p->next_back++;
	while (n < SF_CELLS_MAX && p->next_back + n < v->n_cells && v->seq[p->next_back + n] &&
		!v->busy[p->next_back + n])
		n++;
	if (n == 0)
		return false;
	*s = (struct sc_slot){.op = SF_READ, .range = {p->next_back, n, 0}};
	memset(p->verify.busy + p->next_back, 1, n);
	p->next_back += n;
	p->read_back += n;
	return true;
}

static void __attribute__((format(printf, 2, 3))) note(struct sc_pace *p, const char *fmt, ...)
{
	va_list ap;

	if (p->first[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(p->first, sizeof(p->first), fmt, ap);
	va_end(ap);
}

/* What is there now, nobody knows. */
static void forget(struct sc_pace *p, const struct sf_range *range)
{
	for (uint32_t i = 0; i < range->n; i++)
		p->verify.seq[range->cell + i] = 0;
}

static void check(struct sc_pace *p, unsigned slot)
{
	const struct sf_range *range = &p->slot[slot].range;
	uint64_t before = p->verify.bad_reads;

	sf_verify_check(&p->verify, range, sf_ring_data(sc_ring(p), slot, 0));
	if (p->verify.bad_reads == before)
		return;
	/* Told once; the next round is not blamed for it. */
	p->bad_reads += p->verify.bad_reads - before;
	note(p, "%s", p->verify.first_bad);
	p->verify.bad_reads = 0;
	forget(p, range);
}

static void finish(struct sc_pace *p, unsigned slot, const struct sf_answer *a, uint64_t now_ns)
{
	struct sc_slot *s = &p->slot[slot];

	if (sf_request_again(a)) {
		p->retries++;
		s->waits = true;
		return;
	}
	sc_window_done(&p->window, s->since_ns, now_ns);
	p->requests++;
	if (sf_request_failed(a)) {
		p->errors++;
		note(p, "request %d at block %llu: response %u, status %u, sense key %u", s->op,
			(unsigned long long)s->range.cell * SF_CELL_BYTES / BLOCK_BYTES,
			a->response, a->status, a->sense_key);
		if (s->op == SF_WRITE)
			forget(p, &s->range);
	} else if (s->op == SF_WRITE) {
		sf_verify_written(&p->verify, &s->range);
		*s = (struct sc_slot){.op = SF_READ_BACK, .waits = true, .range = s->range};
		return;
	} else if (s->op != SF_FLUSH) {
		check(p, slot);
	}
	if (s->op != SF_FLUSH)
		sf_verify_free(&p->verify, &s->range);
	s->op = SF_NONE;
}

/* One that waits goes first; then a new one. False: all are out, or there is nothing to do. */
static bool ask(struct sc_pace *p, uint64_t now_ns)
{
	int unused = -1;

	for (unsigned i = 0; i < p->options.depth; i++) {
		if (p->slot[i].op != SF_NONE && p->slot[i].waits) {
			put(p, i, now_ns);
			return true;
		}
		if (p->slot[i].op == SF_NONE && unused < 0)
			unused = (int)i;
	}
	if (unused < 0 || p->mode == SC_IDLE)
		return false;
	if (!(p->mode == SC_RUNS ? choose(p, &p->slot[unused])
				 : choose_read_back(p, &p->slot[unused])))
		return false;
	put(p, (unsigned)unused, now_ns);
	return true;
}

void sc_turn(struct sc_pace *p, uint64_t now_ns)
{
	const uint64_t period_ns = 1000000000u / p->options.rate;
	struct sf_ring *r = sc_ring(p);
	struct sf_answer a;
	int slot;

	while ((slot = sf_ring_get(r, &a)) >= 0)
		if ((unsigned)slot < p->options.depth)
			finish(p, (unsigned)slot, &a, now_ns);
	if (p->mode == SC_RESTS || p->busy) {
		while (ask(p, now_ns))
			;
	} else if (p->mode == SC_RUNS && now_ns >= p->due_ns && ask(p, now_ns)) {
		p->due_ns += period_ns;
		/* What a stall kept back is not made up for. */
		if (p->due_ns < now_ns)
			p->due_ns = now_ns + period_ns;
	}
	sf_ring_show(r);
}

uint64_t sc_wait_ns(const struct sc_pace *p, uint64_t now_ns)
{
	if (p->mode != SC_RUNS || p->busy)
		return UINT64_MAX;
	for (unsigned i = 0; i < p->options.depth; i++)
		if (p->slot[i].op == SF_NONE || p->slot[i].waits)
			return p->due_ns > now_ns ? p->due_ns - now_ns : 0;
	return UINT64_MAX;
}

uint64_t sc_oldest_ns(const struct sc_pace *p, uint64_t now_ns)
{
	uint64_t oldest = 0;

	for (unsigned i = 0; i < p->options.depth; i++) {
		const struct sc_slot *s = &p->slot[i];

		if (s->op != SF_NONE && s->since_ns && now_ns - s->since_ns > oldest)
			oldest = now_ns - s->since_ns;
	}
	return oldest;
}

int sc_command(struct sc_pace *p, const uint8_t *cdb, unsigned cdb_len, uint8_t *data,
	uint32_t bytes, bool out)
{
	const unsigned slot = p->options.depth;
	struct sf_ring *r = sc_ring(p);
	uint8_t lun[8];
	struct sf_answer a;
	int got;

	if (p->mode != SC_IDLE)
		return -EBUSY;
	sf_request_lun(p->options.lun, lun);
	for (unsigned tries = 0; tries < 10; tries++) {
		if (out)
			memcpy(sf_ring_data(r, slot, 0), data, bytes);
		sf_ring_put(r, slot, lun, cdb, cdb_len, bytes, out, 0, 1);
		sf_ring_show(r);
		for (unsigned ms = 0; (got = sf_ring_get(r, &a)) < 0 && ms < COMMAND_MS; ms++)
			poll(NULL, 0, 1);
		if (got < 0)
			return -ETIMEDOUT;
		if (!out)
			memcpy(data, sf_ring_data(r, slot, 0), bytes);
		if (!sf_request_again(&a))
			return sf_request_failed(&a) ? a.status == 0x18 ? -EBADE : -EIO : 0;
	}
	return -EAGAIN;
}
