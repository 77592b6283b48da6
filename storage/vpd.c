/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vpd.c - vital product data (SPC-5, Vital product data parameters; SBC-4 for B0h to B2h): one
 * function per page, in a table. A function writes what follows the four bytes of the header. Pure.
 */
#include <string.h>

#include "storage/scsi_private.h"

#define PAGE_LEN_64 60 /* what follows the header of the pages of 64 bytes */

/* Designators (SPC-5, Device Identification VPD page). */
enum { BINARY = 1, ASCII = 2 };
enum { OF_LUN = 0x00, OF_PORT = 0x10 };
enum { T10_VENDOR = 1, NAA = 3, RELATIVE_PORT = 4, PORT_GROUP = 5 };

static void designator(struct bytes_out *out, uint8_t code_set, uint8_t kind, uint8_t len)
{
	bytes_8(out, code_set);
	bytes_8(out, kind);
	bytes_8(out, 0);
	bytes_8(out, len);
}

static void port_number(struct bytes_out *out, uint8_t kind, uint16_t number)
{
	designator(out, BINARY, OF_PORT | kind, 4);
	bytes_16(out, 0);
	bytes_16(out, number);
}

static void identification(const struct scsi_call *call, struct bytes_out *out)
{
	const struct scsi_port *port = &call->target->port;
	const struct scsi_lun_config *config = call->lun ? &call->lun->config : NULL;

	if (config) {
		size_t serial_len = strlen(config->serial);

		designator(out, BINARY, OF_LUN | NAA, config->naa_len);
		bytes_copy(out, config->naa, config->naa_len);
		designator(out, ASCII, OF_LUN | T10_VENDOR, (uint8_t)(24 + serial_len));
		bytes_text(out, config->vendor, 8);
		bytes_text(out, config->product, 16);
		bytes_copy(out, config->serial, serial_len);
	}
	port_number(out, RELATIVE_PORT, port->relative_port);
	port_number(out, PORT_GROUP, port->group);
	designator(out, BINARY, OF_PORT | NAA, 8);
	bytes_copy(out, port->naa, 8);
}

static void serial(const struct scsi_call *call, struct bytes_out *out)
{
	bytes_copy(out, call->lun->config.serial, strlen(call->lun->config.serial));
}

static void extended(const struct scsi_call *call, struct bytes_out *out)
{
	size_t end = out->len + PAGE_LEN_64;

	bytes_8(out, 0);
	bytes_8(out, 0x01); /* SIMPSUP: simple task attribute only */
	bytes_8(out, 0x01); /* V_SUP: the cache is volatile */
	bytes_8(out, 0x01); /* LUICLR: a unit attention is cleared for its own nexus only */
	bytes_zero(out, 5);
	bytes_8(out, SENSE_BYTES_MAX); /* MAXIMUM SUPPORTED SENSE DATA LENGTH */
	bytes_zero(out, end - out->len);
}

static void mode_page_policy(const struct scsi_call *call, struct bytes_out *out)
{
	bytes_8(out, 0x3F); /* every page */
	bytes_8(out, 0xFF); /* and subpage */
	bytes_8(out, 0x00); /* is shared by all ports */
	bytes_8(out, 0);
}

static void block_limits(const struct scsi_call *call, struct bytes_out *out)
{
	const struct scsi_lun_config *config = &call->lun->config;
	size_t end = out->len + PAGE_LEN_64;

	bytes_8(out, 0x01); /* WSNZ: WRITE SAME wants a number of blocks */
	bytes_8(out, config->max_compare_and_write_blocks);
	bytes_16(out,
		(uint16_t)(1u
			   << config->physical_exponent)); /* OPTIMAL TRANSFER LENGTH GRANULARITY */
	bytes_32(out, config->max_transfer_blocks);
	bytes_32(out, config->optimal_transfer_blocks);
	bytes_32(out, 0); /* MAXIMUM PREFETCH LENGTH */
	bytes_32(out, config->unmap ? config->max_unmap_blocks : 0);
	bytes_32(out, config->unmap ? (SCSI_PARAMETERS_MAX - 8) / 16 : 0); /* descriptors */
	bytes_32(out, config->unmap ? config->unmap_granularity : 0);
	bytes_32(out, config->unmap && config->unmap_granularity ? 0x80000000 : 0); /* UGAVALID */
	bytes_64(out, config->max_write_same_blocks);
	bytes_zero(out, end - out->len); /* no ATOMIC WRITE */
}

static void block_characteristics(const struct scsi_call *call, struct bytes_out *out)
{
	size_t end = out->len + PAGE_LEN_64;

	bytes_16(out, call->lun->config.rotational ? 0 : 1); /* not reported, or no rotation */
	bytes_zero(out, 2);
	bytes_8(out, 0x02); /* FUAB: SYNCHRONIZE CACHE and FUA are what they are in SBC-4 */
	bytes_zero(out, end - out->len);
}

static void provisioning(const struct scsi_call *call, struct bytes_out *out)
{
	const struct scsi_lun_config *config = &call->lun->config;

	bytes_8(out, 0); /* THRESHOLD EXPONENT: none */
	/* LBPU, LBPWS, LBPWS10, LBPRZ 001b */
	bytes_8(out, config->unmap ? (uint8_t)(0xE0 | (config->unmap_zeroes ? 0x04 : 0)) : 0);
	bytes_8(out, !config->unmap ? 0 : config->thin ? 2 : 1); /* PROVISIONING TYPE */
	bytes_8(out, 0);
}

static void supported(const struct scsi_call *call, struct bytes_out *out);

enum { DISK = 1, OPTICAL = 2, WELL_KNOWN = 4 };

static const struct page {
	uint8_t code, who;
	void (*write)(const struct scsi_call *call, struct bytes_out *out);
} pages[] = {
	{0x00, DISK | OPTICAL | WELL_KNOWN, supported},
	{0x80, DISK | OPTICAL, serial},
	{0x83, DISK | OPTICAL | WELL_KNOWN, identification},
	{0x86, DISK | OPTICAL, extended},
	{0x87, DISK | OPTICAL, mode_page_policy},
	{0xB0, DISK, block_limits},
	{0xB1, DISK, block_characteristics},
	{0xB2, DISK, provisioning},
};
#define PAGES (sizeof(pages) / sizeof(pages[0]))

static bool has_page(const struct scsi_call *call, const struct page *page)
{
	if (call->well_known)
		return page->who & WELL_KNOWN;
	if (!call->lun)
		return false;
	return page->who & (call->lun->config.type == SCSI_OPTICAL ? OPTICAL : DISK);
}

static void supported(const struct scsi_call *call, struct bytes_out *out)
{
	for (unsigned i = 0; i < PAGES; i++)
		if (has_page(call, &pages[i]))
			bytes_8(out, pages[i].code);
}

void vpd_page(struct scsi_call *call, uint8_t code, uint32_t allocation_len)
{
	struct bytes_out out;

	for (unsigned i = 0; i < PAGES; i++) {
		if (pages[i].code != code || !has_page(call, &pages[i]))
			continue;
		scsi_data_start(call, &out);
		bytes_8(&out, inquiry_peripheral(call));
		bytes_8(&out, code);
		bytes_16(&out, 0);
		pages[i].write(call, &out);
		bytes_patch_len(&out, 2, 2);
		scsi_data_end(call, &out, allocation_len);
		return;
	}
	scsi_bad_cdb(call, 2, SCSI_WHOLE_BYTE);
}
