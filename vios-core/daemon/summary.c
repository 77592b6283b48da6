// SPDX-License-Identifier: BSD-3-Clause
/*
 * summary.c - writes one VIOS's summary and reads the peer's. Pure. The peer's text is hostile: it
 * is bounded by the cluster's wire format, parsed without recursion worth speaking of (jansson
 * stops at 2048 levels) and copied into fixed fields; nothing of it is kept as it came.
 */
#include "vios-core/daemon/summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[PLANE_N_WORDS] = {
	[PLANE_UNKNOWN] = "unknown",
	[PLANE_UP] = "up",
	[PLANE_DOWN] = "down",
	[PLANE_STARTING] = "starting",
};

const char *plane_word_name(enum plane_word word)
{
	return words[word];
}

enum plane_word plane_word_parse(const char *name)
{
	for (unsigned i = 0; name && i < PLANE_N_WORDS; i++)
		if (strcmp(words[i], name) == 0)
			return (enum plane_word)i;
	return PLANE_UNKNOWN;
}

static json_t *pid_json(int64_t pid)
{
	return pid > 0 ? json_integer(pid) : json_null();
}

json_t *summary_json(const struct summary *summary)
{
	return json_pack("{s:s, s:o, s:{s:o, s:s?, s:s, s:i, s:s?}, s:{s:s, s:s, s:s}}", "name",
		summary->vios, "viosd_pid", pid_json(summary->viosd_pid), "netd", "pid",
		pid_json(summary->netd.pid), "incarnation",
		summary->netd.incarnation[0] ? summary->netd.incarnation : NULL, "state",
		words[summary->netd.state], "deaths", (int)summary->netd.deaths, "reason",
		summary->netd.reason[0] ? summary->netd.reason : NULL, "uplink", "name",
		summary->uplink.name, "devargs", summary->uplink.devargs, "link",
		link_state_name(summary->uplink.link));
}

int summary_write(const struct summary *summary, char **text, size_t *text_bytes)
{
	json_t *object = summary_json(summary);

	if (!object)
		return -ENOMEM;
	*text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	if (!*text)
		return -ENOMEM;
	*text_bytes = strlen(*text);
	return 0;
}

/* Copies a string that fits and holds nothing that could upset a terminal or a log line. */
static bool copy_text(const json_t *value, char *out, size_t size)
{
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);

	if (!text || length >= size || strlen(text) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7f)
			return false;
	memcpy(out, text, length + 1);
	return true;
}

static bool read_pid(const json_t *value, int64_t *out)
{
	*out = json_integer_value(value);
	return json_is_null(value) || (json_is_integer(value) && *out > 0 && *out <= INT32_MAX);
}

static bool read_deaths(const json_t *value, unsigned *out)
{
	json_int_t n = json_integer_value(value);

	*out = (unsigned)n;
	return n >= 0 && n <= INT32_MAX;
}

static bool read_netd(const json_t *netd, struct summary *out)
{
	const json_t *incarnation = json_object_get(netd, "incarnation");
	const json_t *reason = json_object_get(netd, "reason");

	if (!read_pid(json_object_get(netd, "pid"), &out->netd.pid))
		return false;
	if (incarnation && !json_is_null(incarnation)) {
		if (!greeting_incarnation_valid(json_string_value(incarnation)))
			return false;
		memcpy(out->netd.incarnation, json_string_value(incarnation),
			INCARNATION_BYTES);
	}
	if (!read_deaths(json_object_get(netd, "deaths"), &out->netd.deaths))
		return false;
	if (reason && !json_is_null(reason) &&
		!copy_text(reason, out->netd.reason, sizeof(out->netd.reason)))
		return false;
	out->netd.state = plane_word_parse(json_string_value(json_object_get(netd, "state")));
	return true;
}

static bool read_uplink(const json_t *uplink, struct summary *out)
{
	return copy_text(json_object_get(uplink, "name"), out->uplink.name,
		       sizeof(out->uplink.name)) &&
	       copy_text(json_object_get(uplink, "devargs"), out->uplink.devargs,
		       sizeof(out->uplink.devargs)) &&
	       link_state_parse(
		       json_string_value(json_object_get(uplink, "link")), &out->uplink.link) == 0;
}

int summary_read(const char *text, size_t text_bytes, struct summary *out)
{
	json_t *object = json_loadb(text, text_bytes, JSON_REJECT_DUPLICATES, NULL);

	memset(out, 0, sizeof(*out));
	bool good = json_is_object(object) &&
		    copy_text(json_object_get(object, "name"), out->vios, sizeof(out->vios)) &&
		    model_name_valid(out->vios) &&
		    read_pid(json_object_get(object, "viosd_pid"), &out->viosd_pid) &&
		    read_netd(json_object_get(object, "netd"), out) &&
		    read_uplink(json_object_get(object, "uplink"), out);
	json_decref(object);
	return good ? 0 : -EINVAL;
}
