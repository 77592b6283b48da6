/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device_match.c - compares what both VIOS say of a device that clients have. Pure.
 *
 *   not told by both, a medium           not known
 *   the wwid that the state has          whose is another one is wrong
 *   size of blocks                       equal, or two devices
 *   the same inode or device number      one device
 *   identities on both                   equal, or two devices
 *   none, read-only                      equal samples, or two devices
 *   none, written                        not known
 */
#include "vios-core/daemon/device_match.h"

#include <stdio.h>
#include <string.h>

static bool usable(const struct mapping_look *look)
{
	return look->told && !look->fault[0];
}

/* The element of paths that has another wwid than the state; -1: none. */
static int other_wwid(const struct config_backing *b, const struct mapping_look *looks)
{
	for (int i = 0; b->wwid[0] && i < 2; i++)
		if (looks[i].wwid[0] && strcmp(looks[i].wwid, b->wwid) != 0)
			return i;
	return -1;
}

static bool differ(const struct config_backing *b, const char *what, const char *one,
	const char *other, char why[DEVICE_MATCH_WHY])
{
	snprintf(why, DEVICE_MATCH_WHY,
		"%.32s is not one device: %s of %.40s in %.32s is %.40s, of %.40s in %.32s %.40s",
		b->name, what, b->paths[0].path, b->paths[0].vios, one, b->paths[1].path,
		b->paths[1].vios, other);
	return true;
}

static bool differs(const struct config_backing *b, const struct mapping_look *looks,
	char why[DEVICE_MATCH_WHY])
{
	char one[16], other[16];

	if (looks[0].block_bytes != looks[1].block_bytes) {
		snprintf(one, sizeof(one), "%u", (unsigned)looks[0].block_bytes);
		snprintf(other, sizeof(other), "%u", (unsigned)looks[1].block_bytes);
		return differ(b, "size of blocks", one, other, why);
	}
	if (looks[0].node[0] && strcmp(looks[0].node, looks[1].node) == 0)
		return false;
	if (looks[0].identity[0] && looks[1].identity[0])
		return strcmp(looks[0].identity, looks[1].identity) != 0 &&
		       differ(b, "identity", looks[0].identity, looks[1].identity, why);
	return strcmp(looks[0].sample, looks[1].sample) != 0 &&
	       differ(b, "data", "other", "data", why);
}

static bool can_tell(const struct config_backing *b, const struct mapping_look *looks)
{
	return looks[0].block_bytes != looks[1].block_bytes ||
	       (looks[0].node[0] && strcmp(looks[0].node, looks[1].node) == 0) ||
	       (looks[0].identity[0] && looks[1].identity[0]) ||
	       (b->read_only && looks[0].sample[0] && looks[1].sample[0]);
}

enum device_match device_match(const struct config_backing *backing,
	const struct mapping_look *looks, int *wrong, char why[DEVICE_MATCH_WHY])
{
	*wrong = -1;
	why[0] = '\0';
	if (backing->n_paths != 2 || backing->repository[0] || !usable(&looks[0]) ||
		!usable(&looks[1]))
		return DEVICE_UNKNOWN;
	*wrong = other_wwid(backing, looks);
	if (*wrong >= 0) {
		snprintf(why, DEVICE_MATCH_WHY,
			"%.32s is %.60s, and %.40s in %.32s is %.60s; correct its path",
			backing->name, backing->wwid, backing->paths[*wrong].path,
			backing->paths[*wrong].vios, looks[*wrong].wwid);
		return DEVICE_DIFFERS;
	}
	if (!can_tell(backing, looks))
		return DEVICE_UNKNOWN;
	return differs(backing, looks, why) ? DEVICE_DIFFERS : DEVICE_SAME;
}

bool device_match_keeps_away(int wrong, size_t self_path, size_t self, int live)
{
	if (wrong >= 0)
		return wrong == (int)self_path;
	return live >= 0 ? live != (int)self : self == 1;
}
