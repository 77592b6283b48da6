/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * modes.c - MODE SENSE and MODE SELECT, 6 and 10 (SPC-5), and the mode pages (SPC-5: control,
 * informational exceptions; SBC-4: caching; MMC-3: capabilities of a drive), each a row: its bytes
 * for given values, which bits a client may change, what they then mean. Pure.
 */
#include <string.h>

#include "storage/opcodes.h"

#define PAGE_MAX 24 /* bytes of the longest page */
#define ALL_PAGES 0x3F
#define ALL_SUBPAGES 0xFF
enum { DISK = 1, OPTICAL = 2 };
enum { CURRENT, CHANGEABLE, DEFAULT, SAVED }; /* PC */

void modes_factory(struct scsi_mode_values *values)
{
	*values = (struct scsi_mode_values){.wce = true};
}

/* Bits of pages that follow a value. */
enum { CACHING_WCE = 0x04, CONTROL_D_SENSE = 0x04, CONTROL_SWP = 0x08 };

static void caching(
	const struct scsi_lun *lun, const struct scsi_mode_values *values, uint8_t *page)
{
	page[2] = values->wce ? CACHING_WCE : 0;
}

static void caching_taken(struct scsi_mode_values *values, const uint8_t *page)
{
	values->wce = page[2] & CACHING_WCE;
}

static void control(
	const struct scsi_lun *lun, const struct scsi_mode_values *values, uint8_t *page)
{
	/* TST 001b: a task set for each I_T nexus; GLTSD */
	page[2] = (uint8_t)(0x20 | 0x02 | (values->d_sense ? CONTROL_D_SENSE : 0));
	page[3] = 0x10; /* QUEUE ALGORITHM MODIFIER: unrestricted reordering */
	page[4] = values->swp ? CONTROL_SWP : 0;
	page[5] = 0x40;		  /* TAS: who is aborted by another is told by the status */
	page[8] = page[9] = 0xFF; /* BUSY TIMEOUT PERIOD: unlimited */
}

static void control_taken(struct scsi_mode_values *values, const uint8_t *page)
{
	values->d_sense = page[2] & CONTROL_D_SENSE;
	values->swp = page[4] & CONTROL_SWP;
}

static void exceptions(
	const struct scsi_lun *lun, const struct scsi_mode_values *values, uint8_t *page)
{
	page[2] = 0x08; /* DEXCPT: a virtual disk predicts no failure */
}

static void capabilities(
	const struct scsi_lun *lun, const struct scsi_mode_values *values, uint8_t *page)
{
	page[2] = 0x08 | 0x01;	      /* reads DVD-ROM, CD-R */
	page[6] = 0x20 | 0x08 | 0x01; /* a tray; ejects, locks */
	if (lun->removal_prevented)
		page[6] |= 0x02;     /* Lock State */
	bytes_set16(page + 8, 8467); /* kB/s: 48 times */
	bytes_set16(page + 12, 2048);
	bytes_set16(page + 14, 8467);
}

static const struct mode_page {
	uint8_t code, len, who; /* len: PAGE LENGTH, without its first two bytes */
	uint8_t changeable[PAGE_MAX];
	void (*write)(
		const struct scsi_lun *lun, const struct scsi_mode_values *values, uint8_t *page);
	void (*taken)(struct scsi_mode_values *values, const uint8_t *page);
} mode_pages[] = {
	{0x08, 0x12, DISK, {[2] = CACHING_WCE}, caching, caching_taken},
	{0x0A, 0x0A, DISK | OPTICAL, {[2] = CONTROL_D_SENSE, [4] = CONTROL_SWP}, control,
		control_taken},
	{0x1C, 0x0A, DISK | OPTICAL, {0}, exceptions, NULL},
	{0x2A, 0x14, OPTICAL, {0}, capabilities, NULL},
};
#define PAGES (sizeof(mode_pages) / sizeof(mode_pages[0]))

static bool is_optical(const struct scsi_lun *lun)
{
	return lun->config.type == SCSI_OPTICAL;
}

