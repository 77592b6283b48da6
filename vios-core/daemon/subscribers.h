/* SPDX-License-Identifier: BSD-3-Clause */
/* subscribers.h - who wants to hear of what: connections and topics. Pure; connections are only
 * pointers here. */
#ifndef VIOS_DAEMON_SUBSCRIBERS_H
#define VIOS_DAEMON_SUBSCRIBERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define SUBSCRIBERS_MAX 64

struct subscribers {
	size_t n;
	struct {
		const void *conn;
		unsigned topics; /* bits */
	} list[SUBSCRIBERS_MAX];
};

/* "config", "status", "devices", "log": its bit, or 0. */
unsigned subscribers_topic(const char *word);
/* topics: a list of words, hostile. Replaces what the connection wanted before. NULL, or what is
 * wrong: a string constant. */
const char *subscribers_set(struct subscribers *s, const void *conn, const json_t *topics);
void subscribers_drop(struct subscribers *s, const void *conn);
bool subscribers_want(const struct subscribers *s, const void *conn, unsigned topic);

#endif
