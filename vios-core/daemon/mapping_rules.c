// SPDX-License-Identifier: BSD-3-Clause
/*
 * mapping_rules.c - decides by what two VIOS have said of a device. Pure; allocates only the list
 * that the caller owns.
 *
 *   cannot be opened, told by nobody     refused (forced: passed over)
 *   size, size of blocks                 equal on both, and the blocks as the state has them
 *   the same inode or device number      one device
 *   identities on both                   equal, or they are two disks
 *   no identity, read-only               equal samples
 *   no identity, written                 a unique_id that the operator gave, and equal samples
 */
#include "vios-core/daemon/mapping_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_mapped(const struct config *config, const char *backing)
{
	for (size_t i = 0; i < config->n_vtd; i++)
		if (strcmp(config->vtd[i].backing, backing) == 0)
			return true;
	return false;
}

/* A size that is not known any more needs no look. */
static bool same_device(const struct config_backing *a, const struct config_backing *b)
{
	struct config_backing as_b = *a;

	if (b->size_bytes == 0)
		as_b.size_bytes = 0;
	return memcmp(&as_b, b, sizeof(*b)) == 0;
}

static bool needs(
	const struct config *before, const struct config *after, const struct config_backing *b)
{
	const struct config_backing *was = config_find(before, CONFIG_BACKING, b->name);

	return is_mapped(after, b->name) &&
	       (!was || !is_mapped(before, b->name) || !same_device(was, b));
}

int mapping_needs(const struct config *before, const struct config *after,
	struct config_backing **list, size_t *n)
{
	*n = 0;
	*list = calloc(after->n_backing + 1, sizeof(**list));
	if (!*list)
		return -ENOMEM;
	for (size_t i = 0; i < after->n_backing; i++)
		if (needs(before, after, &after->backing[i]))
			(*list)[(*n)++] = after->backing[i];
	return 0;
}

bool mapping_forced(const json_t *ops)
{
	json_t *op;
	size_t i;

	json_array_foreach((json_t *)ops, i, op)
	{
		if (json_is_true(json_object_get(json_object_get(op, "attrs"), "force")))
			return true;
	}
	return false;
}

bool mapping_is_medium(const struct config_backing *backing)
{
	return backing->repository[0] != '\0';
}

static bool usable(const struct mapping_look *look)
{
	return look->told && !look->fault[0];
}

static bool refuse_unseen(const struct config_backing *b, const struct config_path *at,
	const struct mapping_look *look, char why[MAPPING_WHY_BYTES])
{
	if (look->told)
		snprintf(why, MAPPING_WHY_BYTES, "%s: %.100s %s; mend that, or force it", at->vios,
			at->path, look->fault);
	else
		snprintf(why, MAPPING_WHY_BYTES,
			"%s does not say what %.100s is; start its viosd, or force it (%s is not "
			"compared then)",
			at->vios, at->path, b->name);
	return false;
}

/* Against what the state says. */
static bool fits(const struct config_backing *b, const struct config_path *at,
	const struct mapping_look *look, char why[MAPPING_WHY_BYTES])
{
	if (b->block_bytes != 0 && b->block_bytes != look->block_bytes) {
		snprintf(why, MAPPING_WHY_BYTES,
			"%s: %.100s has blocks of %u bytes, not of %u; set block_bytes of %s to %u",
			at->vios, at->path, (unsigned)look->block_bytes, (unsigned)b->block_bytes,
			b->name, (unsigned)look->block_bytes);
		return false;
	}
	if (b->size_bytes != 0 && b->size_bytes != look->size_bytes) {
		snprintf(why, MAPPING_WHY_BYTES,
			"%s: %.100s has %" PRIu64 " bytes, not %" PRIu64
			"; set size_bytes of %s to that, or correct the device",
			at->vios, at->path, look->size_bytes, b->size_bytes, b->name);
		return false;
	}
	if (b->wwid[0] && look->wwid[0] && strcmp(b->wwid, look->wwid) != 0) {
		snprintf(why, MAPPING_WHY_BYTES,
			"%s: %.80s is %.60s, and %s is %.60s; correct its path", at->vios, at->path,
			look->wwid, b->name, b->wwid);
		return false;
	}
	return true;
}

static bool same_sample(const struct mapping_look *looks)
{
	return looks[0].sample[0] && strcmp(looks[0].sample, looks[1].sample) == 0;
}

/* Nothing identifies it on both sides. */
static bool alike(const struct config_backing *b, const struct mapping_look *looks,
	char why[MAPPING_WHY_BYTES])
{
	const char *one = b->paths[0].vios, *other = b->paths[1].vios;

	if (!same_sample(looks)) {
		snprintf(why, MAPPING_WHY_BYTES,
			"%s and %s have different data at %.60s and %.60s; %s must be one device",
			one, other, b->paths[0].path, b->paths[1].path, b->name);
		return false;
	}
	if (b->read_only || b->unique_id[0])
		return true;
	snprintf(why, MAPPING_WHY_BYTES,
		"nothing tells whether %.60s of %s is %.60s of %s; if so, give %s a unique_id",
		b->paths[0].path, one, b->paths[1].path, other, b->name);
	return false;
}

static bool compare(const struct config_backing *b, const struct mapping_look *looks,
	char why[MAPPING_WHY_BYTES])
{
	const char *one = b->paths[0].vios, *other = b->paths[1].vios;

	if (looks[0].size_bytes != looks[1].size_bytes) {
		snprintf(why, MAPPING_WHY_BYTES,
			"%s has %" PRIu64 " bytes at %.60s, %s has %" PRIu64
			" at %.60s; map what both see alike",
			one, looks[0].size_bytes, b->paths[0].path, other, looks[1].size_bytes,
			b->paths[1].path);
		return false;
	}
	if (looks[0].block_bytes != looks[1].block_bytes) {
		snprintf(why, MAPPING_WHY_BYTES,
			"%s has blocks of %u bytes at %.60s, %s of %u at %.60s; map what both see "
			"alike",
			one, (unsigned)looks[0].block_bytes, b->paths[0].path, other,
			(unsigned)looks[1].block_bytes, b->paths[1].path);
		return false;
	}
	if (mapping_is_medium(b) || (looks[0].node[0] && strcmp(looks[0].node, looks[1].node) == 0))
		return true;
	if (!looks[0].identity[0] || !looks[1].identity[0])
		return alike(b, looks, why);
	if (strcmp(looks[0].identity, looks[1].identity) == 0)
		return true;
	snprintf(why, MAPPING_WHY_BYTES,
		"%s has %.60s at %.40s, %s has %.60s at %.40s: they are two disks; map one", one,
		looks[0].identity, b->paths[0].path, other, looks[1].identity, b->paths[1].path);
	return false;
}

bool mapping_judge(const struct config_backing *backing, const struct mapping_look *looks,
	bool forced, char why[MAPPING_WHY_BYTES])
{
	size_t seen = 0;

	for (size_t i = 0; i < backing->n_paths; i++) {
		const struct config_path *at = &backing->paths[i];

		if (usable(&looks[i])) {
			seen++;
			if (!fits(backing, at, &looks[i], why))
				return false;
		} else if (!forced && (looks[i].told || !mapping_is_medium(backing))) {
			return refuse_unseen(backing, at, &looks[i], why);
		}
	}
	return seen < 2 || compare(backing, looks, why);
}