static bool page_of(const struct scsi_lun *lun, const struct mode_page *page)
{
	return page->who & (is_optical(lun) ? OPTICAL : DISK);
}

static void page_bytes(const struct scsi_lun *lun, const struct mode_page *page,
	const struct scsi_mode_values *values, uint8_t bytes[PAGE_MAX])
{
	memset(bytes, 0, PAGE_MAX);
	bytes[0] = page->code;
	bytes[1] = page->len;
	page->write(lun, values, bytes);
}

static void sense_page(struct scsi_call *call, const struct mode_page *page, unsigned control_kind,
	struct bytes_out *out)
{
	const struct scsi_lun *lun = call->lun;
	struct scsi_mode_values factory;
	uint8_t bytes[PAGE_MAX];

	modes_factory(&factory);
	if (control_kind == CHANGEABLE) {
		memcpy(bytes, page->changeable, PAGE_MAX);
		bytes[0] = page->code;
		bytes[1] = page->len;
	} else {
		page_bytes(lun, page,
			control_kind == DEFAULT ? &factory
			: control_kind == SAVED ? &lun->modes.saved
						: &lun->modes.current,
			bytes);
	}
	if (lun->config.saves_modes && page->taken)
		bytes[0] |= 0x80; /* PS */
	bytes_copy(out, bytes, page->len + 2u);
}

static void block_descriptor(struct bytes_out *out, const struct scsi_lun *lun, bool long_lba)
{
	uint64_t blocks = lun->config.blocks;

	if (long_lba) {
		bytes_64(out, blocks);
		bytes_32(out, 0);
	} else {
		bytes_32(out, blocks > UINT32_MAX ? UINT32_MAX : (uint32_t)blocks);
	}
	bytes_32(out, lun->config.block_len); /* in the short form its first byte is reserved */
}

/* MODE DATA LENGTH is filled in last. */
static void sense_header(struct scsi_call *call, bool ten, struct bytes_out *out)
{
	const struct scsi_lun *lun = call->lun;
	bool long_lba = ten && (call->cdb[1] & 0x10);				       /* LLBAA */
	unsigned len = call->cdb[1] & 0x08 || is_optical(lun) ? 0 : long_lba ? 16 : 8; /* DBD */
	bool protected = lun->config.read_only || lun->modes.current.swp;

	bytes_zero(out, ten ? 3 : 2);
	bytes_8(out, (uint8_t)((protected ? 0x80 : 0) | (is_optical(lun) ? 0 : 0x10))); /* DPOFUA */
	if (ten) {
		bytes_8(out, len == 16); /* LONGLBA */
		bytes_8(out, 0);
		bytes_16(out, (uint16_t)len);
	} else {
		bytes_8(out, (uint8_t)len);
	}
	if (len)
		block_descriptor(out, lun, len == 16);
}

void modes_sense(struct scsi_call *call)
{
	bool ten = call->opcode->cdb_len == 10, any = false;
	unsigned control_kind = call->cdb[2] >> 6, code = call->cdb[2] & 0x3F;
	struct bytes_out out;

	if (control_kind == SAVED && !call->lun->config.saves_modes) {
		/* SAVING PARAMETERS NOT SUPPORTED */
		scsi_fail(call, SENSE_ILLEGAL_REQUEST, SENSE_CODE(0x39, 0x00));
		return;
	}
	if (call->cdb[3] && call->cdb[3] != ALL_SUBPAGES) { /* there are no subpages */
		scsi_bad_cdb(call, 3, SCSI_WHOLE_BYTE);
		return;
	}
	scsi_data_start(call, &out);
	sense_header(call, ten, &out);
	for (unsigned i = 0; i < PAGES; i++) {
		const struct mode_page *page = &mode_pages[i];

		if ((code != ALL_PAGES && code != page->code) || !page_of(call->lun, page))
			continue;
		sense_page(call, page, control_kind, &out);
		any = true;
	}
	if (!any) {
		scsi_bad_cdb(call, 2, 5);
		return;
	}
	bytes_patch_len(&out, 0, ten ? 2 : 1);
	scsi_data_end(call, &out, ten ? bytes_get16(call->cdb + 7) : call->cdb[4]);
}

