// SPDX-License-Identifier: BSD-3-Clause
/*
 * disk_identity.c - one name for the same bytes, whichever way a VIOS reaches them. Pure.
 *
 * A multipath map carries its paths' name in its UUID, in scsi_id's writing (a digit for the kind,
 * then the name); it is put into the kernel's, so that one VIOS may use a map and the other a plain
 * path.
 */
#include "vios-core/discovery/disk.h"

#include "vios-core/discovery/plain.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LVM_UUID_CHARS 64 /* of the group, then of the volume */

static bool is_hex(const char *text)
{
	return text[0] && text[strspn(text, "0123456789abcdefABCDEF")] == '\0';
}

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

static bool keep(char out[DISK_IDENTITY_BYTES], const char *kind, const char *name)
{
	char word[DISK_IDENTITY_BYTES];

	if (plain_word(name, strlen(name), word, sizeof(word)) == 0)
		return false;
	return snprintf(out, DISK_IDENTITY_BYTES, "%s%s", kind, word) < DISK_IDENTITY_BYTES;
}

/* "naa.6001...", "eui.0025...", "t10.ATA     Disk", "nvme.144d-..." */
static bool from_wwid(const char *wwid, char out[DISK_IDENTITY_BYTES])
{
	if (!keep(out, "", wwid))
		return false;
	if (strncmp(out, "naa.", 4) == 0 || strncmp(out, "eui.", 4) == 0 ||
		strncmp(out, "uuid.", 5) == 0)
		lower(out);
	return true;
}

/* "3600140545a2d...", "20025...", "1ATA     Disk" */
static bool from_scsi_id(const char *id, char out[DISK_IDENTITY_BYTES])
{
	bool good = false;

	if (id[0] == '3' && is_hex(id + 1))
		good = keep(out, "naa.", id + 1);
	else if (id[0] == '2' && is_hex(id + 1))
		good = keep(out, "eui.", id + 1);
	else if (id[0] == '1' && id[1])
		return keep(out, "t10.", id + 1);
	else
		return from_wwid(id, out);
	lower(out);
	return good;
}

/* "LVM-" and two UUIDs, "mpath-...", "part2-mpath-...", "CRYPT-..." */
static bool from_dm(const char *uuid, char out[DISK_IDENTITY_BYTES])
{
	if (strncmp(uuid, "mpath-", 6) == 0)
		return from_scsi_id(uuid + 6, out);
	if (strncmp(uuid, "LVM-", 4) == 0)
		return keep(out, "lvm.", uuid + 4);
	return uuid[0] && keep(out, "dm.", uuid);
}

static bool add_part(char out[DISK_IDENTITY_BYTES], unsigned long number)
{
	size_t len = strlen(out), room = DISK_IDENTITY_BYTES - len;

	return (size_t)snprintf(out + len, room, "-part%lu", number) < room;
}

/* A partition of a map is a map, too: kpartx writes its number in front. */
static bool from_dm_part(const char *uuid, char out[DISK_IDENTITY_BYTES])
{
	char *rest;
	unsigned long number;

	if (strncmp(uuid, "part", 4) != 0 || !isdigit((unsigned char)uuid[4]))
		return from_dm(uuid, out);
	number = strtoul(uuid + 4, &rest, 10);
	if (*rest != '-')
		return from_dm(uuid, out);
	return from_dm(rest + 1, out) && add_part(out, number);
}

/* A serial number alone is unique for its maker's model at best. */
static bool from_serial(const struct disk_facts *facts, char out[DISK_IDENTITY_BYTES])
{
	char text[3 * DISK_TEXT_BYTES];

	if (!facts->serial[0])
		return false;
	int n = snprintf(
		text, sizeof(text), "%s %s %s", facts->vendor, facts->model, facts->serial);
	return n < DISK_IDENTITY_BYTES - 32 && keep(out, "serial.", text);
}

/* Another offset is other bytes. */
static bool from_file(const struct disk_facts *facts, char out[DISK_IDENTITY_BYTES])
{
	if (!facts->file_identity[0] || !keep(out, "", facts->file_identity))
		return false;
	size_t len = strlen(out), room = DISK_IDENTITY_BYTES - len;
	return facts->loop_offset == 0 ||
	       (size_t)snprintf(out + len, room, "+%" PRIu64, facts->loop_offset) < room;
}

static bool whole(const struct disk_facts *facts, char out[DISK_IDENTITY_BYTES])
{
	if (facts->backing_file[0])
		return from_file(facts, out);
	if (facts->dm_name[0] || facts->dm_uuid[0])
		return from_dm_part(facts->dm_uuid, out);
	if (facts->designator[0])
		return from_wwid(facts->designator, out);
	if (facts->wwid[0])
		return from_wwid(facts->wwid, out);
	return from_serial(facts, out);
}

bool disk_identity(const struct disk_facts *facts, char out[DISK_IDENTITY_BYTES])
{
	out[0] = '\0';
	if (whole(facts, out) && (facts->partition == 0 || add_part(out, facts->partition)))
		return true;
	out[0] = '\0';
	return false;
}

static bool numbered(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(name, prefix, n) == 0 && isdigit((unsigned char)name[n]);
}

enum disk_kind disk_kind(const struct disk_facts *facts)
{
	const char *uuid = facts->dm_uuid;

	if (facts->partition > 0 || strncmp(uuid, "part", 4) == 0)
		return DISK_PARTITION;
	/* with something behind the UUIDs it is an inner part of a volume, nobody's to use */
	if (strncmp(uuid, "LVM-", 4) == 0 && strlen(uuid) == 4 + LVM_UUID_CHARS)
		return DISK_LV;
	if (strncmp(uuid, "mpath-", 6) == 0)
		return DISK_MULTIPATH;
	if (uuid[0] || facts->dm_name[0])
		return DISK_DM;
	if (facts->md)
		return DISK_MD;
	if (numbered(facts->name, "loop"))
		return DISK_LOOP;
	if (facts->scsi_type == 5 || numbered(facts->name, "sr")) /* SPC-5: CD/DVD device */
		return DISK_OPTICAL;
	return DISK_WHOLE;
}

bool disk_wanted(const struct disk_facts *facts)
{
	const char *of = facts->partition ? facts->parent : facts->name;

	if (facts->hidden || numbered(of, "ram") || numbered(of, "zram"))
		return false;
	if (numbered(of, "loop"))
		return facts->backing_file[0] != '\0';
	return !numbered(of, "nbd") || facts->size_bytes > 0;
}
