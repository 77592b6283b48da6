// SPDX-License-Identifier: BSD-3-Clause
/*
 * disk.c - a block device as operators see it. Pure. A device is Available when this VIOS has a
 * node for it and it would answer, else Defined.
 */
#include "vios-core/discovery/disk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_USUAL_MAX_S 60

static const char *const types[DISK_N_KINDS] = {
	[DISK_WHOLE] = "disk",
	[DISK_PARTITION] = "partition",
	[DISK_LV] = "lv",
	[DISK_MULTIPATH] = "multipath",
	[DISK_DM] = "dm",
	[DISK_MD] = "md",
	[DISK_LOOP] = "loop",
	[DISK_OPTICAL] = "optical",
};

static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static json_t *number_or_null(int64_t number)
{
	return number >= 0 ? json_integer((json_int_t)number) : json_null();
}

static bool available(const struct disk_facts *facts, enum disk_kind kind)
{
	bool answers = !facts->state[0] || strcmp(facts->state, "running") == 0 ||
		       strcmp(facts->state, "live") == 0;

	/* a drive without a medium is a drive */
	return facts->has_node && answers && (facts->size_bytes > 0 || kind == DISK_OPTICAL);
}

static json_t *model_text(const struct disk_facts *facts, const char *what)
{
	if (!facts->vendor[0] && !facts->model[0])
		return json_string(what);
	return json_sprintf("%s %s%s%s", what, facts->vendor,
		facts->vendor[0] && facts->model[0] ? " " : "", facts->model);
}

static json_t *description(const struct disk_facts *facts, enum disk_kind kind)
{
	switch (kind) {
	case DISK_PARTITION:
		if (facts->partition > 0)
			return json_sprintf(
				"Partition %" PRIu32 " of %s", facts->partition, facts->parent);
		return json_sprintf("Partition %s", facts->dm_name);
	case DISK_LV:
		return json_sprintf("Logical volume %s", facts->dm_name);
	case DISK_MULTIPATH:
		return json_sprintf("Multipath disk %s", facts->dm_name);
	case DISK_DM:
		return json_sprintf("Device mapper device %s", facts->dm_name);
	case DISK_MD:
		return json_string("Software RAID");
	case DISK_LOOP:
		return json_sprintf("Loop device on %s", facts->backing_file);
	case DISK_OPTICAL:
		return model_text(facts, "Optical drive");
	default:
		return model_text(facts, "Disk");
	}
}

static void warn(json_t *list, json_t *text)
{
	json_array_append_new(list, text);
}

json_t *disk_warnings(const struct disk_facts *facts)
{
	json_t *list = json_array();

	if (!list)
		return NULL;
	if (facts->queues)
		warn(list,
			json_string("queue_if_no_path is set: with its last path gone a request "
				    "waits for ever, and its client with it; set no_path_retry to "
				    "a number in multipath.conf"));
	if (facts->timeout_s > TIMEOUT_USUAL_MAX_S)
		warn(list, json_sprintf("a command may take %" PRId64
					" s before it fails, and a client on a stuck path waits "
					"as long; set device/timeout to at most %d",
				   facts->timeout_s, TIMEOUT_USUAL_MAX_S));
	if (facts->lost_s == DISK_FOR_EVER)
		warn(list, json_sprintf("a lost path is waited for without limit, and its client "
					"with it; set %s to at most %d",
				   facts->lost_by, TIMEOUT_USUAL_MAX_S));
	else if (facts->lost_s > TIMEOUT_USUAL_MAX_S)
		warn(list, json_sprintf("a lost path is waited for %" PRId64
					" s, and its client with it; set %s to at most %d",
				   facts->lost_s, facts->lost_by, TIMEOUT_USUAL_MAX_S));
	return list;
}

static json_t *links(const struct disk_facts *facts)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < facts->n_by_id; i++)
		json_array_append_new(list, json_string(facts->by_id[i]));
	return list;
}

static json_t *holders(const struct disk_facts *facts)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < facts->n_holders; i++)
		json_array_append_new(list, json_string(facts->holders[i]));
	return list;
}

static json_t *attributes(const struct disk_facts *facts)
{
	char identity[DISK_IDENTITY_BYTES];

	disk_identity(facts, identity);
	return json_pack("{s:o, s:s, s:I, s:I, s:I, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o, s:o, s:o, s:o, s:b, s:o}",
		"identity", text_or_null(identity), "path", facts->path, "size_bytes",
		(json_int_t)facts->size_bytes, "logical_block_bytes",
		(json_int_t)facts->logical_bytes, "physical_block_bytes",
		(json_int_t)facts->physical_bytes, "read_only", (int)facts->read_only, "removable",
		(int)facts->removable, "vendor", text_or_null(facts->vendor), "model",
		text_or_null(facts->model), "serial", text_or_null(facts->serial), "wwid",
		text_or_null(facts->designator[0] ? facts->designator : facts->wwid), "state",
		text_or_null(facts->state), "timeout_s", number_or_null(facts->timeout_s), "parent",
		text_or_null(facts->parent), "dm_name", text_or_null(facts->dm_name),
		"backing_file", text_or_null(facts->backing_file), "by_id", links(facts), "holders",
		holders(facts), "lost_path_s",
		facts->lost_s == DISK_FOR_EVER ? json_string("off") : number_or_null(facts->lost_s),
		"queue_if_no_path", (int)facts->queues, "warnings", disk_warnings(facts));
}

json_t *disk_json(const struct disk_facts *facts)
{
	enum disk_kind kind = disk_kind(facts);

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "name", facts->name, "class", "disk",
		"type", types[kind], "status", available(facts, kind) ? "Available" : "Defined",
		"description", description(facts, kind), "attrs", attributes(facts));
}
