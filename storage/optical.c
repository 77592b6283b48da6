/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * optical.c - what of MMC-6 a read-only drive with one data track needs: GET CONFIGURATION, GET
 * EVENT STATUS NOTIFICATION, READ TOC, READ DISC INFORMATION, MECHANISM STATUS. Pure.
 */
#include "storage/scsi_private.h"

enum { PROFILE_CD_ROM = 0x0008, PROFILE_DVD_ROM = 0x0010 };
#define CD_BLOCKS (99 * 60 * 75) /* of 2048 bytes: what does not fit is a DVD */
#define LEADOUT 0xAA

static uint16_t profile(const struct scsi_lun *lun)
{
	if (!lun->config.blocks)
		return 0;
	return lun->config.blocks > CD_BLOCKS ? PROFILE_DVD_ROM : PROFILE_CD_ROM;
}

/* Features (MMC-6, Feature descriptors): one function writes what follows a descriptor's header. */
static void profiles(const struct scsi_lun *lun, struct bytes_out *out)
{
	bytes_16(out, PROFILE_DVD_ROM);
	bytes_8(out, profile(lun) == PROFILE_DVD_ROM);
	bytes_8(out, 0);
	bytes_16(out, PROFILE_CD_ROM);
	bytes_8(out, profile(lun) == PROFILE_CD_ROM);
	bytes_8(out, 0);
}

static void core(const struct scsi_lun *lun, struct bytes_out *out)
{
	bytes_32(out, 1);   /* Physical Interface Standard: SCSI family */
	bytes_8(out, 0x01); /* DBE */
	bytes_zero(out, 3);
}

static void morphing(const struct scsi_lun *lun, struct bytes_out *out)
{
	bytes_8(out, 0x02); /* OCEvent; GET EVENT STATUS NOTIFICATION by polling */
	bytes_zero(out, 3);
}

static void removable(const struct scsi_lun *lun, struct bytes_out *out)
{
	bytes_8(out, 0x20 | 0x08 | 0x01); /* tray; ejects, locks */
	bytes_zero(out, 3);
}

static void random_readable(const struct scsi_lun *lun, struct bytes_out *out)
{
	bytes_32(out, lun->config.block_len);
	bytes_16(out, 1); /* blocking */
	bytes_8(out, 0);
	bytes_8(out, 0);
}

static void nothing_more(const struct scsi_lun *lun, struct bytes_out *out)
{
	bytes_zero(out, 4);
}

static const struct feature {
	uint16_t code;
	uint8_t bits;	/* Version, Persistent, Current */
	bool of_medium; /* current only while there is one */
	void (*write)(const struct scsi_lun *lun, struct bytes_out *out);
} features[] = {
	{0x0000, 0x03, false, profiles}, {0x0001, 0x0B, false, core},
	{0x0002, 0x07, false, morphing}, {0x0003, 0x03, false, removable},
	{0x0010, 0x00, true, random_readable},
	{0x001E, 0x08, true, nothing_more}, /* CD Read, version 2 */
	{0x001F, 0x00, true, nothing_more}, /* DVD Read */
};

static bool is_current(const struct scsi_lun *lun, const struct feature *feature)
{
	if (!feature->of_medium)
		return true;
	switch (feature->code) {
	case 0x001E:
		return profile(lun) == PROFILE_CD_ROM;
	case 0x001F:
		return profile(lun) == PROFILE_DVD_ROM;
	default:
		return lun->config.blocks > 0;
	}
}

void optical_configuration(struct scsi_call *call)
{
	unsigned kind = call->cdb[1] & 3, first = bytes_get16(call->cdb + 2); /* RT */
	const struct scsi_lun *lun = call->lun;
	struct bytes_out out;

	if (kind == 3) {
		scsi_bad_cdb(call, 1, 1);
		return;
	}
	scsi_data_start(call, &out);
	bytes_32(&out, 0); /* Data Length */
	bytes_16(&out, 0);
	bytes_16(&out, profile(lun));
	for (unsigned i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		const struct feature *feature = &features[i];
		bool current = is_current(lun, feature);
		size_t at = out.len;

		if (kind == 2 ? feature->code != first : feature->code < first)
			continue;
		if (kind == 1 && !current)
			continue;
		bytes_16(&out, feature->code);
		bytes_8(&out, (uint8_t)(feature->bits | current));
		bytes_8(&out, 0);
		feature->write(lun, &out);
		bytes_patch_len(&out, at + 3, 1);
	}
	bytes_patch_len(&out, 0, 4);
	scsi_data_end(call, &out, bytes_get16(call->cdb + 7));
}

