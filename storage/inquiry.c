/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inquiry.c - the commands that are answered whatever the state: INQUIRY, REPORT LUNS, REQUEST
 * SENSE (SPC-5), and TEST UNIT READY. Also where there is no logical unit (SPC-5, Peripheral
 * qualifier), and by the REPORT LUNS well known one. Pure.
 */
#include "storage/scsi_private.h"

/* Version descriptors (SPC-5, Version descriptor values), no revision claimed. */
enum {
	SAM_6 = 0x00C0,
	SPC_4 = 0x0460,
	SPC_5 = 0x05C0,
	SBC_3 = 0x04C0,
	SBC_4 = 0x0600,
	MMC_6 = 0x04E0
};
#define STANDARD_LEN 74

/* Peripheral qualifier and device type. LUN 0 stands for the target where it has no device. */
uint8_t inquiry_peripheral(const struct scsi_call *call)
{
	if (call->well_known)
		return 0x1E;
	if (call->lun)
		return (uint8_t)call->lun->config.type;
	return call->number == 0 ? 0x3F : 0x7F;
}

static void who(const struct scsi_call *call, struct bytes_out *out)
{
	const struct scsi_lun *lun = call->lun;

	bytes_text(out, lun ? lun->config.vendor : "VIOS", 8);
	bytes_text(out, lun ? lun->config.product : "target", 16);
	bytes_text(out, lun ? lun->config.revision : "", 4);
}

static void standard(struct scsi_call *call, uint32_t allocation_len)
{
	const struct scsi_lun *lun = call->lun;
	bool optical = lun && lun->config.type == SCSI_OPTICAL;
	struct bytes_out out;

	scsi_data_start(call, &out);
	bytes_8(&out, inquiry_peripheral(call));
	bytes_8(&out, optical ? 0x80 : 0); /* RMB */
	/* VERSION: SPC-4. Initiators and test suites take 07h for an error; the version descriptors
	 * say what else there is. */
	bytes_8(&out, 0x06);
	bytes_8(&out, 0x10 | 0x02);	 /* HISUP, RESPONSE DATA FORMAT */
	bytes_8(&out, STANDARD_LEN - 5); /* ADDITIONAL LENGTH */
	/* TPGS: implicit only, or explicit too */
	bytes_8(&out, !lun || optical ? 0 : lun->config.explicit_alua ? 0x30 : 0x10);
	bytes_8(&out, 0x10); /* MULTIP */
	bytes_8(&out, 0x02); /* CMDQUE */
	who(call, &out);
	bytes_zero(&out, 58 - out.len);
	bytes_16(&out, SAM_6);
	bytes_16(&out, SPC_4);
	bytes_16(&out, SPC_5);
	if (lun)
		bytes_16(&out, optical ? MMC_6 : SBC_3);
	if (lun && !optical)
		bytes_16(&out, SBC_4);
	bytes_zero(&out, STANDARD_LEN - out.len);
	scsi_data_end(call, &out, allocation_len);
}

void inquiry_command(struct scsi_call *call)
{
	uint32_t allocation_len = bytes_get16(call->cdb + 3);
	uint8_t page = call->cdb[2];

	if (call->cdb[1] & 0x01)
		vpd_page(call, page, allocation_len);
	else if (page)
		scsi_bad_cdb(call, 2, SCSI_WHOLE_BYTE);
	else
		standard(call, allocation_len);
}

void inquiry_test_unit_ready(struct scsi_call *call)
{
	scsi_good(call);
}

void inquiry_request_sense(struct scsi_call *call)
{
	struct sense sense = {.key = SENSE_NONE};
	uint8_t bytes[SENSE_BYTES_MAX];
	struct bytes_out out;
	uint8_t len;

	if (!call->lun && !call->well_known) {
		sense = (struct sense){
			.key = SENSE_ILLEGAL_REQUEST, .code = SENSE_CODE(0x25, 0x00)};
	} else if (call->lun && call->lun->attentions) {
		enum scsi_attention first = scsi_lun_tell(call->lun, ~0u);

		sense = (struct sense){
			.key = SENSE_UNIT_ATTENTION, .code = scsi_attention_code(first)};
	}
	len = sense_encode(&sense, call->cdb[1] & 0x01, bytes); /* DESC */
	scsi_data_start(call, &out);
	bytes_copy(&out, bytes, len);
	scsi_data_end(call, &out, call->cdb[4]);
}

static void list_lun(struct bytes_out *out, uint16_t first)
{
	bytes_16(out, first);
	bytes_zero(out, 6);
}

void inquiry_report_luns(struct scsi_call *call)
{
	struct scsi_target *target = call->target;
	uint8_t select = call->cdb[2];
	struct bytes_out out;

	if (select > 2) {
		scsi_bad_cdb(call, 2, SCSI_WHOLE_BYTE);
		return;
	}
	scsi_data_start(call, &out);
	bytes_zero(&out, 8); /* LUN LIST LENGTH, reserved */
	/* SAM-6: peripheral device addressing for LUN 0 to 255 */
	for (unsigned i = 0; select != 1 && i < SCSI_LUNS; i++)
		if (target->lun[i])
			list_lun(&out, (uint16_t)i);
	if (select)
		list_lun(&out, 0xC101);
	bytes_set32(out.to, (uint32_t)out.len - 8);
	/* SPC-5: who has read the list needs not be told that it has changed */
	for (unsigned i = 0; i < SCSI_LUNS; i++)
		if (target->lun[i])
			target->lun[i]->attentions &= ~(1u << SCSI_ATTENTION_LUNS);
	scsi_data_end(call, &out, bytes_get32(call->cdb + 6));
}
