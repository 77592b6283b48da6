/* SPDX-License-Identifier: BSD-3-Clause */
/* subscribers.c - see subscribers.h. Pure; viosd's thread; the caller owns the struct. */
#include "vios-core/daemon/subscribers.h"

#include <string.h>

unsigned subscribers_topic(const char *word)
{
	static const char *const words[] = {"config", "status", "devices", "log"};

	for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return 1u << i;
	return 0;
}

static size_t find(const struct subscribers *s, const void *conn)
{
	size_t i = 0;

	while (i < s->n && s->list[i].conn != conn)
		i++;
	return i;
}

const char *subscribers_set(struct subscribers *s, const void *conn, const json_t *topics)
{
	unsigned wanted = 0;
	size_t at = find(s, conn);

	if (!json_is_array(topics))
		return "topics: give a list of \"config\", \"status\", \"devices\", \"log\"";
	for (size_t i = 0; i < json_array_size(topics); i++) {
		unsigned topic = subscribers_topic(json_string_value(json_array_get(topics, i)));

		if (!topic)
			return "topics: one is not known; give \"config\", \"status\", "
			       "\"devices\", \"log\"";
		wanted |= topic;
	}
	if (at == SUBSCRIBERS_MAX)
		return "too many connections have subscribed; close some";
	s->list[at].conn = conn;
	s->list[at].topics = wanted;
	if (at == s->n)
		s->n++;
	return NULL;
}

void subscribers_drop(struct subscribers *s, const void *conn)
{
	size_t at = find(s, conn);

	if (at < s->n)
		s->list[at] = s->list[--s->n];
}

bool subscribers_want(const struct subscribers *s, const void *conn, unsigned topic)
{
	size_t at = find(s, conn);

	return at < s->n && (s->list[at].topics & topic);
}