enum { CLASS_MEDIA = 4 }; /* Notification Class */

void optical_event_status(struct scsi_call *call)
{
	struct scsi_lun *lun = call->lun;
	bool asked = call->cdb[4] & 1u << CLASS_MEDIA;
	uint16_t allocation_len = bytes_get16(call->cdb + 7);
	struct bytes_out out;

	if (!(call->cdb[1] & 0x01)) { /* Polled: asynchronous operation is not supported */
		scsi_bad_cdb(call, 1, 0);
		return;
	}
	scsi_data_start(call, &out);
	bytes_16(&out, asked ? 6 : 2);			      /* Event Descriptor Length */
	bytes_8(&out, (uint8_t)(asked ? CLASS_MEDIA : 0x80)); /* NEA: no event available */
	bytes_8(&out, 1u << CLASS_MEDIA);		      /* Supported Event Classes */
	if (asked) {
		bytes_8(&out, lun->media_event);
		bytes_8(&out, lun->config.blocks ? 0x02 : 0x00); /* Media Present */
		bytes_16(&out, 0);
	}
	/* an event that did not fit was not told */
	if (asked && allocation_len >= 5 && call->request->in_offered >= 5)
		lun->media_event = SCSI_MEDIA_NO_CHANGE;
	scsi_data_end(call, &out, allocation_len);
}

/* An address in a TOC: logical, or minute, second, frame (MMC-6, MSF address). */
static void toc_address(struct bytes_out *out, uint64_t lba, bool msf)
{
	uint64_t frame = lba + 150;

	if (!msf) {
		bytes_32(out, lba > UINT32_MAX ? UINT32_MAX : (uint32_t)lba);
		return;
	}
	bytes_8(out, 0);
	bytes_8(out, (uint8_t)(frame / 75 / 60 > 255 ? 255 : frame / 75 / 60));
	bytes_8(out, (uint8_t)(frame / 75 % 60));
	bytes_8(out, (uint8_t)(frame % 75));
}

static void toc_track(struct bytes_out *out, uint8_t track, uint64_t lba, bool msf)
{
	bytes_8(out, 0);
	bytes_8(out, 0x14); /* ADR 1, CONTROL: a data track */
	bytes_8(out, track);
	bytes_8(out, 0);
	toc_address(out, lba, msf);
}

void optical_read_toc(struct scsi_call *call)
{
	bool msf = call->cdb[1] & 0x02;
	uint8_t format = call->cdb[2] & 0x0F, track = call->cdb[6];
	struct bytes_out out;

	if (format > 1) { /* TOC, multi-session information */
		scsi_bad_cdb(call, 2, 3);
		return;
	}
	if (format == 0 && track > 1 && track != LEADOUT) {
		scsi_bad_cdb(call, 6, SCSI_WHOLE_BYTE);
		return;
	}
	scsi_data_start(call, &out);
	bytes_16(&out, 0); /* TOC Data Length */
	bytes_8(&out, 1);  /* first track, or complete session */
	bytes_8(&out, 1);  /* last */
	if (format == 1 || track <= 1)
		toc_track(&out, 1, 0, msf);
	if (format == 0)
		toc_track(&out, LEADOUT, call->lun->config.blocks, msf);
	bytes_patch_len(&out, 0, 2);
	scsi_data_end(call, &out, bytes_get16(call->cdb + 7));
}

void optical_disc_information(struct scsi_call *call)
{
	struct bytes_out out;

	if (call->cdb[1] & 0x07) { /* Data Type: standard disc information */
		scsi_bad_cdb(call, 1, 2);
		return;
	}
	scsi_data_start(call, &out);
	bytes_16(&out, 32);
	bytes_8(&out, 0x0E); /* last session complete, disc complete */
	bytes_8(&out, 1);    /* first track */
	bytes_8(&out, 1);    /* sessions */
	bytes_8(&out, 1);    /* first, */
	bytes_8(&out, 1);    /* and last track of the last session */
	bytes_8(&out, 0x20); /* URU: unrestricted use */
	bytes_8(&out, 0x00); /* Disc Type: CD-DA or CD-ROM */
	bytes_zero(&out, 34 - out.len);
	scsi_data_end(call, &out, bytes_get16(call->cdb + 7));
}

void optical_mechanism_status(struct scsi_call *call)
{
	struct bytes_out out;

	scsi_data_start(call, &out);
	bytes_zero(&out, 5); /* idle, door closed, no changer; Current LBA */
	bytes_8(&out, 0);    /* Number of Slots Available */
	bytes_16(&out, 0);   /* Length of Slot Table */
	scsi_data_end(call, &out, bytes_get16(call->cdb + 8));
}
