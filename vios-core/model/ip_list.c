/* SPDX-License-Identifier: BSD-3-Clause */
/* ip_list.c - see ip_list.h. Pure; any thread; the caller owns all. */
#include "vios-core/model/ip_list.h"

#include <stdio.h>
#include <string.h>

#define WORDS 8

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static bool parse_v4(const char *text, uint8_t ip[16])
{
	memcpy(ip, mapped, sizeof(mapped));
	for (unsigned part = 0;; text++) {
		unsigned value = 0, digits = 0;
		bool zero = *text == '0';

		for (; *text >= '0' && *text <= '9' && digits < 4; text++, digits++)
			value = value * 10 + (unsigned)(*text - '0');
		/* 010 is eight to some and ten to others. */
		if (digits == 0 || digits > 3 || value > 255 || (zero && digits > 1))
			return false;
		ip[12 + part++] = (uint8_t)value;
		if (part == 4)
			return *text == '\0';
		if (*text != '.')
			return false;
	}
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One to four hexadecimal digits. */
static bool parse_word(const char **text, uint8_t out[2])
{
	unsigned value = 0, digits = 0;

	for (; digit(**text) >= 0 && digits < 5; (*text)++, digits++)
		value = value << 4 | (unsigned)digit(**text);
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
	return digits > 0 && digits < 5;
}

static bool parse_v6(const char *text, uint8_t ip[16])
{
	unsigned n = 0, gap = WORDS + 1;

	memset(ip, 0, 16);
	if (text[0] == ':' && text[1] != ':')
		return false;
	while (*text) {
		if (text[0] == ':' && text[1] == ':') {
			if (gap <= WORDS)
				return false;
			gap = n;
			text += 2;
			continue;
		}
		if (n && *text == ':' && text[-1] != ':')
			text++;
		if (n == WORDS || !parse_word(&text, ip + 2 * n))
			return false;
		n++;
		if (*text && *text != ':')
			return false;
	}
	if (gap > WORDS)
		return n == WORDS;
	if (n == WORDS)
		return false;
	memmove(ip + 16 - 2 * (n - gap), ip + 2 * gap, 2 * (n - gap));
	memset(ip + 2 * gap, 0, 2 * (WORDS - n));
	return true;
}

bool ip_parse(const char *text, uint8_t ip[16])
{
	if (!strchr(text, ':'))
		return parse_v4(text, ip);
	/* Those would be IPv4 addresses in disguise. */
	return parse_v6(text, ip) && memcmp(ip, mapped, sizeof(mapped)) != 0;
}

static unsigned word_at(const uint8_t ip[16], unsigned i)
{
	return (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
}

/* The first longest run of two or more zero words. */
static unsigned find_run(const uint8_t ip[16], unsigned *n)
{
	unsigned best = WORDS;

	*n = 1;
	for (unsigned i = 0; i < WORDS; i++) {
		unsigned run = 0;

		while (i + run < WORDS && !word_at(ip, i + run))
			run++;
		if (run > *n) {
			best = i;
			*n = run;
		}
	}
	return best;
}

struct ip_text ip_show(const uint8_t ip[16])
{
	struct ip_text out = {""};
	unsigned run, at = find_run(ip, &run);
	size_t n = 0;

	if (!memcmp(ip, mapped, sizeof(mapped))) {
		snprintf(out.text, sizeof(out.text), "%u.%u.%u.%u", ip[12], ip[13], ip[14], ip[15]);
		return out;
	}
	for (unsigned i = 0; i < WORDS && n < sizeof(out.text); i++) {
		const char *colon = i && i != at + run ? ":" : "";

		if (i == at) {
			n += (size_t)snprintf(out.text + n, sizeof(out.text) - n, "::");
			i += run - 1;
		} else {
			n += (size_t)snprintf(
				out.text + n, sizeof(out.text) - n, "%s%x", colon, word_at(ip, i));
		}
	}
	return out;
}

bool ip_is_host(const uint8_t ip[16])
{
	static const uint8_t zero[16];

	if (!memcmp(ip, mapped, sizeof(mapped)))
		return ip[12] != 0 && ip[12] != 127 && ip[12] < 224;
	/* ::, ::1 and groups */
	return ip[0] != 0xFF && (memcmp(ip, zero, 15) != 0 || ip[15] > 1);
}

bool ip_list_add(struct ip_list *list, const uint8_t ip[16])
{
	size_t at = 0;

	while (at < list->n && memcmp(list->ip[at], ip, 16) < 0)
		at++;
	if (list->n == IP_LIST_MAX || (at < list->n && memcmp(list->ip[at], ip, 16) == 0))
		return false;
	memmove(list->ip[at + 1], list->ip[at], (list->n - at) * 16);
	memcpy(list->ip[at], ip, 16);
	list->n++;
	return true;
}

bool ip_list_parse(const char *text, size_t most, struct ip_list *out)
{
	bool more = *text != '\0';

	out->n = 0;
	while (more) {
		const size_t n = strcspn(text, ",");
		struct ip_text one = {""};
		uint8_t ip[16];

		if (n > IP_TEXT_MAX)
			return false;
		memcpy(one.text, text, n);
		if (!ip_parse(one.text, ip) || !ip_is_host(ip) || out->n == most ||
			!ip_list_add(out, ip))
			return false;
		more = text[n] == ',';
		text += n + 1;
	}
	return true;
}