void modes_select(struct scsi_call *call)
{
	bool ten = call->opcode->cdb_len == 10;
	uint32_t len = ten ? bytes_get16(call->cdb + 7) : call->cdb[4];

	if (!(call->cdb[1] & 0x10)) /* PF: pages as the standard has them */
		scsi_bad_cdb(call, 1, 4);
	else if (call->cdb[1] & 0x02) /* RTD: not supported */
		scsi_bad_cdb(call, 1, 1);
	else if ((call->cdb[1] & 0x01) && !call->lun->config.saves_modes) /* SP */
		scsi_bad_cdb(call, 1, 0);
	else if (!len)
		scsi_good(call);
	else
		scsi_want_parameters(call, len);
}

/* The block descriptor may only say what is so already: capacity and block length are not the
 * client's. Returns where the pages begin, 0: the call has ended. */
static uint32_t select_header(struct scsi_call *call, const uint8_t *params, uint32_t len, bool ten)
{
	const struct scsi_lun_config *config = &call->lun->config;
	uint32_t header = ten ? 8 : 4, descriptor, place;
	bool long_lba;

	if (len < header) {
		scsi_short_parameters(call);
		return 0;
	}
	place = ten ? 6 : 3;
	descriptor = ten ? bytes_get16(params + 6) : params[3];
	long_lba = ten && (params[4] & 0x01);
	if (descriptor && descriptor != (long_lba ? 16u : 8u)) {
		scsi_bad_parameter(call, place, SCSI_WHOLE_BYTE);
		return 0;
	}
	if (descriptor > len - header) {
		scsi_short_parameters(call);
		return 0;
	}
	place = header + descriptor - 4;
	if (descriptor) {
		uint32_t block_len =
			long_lba ? bytes_get32(params + place) : bytes_get24(params + place + 1);

		if (block_len && block_len != config->block_len) {
			scsi_bad_parameter(call, long_lba ? place : place + 1, SCSI_WHOLE_BYTE);
			return 0;
		}
	}
	return header + descriptor;
}

/* params[at..]: one page. Returns how long it is, 0: the call has ended. */
static uint32_t select_page(struct scsi_call *call, struct scsi_mode_values *values,
	const uint8_t *params, uint32_t at, uint32_t len)
{
	const struct mode_page *page = mode_pages;
	uint8_t now[PAGE_MAX];

	while (page < mode_pages + PAGES &&
		(page->code != (params[at] & 0x7F) || !page_of(call->lun, page)))
		page++; /* bit 6 is SPF: no page has it */
	if (page == mode_pages + PAGES) {
		scsi_bad_parameter(call, at, 5);
		return 0;
	}
	if (len - at < page->len + 2u) {
		scsi_short_parameters(call);
		return 0;
	}
	if (params[at + 1] != page->len) {
		scsi_bad_parameter(call, at + 1, SCSI_WHOLE_BYTE);
		return 0;
	}
	page_bytes(call->lun, page, values, now);
	for (unsigned i = 2; i < page->len + 2u; i++) {
		if ((params[at + i] ^ now[i]) & ~page->changeable[i]) {
			scsi_bad_parameter(call, at + i, SCSI_WHOLE_BYTE);
			return 0;
		}
	}
	if (page->taken)
		page->taken(values, params + at);
	return page->len + 2u;
}

/* All or nothing: the values change only when the last page has been found good. */
void modes_select_list(struct scsi_call *call, const uint8_t *params, uint32_t len)
{
	struct scsi_modes *modes = &call->request->modes;
	uint32_t at = select_header(call, params, len, call->opcode->cdb_len == 10), step;

	*modes = call->lun->modes;
	if (!at)
		return;
	for (; at < len; at += step) {
		step = select_page(call, &modes->current, params, at, len);
		if (!step)
			return;
	}
	if (call->cdb[1] & 0x01)
		modes->saved = modes->current;
	call->request->plan = SCSI_SELECT_MODES;
}

void scsi_modes_set(struct scsi_request *request)
{
	scsi_complete(request, SCSI_IO_DONE, 0);
}
