// SPDX-License-Identifier: BSD-3-Clause
/* view_media.c - the media repository, its media, and the drives that they are in. Pure. */
#include "vios-core/cli/jx.h"
#include "vios-core/cli/view.h"

#include <stdio.h>
#include <string.h>

#define MIB (1 << 20)

/* Its folders, once if they are the same. */
static struct jx_value pool_of(const struct facts *facts, const json_t *repository)
{
	struct jx_value pool = {""};
	const json_t *folder;
	const char *vios;

	json_object_foreach(json_object_get(repository, "path"), vios, folder)
	{
		const char *text = json_string_value(folder);
		size_t length = strlen(pool.text);
		if (!text || !view_wants(facts, vios) || strcmp(pool.text, text) == 0)
			continue;
		snprintf(pool.text + length, sizeof(pool.text) - length, "%s%s", length ? "," : "",
			text);
	}
	return pool;
}

static json_t *drives_of(const struct facts *facts, const char *medium)
{
	json_t *drives = json_array(), *vtd;
	size_t i;

	json_array_foreach(json_object_get(facts->state, "vtd"), i, vtd)
	{
		if (jx_is(vtd, "backing", medium))
			json_array_append_new(drives, json_string(jx_text(vtd, "name")));
	}
	return drives;
}

/* A medium takes whole MiB: what is free is there to be had. */
static json_int_t rounded_mb(json_int_t bytes)
{
	return bytes / MIB + (bytes % MIB > 0);
}

static json_t *medium_record(const struct facts *facts, const json_t *medium)
{
	const json_t *path = json_object_get(medium, "path");
	bool read_only = json_is_true(json_object_get(medium, "read_only"));

	return json_pack("{s:s, s:I, s:o, s:s, s:O?}", "name", jx_text(medium, "name"),
		"file_size_mb", rounded_mb(jx_int(medium, "size_bytes")), "optical",
		drives_of(facts, jx_text(medium, "name")), "access", read_only ? "ro" : "rw",
		"path", path);
}

json_t *view_lsrep(const struct facts *facts, char fault[VIEW_FAULT_BYTES])
{
	const json_t *known = json_array_get(json_object_get(facts->state, "repository"), 0);
	json_int_t left = jx_int(known, "size_bytes");
	const json_t *backing;
	json_t *media;
	size_t i;

	if (!known) {
		snprintf(fault, VIEW_FAULT_BYTES,
			"there is no media repository; make it with viosctl mkrep");
		return NULL;
	}
	media = json_array();
	json_array_foreach(json_object_get(facts->state, "backing"), i, backing)
	{
		json_int_t bytes = jx_int(backing, "size_bytes");
		if (!jx_is(backing, "repository", jx_text(known, "name")))
			continue;
		left = bytes >= 0 && bytes < left ? left - bytes : 0;
		json_array_append_new(media, medium_record(facts, backing));
	}
	return json_pack("{s:s, s:I, s:I, s:s, s:o}", "repository", jx_text(known, "name"),
		"size_mb", jx_int(known, "size_bytes") / MIB, "free_mb", left / MIB, "parent_pool",
		pool_of(facts, known).text, "media", media);
}
