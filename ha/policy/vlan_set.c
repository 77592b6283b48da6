/* SPDX-License-Identifier: BSD-3-Clause */
/* vlan_set.c - sets of VLAN ids and their text. Pure; any thread; owns nothing. */
#include "ha/policy/vlan_set.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define EACH(i) for (unsigned i = 0; i < VLAN_SET_WORDS; i++)

struct vlan_set vlan_set_or(const struct vlan_set *a, const struct vlan_set *b)
{
	struct vlan_set out;

	EACH(i) out.w[i] = a->w[i] | b->w[i];
	return out;
}

struct vlan_set vlan_set_and(const struct vlan_set *a, const struct vlan_set *b)
{
	struct vlan_set out;

	EACH(i) out.w[i] = a->w[i] & b->w[i];
	return out;
}

struct vlan_set vlan_set_without(const struct vlan_set *a, const struct vlan_set *b)
{
	struct vlan_set out;

	EACH(i) out.w[i] = a->w[i] & ~b->w[i];
	return out;
}

bool vlan_set_empty(const struct vlan_set *s)
{
	uint64_t any = 0;

	EACH(i) any |= s->w[i];
	return any == 0;
}

bool vlan_set_equal(const struct vlan_set *a, const struct vlan_set *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

unsigned vlan_set_count(const struct vlan_set *s)
{
	unsigned n = 0;

	EACH(i) n += (unsigned)__builtin_popcountll(s->w[i]);
	return n;
}

struct vlan_set vlan_set_highest(const struct vlan_set *s, unsigned n)
{
	struct vlan_set out = {0};

	for (unsigned id = VLAN_SET_IDS; id-- > 0 && n > 0;) {
		if (!vlan_set_has(s, (uint16_t)id))
			continue;
		vlan_set_add(&out, (uint16_t)id);
		n--;
	}
	return out;
}

static unsigned run_end(const struct vlan_set *s, unsigned id)
{
	while (id + 1 < VLAN_SET_IDS && vlan_set_has(s, (uint16_t)(id + 1)))
		id++;
	return id;
}

unsigned vlan_set_write(const struct vlan_set *s, char *text, unsigned size)
{
	unsigned at = 0;

	text[0] = '\0';
	for (unsigned id = 0; id < VLAN_SET_IDS; id++) {
		char one[16];
		unsigned end, n;

		if (!vlan_set_has(s, (uint16_t)id))
			continue;
		end = run_end(s, id);
		n = (unsigned)snprintf(one, sizeof(one), end > id ? "%s%u-%u" : "%s%u",
			at > 0 ? "," : "", id, end);
		if (at + n >= size)
			break;
		memcpy(text + at, one, n + 1);
		at += n;
		id = end;
	}
	return at;
}

/* A number of 1 to 4 digits, below VLAN_SET_IDS. */
static bool read_id(const char **text, unsigned *out)
{
	unsigned digits = 0;

	for (*out = 0; **text >= '0' && **text <= '9' && digits < 4; (*text)++, digits++)
		*out = *out * 10 + (unsigned)(**text - '0');
	return digits > 0 && *out < VLAN_SET_IDS;
}

int vlan_set_read(const char *text, struct vlan_set *out)
{
	unsigned id, end;

	memset(out, 0, sizeof(*out));
	while (*text) {
		if (!read_id(&text, &id))
			goto bad;
		end = id;
		if (*text == '-' && (text++, !read_id(&text, &end)))
			goto bad;
		if (end < id || (*text && *text != ',') || (*text == ',' && !text[1]))
			goto bad;
		for (; id <= end; id++)
			vlan_set_add(out, (uint16_t)id);
		text += *text == ',';
	}
	return 0;
bad:
	memset(out, 0, sizeof(*out));
	return -EINVAL;
}
