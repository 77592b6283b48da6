// SPDX-License-Identifier: BSD-3-Clause
/*
 * summary.c - writes one VIOS's summary and reads the peer's. Pure. The peer's text is hostile: it
 * is bounded by the cluster's wire format, parsed without recursion worth speaking of (jansson
 * stops at 2048 levels) and copied into fixed fields; nothing of it is kept as it came.
 */
#include "vios-core/daemon/summary.h"

#include "vios-core/daemon/sea_talk.h"

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

static json_t *plane_json(const struct summary_plane *plane)
{
	return json_pack("{s:o, s:s?, s:s, s:i, s:s?}", "pid", pid_json(plane->pid), "incarnation",
		plane->incarnation[0] ? plane->incarnation : NULL, "state", words[plane->state],
		"deaths", (int)plane->deaths, "reason", plane->reason[0] ? plane->reason : NULL);
}

static json_t *scsids_json(const struct summary *summary)
{
	json_t *list = json_array();

	for (size_t i = 0; i < summary->n_scsids; i++) {
		json_t *one = plane_json(&summary->scsids[i].plane);

		json_object_set_new(one, "adapter", json_string(summary->scsids[i].adapter));
		json_object_set_new(one, "path", path_faults_json(&summary->scsids[i].faults));
		json_array_append_new(list, one);
	}
	return list;
}

/* A VIOS that asks nobody says nothing. */
static const char *const netaddr_words[LINK_N_STATES] = {
	[LINK_UP] = "answers",
	[LINK_DOWN] = "silent",
};

static json_t *uplink_json(const struct summary_uplink *uplink)
{
	return json_pack("{s:s, s:s, s:s, s:s*}", "name", uplink->name, "devargs", uplink->devargs,
		"link", link_state_name(uplink->link), "netaddr", netaddr_words[uplink->netaddr]);
}

static json_t *sea_json(const struct summary_sea *sea)
{
	return sea->name[0] ? sea_talk_json(sea->name, &sea->advert) : NULL;
}

/* One with one SEA says nothing. */
static json_t *more_json(const struct summary *summary)
{
	json_t *list = summary->n_more > 0 ? json_array() : NULL;

	for (size_t i = 0; i < summary->n_more; i++)
		json_array_append_new(list,
			json_pack("{s:o, s:o*}", "uplink", uplink_json(&summary->more[i].uplink),
				"sea", sea_json(&summary->more[i].sea)));
	return list;
}

json_t *summary_json(const struct summary *summary)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:o*, s:o*}", "name", summary->vios,
		"viosd_pid", pid_json(summary->viosd_pid), "netd", plane_json(&summary->netd),
		"scsids", scsids_json(summary), "uplink", uplink_json(&summary->uplink), "trunk",
		link_state_name(summary->trunk), "sea", sea_json(&summary->sea), "more",
		more_json(summary));
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

static bool read_plane(const json_t *plane, struct summary_plane *out)
{
	const json_t *incarnation = json_object_get(plane, "incarnation");
	const json_t *reason = json_object_get(plane, "reason");

	if (!read_pid(json_object_get(plane, "pid"), &out->pid))
		return false;
	if (incarnation && !json_is_null(incarnation)) {
		if (!greeting_incarnation_valid(json_string_value(incarnation)))
			return false;
		memcpy(out->incarnation, json_string_value(incarnation), INCARNATION_BYTES);
	}
	if (!read_deaths(json_object_get(plane, "deaths"), &out->deaths))
		return false;
	if (reason && !json_is_null(reason) && !copy_text(reason, out->reason, sizeof(out->reason)))
		return false;
	out->state = plane_word_parse(json_string_value(json_object_get(plane, "state")));
	return true;
}

/* CLIENT/ADAPTER */
static bool adapter_valid(const char *text)
{
	char client[MODEL_NAME_MAX + 1] = "";
	const char *slash = strchr(text, '/');

	if (!slash || slash - text > MODEL_NAME_MAX)
		return false;
	memcpy(client, text, (size_t)(slash - text));
	return model_name_valid(client) && model_name_valid(slash + 1);
}

/* A viosd that has never heard of them says nothing. */
static bool read_scsids(const json_t *list, struct summary *out)
{
	if (!list)
		return true;
	if (!json_is_array(list) || json_array_size(list) > SUMMARY_SCSIDS)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		struct summary_scsid *to = &out->scsids[out->n_scsids++];

		if (!copy_text(json_object_get(one, "adapter"), to->adapter, sizeof(to->adapter)) ||
			!adapter_valid(to->adapter) || !read_plane(one, &to->plane) ||
			path_faults_read(json_object_get(one, "path"), &to->faults) < 0)
			return false;
	}
	return true;
}

static enum link_state read_netaddr(const char *text)
{
	for (enum link_state i = LINK_UP; text && i < LINK_N_STATES; i++)
		if (strcmp(text, netaddr_words[i]) == 0)
			return i;
	return LINK_UNKNOWN;
}

static bool read_uplink(const json_t *uplink, struct summary_uplink *out)
{
	out->netaddr = read_netaddr(json_string_value(json_object_get(uplink, "netaddr")));
	return copy_text(json_object_get(uplink, "name"), out->name, sizeof(out->name)) &&
	       copy_text(json_object_get(uplink, "devargs"), out->devargs, sizeof(out->devargs)) &&
	       link_state_parse(json_string_value(json_object_get(uplink, "link")), &out->link) ==
		       0;
}

/* A viosd that has never heard of it says nothing. */
static bool read_sea(const json_t *sea, struct summary_sea *out)
{
	const char *name;

	if (!sea)
		return true;
	if (sea_talk_read(sea, &name, &out->advert) < 0)
		return false;
	memcpy(out->name, name, strlen(name) + 1);
	return true;
}

static bool read_more(const json_t *list, struct summary *out)
{
	const json_t *one;
	size_t i;

	if (!list)
		return true;
	if (!json_is_array(list) || json_array_size(list) > SUMMARY_MORE)
		return false;
	json_array_foreach(list, i, one)
	{
		struct summary_more *to = &out->more[out->n_more++];

		if (!read_uplink(json_object_get(one, "uplink"), &to->uplink) ||
			!read_sea(json_object_get(one, "sea"), &to->sea))
			return false;
	}
	return true;
}

int summary_read(const char *text, size_t text_bytes, struct summary *out)
{
	json_t *object = json_loadb(text, text_bytes, JSON_REJECT_DUPLICATES, NULL);

	memset(out, 0, sizeof(*out));
	bool good = json_is_object(object) &&
		    copy_text(json_object_get(object, "name"), out->vios, sizeof(out->vios)) &&
		    model_name_valid(out->vios) &&
		    read_pid(json_object_get(object, "viosd_pid"), &out->viosd_pid) &&
		    read_plane(json_object_get(object, "netd"), &out->netd) &&
		    read_scsids(json_object_get(object, "scsids"), out) &&
		    read_uplink(json_object_get(object, "uplink"), &out->uplink) &&
		    read_sea(json_object_get(object, "sea"), &out->sea) &&
		    read_more(json_object_get(object, "more"), out);
	/* A viosd that has never heard of it says nothing. */
	if (link_state_parse(json_string_value(json_object_get(object, "trunk")), &out->trunk) < 0)
		out->trunk = LINK_UNKNOWN;
	json_decref(object);
	return good ? 0 : -EINVAL;
}
