// SPDX-License-Identifier: BSD-3-Clause
/*
 * store_text.c - writes and checks state files. Pure. A file may be cut at any place and hold any
 * bytes: it is either what was written, or refused with the reason.
 */
#include "ha/cluster/store_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(STAMP_IDS * 11 + 1024 < STORE_HEADER_MAX, "the longest header fits");

struct out {
	char *at;
	size_t n;
};

static void put(struct out *o, const char *text)
{
	size_t n = strlen(text);

	memcpy(o->at + o->n, text, n + 1);
	o->n += n;
}

static void put_done(struct out *o, const struct stamp_done done[2])
{
	char text[128];

	snprintf(text, sizeof(text), " %" PRIx64 " %" PRIu64 " %" PRIx64 " %" PRIu64 "\n",
		done[0].incarnation, done[0].seq, done[1].incarnation, done[1].seq);
	put(o, text);
}

static void put_base(struct out *o, const struct replica_record *record)
{
	char text[256], hex[STAMP_HEX];

	if (!record->intent) {
		put(o, "base -\n");
		return;
	}
	stamp_hex(record->base.digest, hex);
	snprintf(text, sizeof(text), "base %" PRIu64 " %" PRIu64 " %s", record->base.epoch,
		record->base.version, hex);
	put(o, text);
	put_done(o, record->base.done);
}

static void put_changed(struct out *o, const struct stamp_ids *ids)
{
	char text[16];

	put(o, "changed");
	if (ids->all || ids->n == 0)
		put(o, ids->all ? " all" : " none");
	for (uint32_t i = 0; i < ids->n; i++) {
		snprintf(text, sizeof(text), " %" PRIu32, ids->id[i]);
		put(o, text);
	}
	put(o, "\n");
}

static void put_sum(struct out *o, const char *word, const uint8_t digest[STAMP_DIGEST])
{
	char hex[STAMP_HEX];

	stamp_hex(digest, hex);
	put(o, word);
	put(o, hex);
	put(o, "\n");
}

size_t store_text_header(const struct replica_record *record, char text[STORE_HEADER_MAX])
{
	struct out o = {text, 0};
	uint8_t sum[STAMP_DIGEST];
	char line[128];

	snprintf(line, sizeof(line),
		"vios-state 1\nepoch %" PRIu64 "\nversion %" PRIu64 "\nkind %s\ndone",
		record->stamp.epoch, record->stamp.version, record->intent ? "alone" : "pair");
	put(&o, line);
	put_done(&o, record->stamp.done);
	put_base(&o, record);
	put_changed(&o, &record->changed);
	snprintf(line, sizeof(line), "length %zu\n", record->text_bytes);
	put(&o, line);
	put_sum(&o, "digest ", record->stamp.digest);
	stamp_digest(text, o.n, sum);
	put_sum(&o, "checksum ", sum);
	return o.n;
}

/* --- reading --- */

struct in {
	const char *at, *end;
	bool bad;
};

static bool word(struct in *i, const char *text)
{
	size_t n = strlen(text);

	if (!i->bad && (size_t)(i->end - i->at) >= n && memcmp(i->at, text, n) == 0) {
		i->at += n;
		return true;
	}
	return false;
}

static void must(struct in *i, const char *text)
{
	i->bad = !word(i, text);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Written as we write it: no sign, no leading zero, no overflow. */
static uint64_t number(struct in *i, uint64_t base, uint64_t max)
{
	const char *from = i->at;
	uint64_t v = 0;

	while (!i->bad && i->at < i->end && (uint64_t)digit(*i->at) < base) {
		uint64_t d = (uint64_t)digit(*i->at++);

		if (v > (max - d) / base || (i->at - from > 1 && *from == '0'))
			i->bad = true;
		else
			v = v * base + d;
	}
	if (i->at == from)
		i->bad = true;
	return v;
}

static void hex(struct in *i, uint8_t digest[STAMP_DIGEST])
{
	for (size_t k = 0; k < STAMP_DIGEST; k++) {
		if (i->bad || i->end - i->at < 2 || digit(i->at[0]) > 15 || digit(i->at[1]) > 15) {
			i->bad = true;
			return;
		}
		digest[k] = (uint8_t)(digit(i->at[0]) << 4 | digit(i->at[1]));
		i->at += 2;
	}
}

static void done(struct in *i, struct stamp_done out[2])
{
	for (int k = 0; k < 2; k++) {
		must(i, " ");
		out[k].incarnation = number(i, 16, UINT64_MAX);
		must(i, " ");
		out[k].seq = number(i, 10, UINT64_MAX);
	}
	must(i, "\n");
}

static void base(struct in *i, struct replica_record *record)
{
	must(i, "base ");
	if (!record->intent) {
		must(i, "-\n");
		return;
	}
	record->base.epoch = number(i, 10, INT64_MAX - 1);
	must(i, " ");
	record->base.version = number(i, 10, INT64_MAX - 1);
	must(i, " ");
	hex(i, record->base.digest);
	done(i, record->base.done);
}

static void changed(struct in *i, struct stamp_ids *ids)
{
	must(i, "changed");
	ids->all = word(i, " all");
	if (!ids->all && !word(i, " none"))
		do {
			must(i, " ");
			uint32_t id = (uint32_t)number(i, 10, UINT32_MAX);
			if (ids->n == STAMP_IDS)
				i->bad = true;
			else
				ids->id[ids->n++] = id;
		} while (!i->bad && i->at < i->end && *i->at == ' ');
	must(i, "\n");
}

static void header(struct in *i, struct replica_record *record)
{
	must(i, "vios-state 1\nepoch ");
	record->stamp.epoch = number(i, 10, INT64_MAX - 1);
	must(i, "\nversion ");
	record->stamp.version = number(i, 10, INT64_MAX - 1);
	must(i, "\nkind ");
	record->intent = word(i, "alone");
	if (!record->intent)
		must(i, "pair");
	must(i, "\ndone");
	done(i, record->stamp.done);
	base(i, record);
	changed(i, &record->changed);
	must(i, "length ");
	record->text_bytes = number(i, 10, REPLICA_TEXT_MAX);
	must(i, "\ndigest ");
	hex(i, record->stamp.digest);
	must(i, "\n");
}

int store_text_read(
	const char *file, size_t file_bytes, struct replica_record *record, const char **why)
{
	struct in i = {file, file + file_bytes, false};
	uint8_t sum[STAMP_DIGEST], found[STAMP_DIGEST];

	memset(record, 0, sizeof(*record));
	header(&i, record);
	stamp_digest(file, (size_t)(i.at - file), sum);
	must(&i, "checksum ");
	hex(&i, found);
	must(&i, "\n");
	*why = "its header is cut short or has a line that is not in order";
	if (i.bad || record->text_bytes == 0)
		return -EBADMSG;
	*why = "the checksum of its header does not match";
	if (memcmp(sum, found, STAMP_DIGEST) != 0)
		return -EBADMSG;
	*why = "its text is not as long as its header says";
	if ((size_t)(i.end - i.at) != record->text_bytes)
		return -EBADMSG;
	*why = "the digest of its text does not match";
	stamp_digest(i.at, record->text_bytes, sum);
	if (memcmp(sum, record->stamp.digest, STAMP_DIGEST) != 0)
		return -EBADMSG;
	record->text = (char *)i.at;
	return 0;
}
