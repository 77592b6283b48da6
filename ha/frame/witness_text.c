/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * witness_text.c - text and rules of the witness. Pure; main thread; the caller owns everything.
 *
 * The text is short lines, so that a person can read it, with a checksum, so that half a write or a
 * flipped bit is an error and never an older truth.
 */
#include "ha/frame/witness_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX "0123456789abcdef"
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

_Static_assert(WITNESS_IDS * 11 + 512 < WITNESS_TEXT, "the longest witness fits its text");

bool witness_digest_valid(const char *digest)
{
	size_t len = strlen(digest);

	return len < WITNESS_DIGEST && strspn(digest, HEX) == len;
}

void witness_ids_add(struct witness_ids *ids, uint32_t id)
{
	if (ids->all)
		return;
	for (uint32_t i = 0; i < ids->n; i++)
		if (ids->id[i] == id)
			return;
	if (ids->n == WITNESS_IDS) {
		ids->all = true;
		ids->n = 0;
		return;
	}
	ids->id[ids->n++] = id;
}

static void ids_join(struct witness_ids *to, const struct witness_ids *from)
{
	if (from->all) {
		to->all = true;
		to->n = 0;
	}
	for (uint32_t i = 0; i < from->n; i++)
		witness_ids_add(to, from->id[i]);
}

static uint64_t fnv1a(const char *text, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return h;
}

static size_t put(char *out, size_t at, const char *line)
{
	size_t len = strlen(line);

	memcpy(out + at, line, len + 1);
	return at + len;
}

static size_t put_ids(char *out, size_t at, const struct witness_ids *ids)
{
	char number[16];

	at = put(out, at, "changed");
	if (ids->all || ids->n == 0)
		at = put(out, at, ids->all ? " all" : " none");
	for (uint32_t i = 0; i < ids->n; i++) {
		snprintf(number, sizeof(number), " %" PRIu32, ids->id[i]);
		at = put(out, at, number);
	}
	return put(out, at, "\n");
}

size_t witness_format(const struct witness *w, char out[WITNESS_TEXT])
{
	char line[512];
	size_t at;

	snprintf(line, sizeof(line),
		"vios-witness 1\nepoch %" PRIu64 "\nversion %" PRIu64 "\ndigest %s\nholder %s\n",
		w->mark.epoch, w->mark.version, w->mark.digest, w->holder[0] ? w->holder : "-");
	at = put(out, 0, line);
	at = put_ids(out, at, &w->changed);
	snprintf(line, sizeof(line), "checksum %016" PRIx64 "\n", fnv1a(out, at));
	return put(out, at, line);
}

struct cursor {
	const char *at, *end;
};

/* The text of the next line after its word, or NULL; len without the line's end. */
static const char *line_of(struct cursor *c, const char *word, size_t *len)
{
	const char *nl = memchr(c->at, '\n', (size_t)(c->end - c->at));
	size_t skip = strlen(word);
	const char *value = c->at + skip;

	if (!nl || (size_t)(nl - c->at) < skip || memcmp(c->at, word, skip) != 0)
		return NULL;
	*len = (size_t)(nl - value);
	c->at = nl + 1;
	return value;
}

static bool number(const char *s, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (len == 0 || len > 20)
		return false;
	for (size_t i = 0; i < len; i++) {
		uint64_t digit = (uint64_t)(s[i] - '0');

		if (s[i] < '0' || s[i] > '9' || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

static bool word(const char *s, size_t len, const char *allowed, char *out, size_t size)
{
	if (len >= size)
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] == 0 || !strchr(allowed, s[i]))
			return false;
	memcpy(out, s, len);
	out[len] = 0;
	return true;
}

static bool ids(const char *s, size_t len, struct witness_ids *out)
{
	const char *end = s + len;

	out->all = len == 3 && memcmp(s, "all", 3) == 0;
	if (out->all || (len == 4 && memcmp(s, "none", 4) == 0))
		return true;
	while (s < end) {
		const char *space = memchr(s, ' ', (size_t)(end - s));
		uint64_t v;

		if (!space)
			space = end;
		if (!number(s, (size_t)(space - s), UINT32_MAX, &v) || v == 0 ||
			out->n == WITNESS_IDS)
			return false;
		out->id[out->n++] = (uint32_t)v;
		s = space == end ? end : space + 1;
	}
	return len > 0;
}

static bool fields(struct cursor *c, struct witness *w)
{
	size_t len;
	const char *s = line_of(c, "epoch ", &len);

	if (!s || !number(s, len, INT64_MAX, &w->mark.epoch))
		return false;
	s = line_of(c, "version ", &len);
	if (!s || !number(s, len, INT64_MAX, &w->mark.version))
		return false;
	s = line_of(c, "digest ", &len);
	if (!s || !word(s, len, HEX, w->mark.digest, WITNESS_DIGEST))
		return false;
	s = line_of(c, "holder ", &len);
	if (!s || len == 0 || !word(s, len, NAME_CHARS, w->holder, WITNESS_HOLDER))
		return false;
	if (strcmp(w->holder, "-") == 0)
		w->holder[0] = 0;
	s = line_of(c, "changed ", &len);
	return s && ids(s, len, &w->changed);
}

static bool checksum(struct cursor *c, const char *text)
{
	uint64_t sum = fnv1a(text, (size_t)(c->at - text));
	char wanted[17];
	size_t len;
	const char *s = line_of(c, "checksum ", &len);

	snprintf(wanted, sizeof(wanted), "%016" PRIx64, sum);
	return s && len == 16 && memcmp(s, wanted, 16) == 0;
}

int witness_parse(const char *text, size_t len, struct witness *out, const char **why)
{
	struct cursor c = {.at = text, .end = text + len};
	size_t rest;

	memset(out, 0, sizeof(*out));
	*why = "it does not begin with \"vios-witness 1\"";
	if (!line_of(&c, "vios-witness 1", &rest) || rest != 0)
		return -EBADMSG;
	*why = "a line is missing, out of order or out of range";
	if (!fields(&c, out))
		return -EBADMSG;
	*why = "the checksum does not match";
	if (!checksum(&c, text))
		return -EBADMSG;
	*why = "there is text after the checksum";
	return c.at == c.end ? 0 : -EBADMSG;
}

static bool same_mark(const struct witness_mark *a, const struct witness_mark *b)
{
	return a->epoch == b->epoch && a->version == b->version &&
	       strcmp(a->digest, b->digest) == 0;
}

enum witness_verdict witness_raise(struct witness *w, const char *vios,
	const struct witness_mark *expect, const struct witness_mark *wanted,
	const struct witness_ids *changed, bool in_step)
{
	bool own = strcmp(w->holder, vios) == 0;

	if (!same_mark(&w->mark, expect))
		return WITNESS_MOVED;
	if (wanted->epoch < w->mark.epoch || wanted->version < w->mark.version)
		return WITNESS_BACKWARD;
	if (same_mark(&w->mark, wanted) && !in_step)
		return WITNESS_BACKWARD;
	if (wanted->epoch == w->mark.epoch && !own && !in_step)
		return WITNESS_HELD;
	w->mark = *wanted;
	if (in_step)
		memset(&w->changed, 0, sizeof(w->changed));
	ids_join(&w->changed, changed);
	memset(w->holder, 0, sizeof(w->holder));
	if (!in_step)
		memcpy(w->holder, vios, strlen(vios));
	return WITNESS_RAISED;
}
