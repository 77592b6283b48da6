/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * one.c - a target with one logical unit for tests: made, asked, its answers compared. The caller's
 * storage; a mismatch fails the running cmocka test.
 */
#include "tests/unit/storage/one.h"

void one_init(struct one *one, const struct scsi_lun_config *config)
{
	const struct scsi_port port = {.initiator = 0x11,
		.relative_port = 3,
		.group = 0x0102,
		.naa = {0x30, 1, 2, 3, 4, 5, 6, 7}};

	memset(one, 0, sizeof(*one));
	scsi_target_init(&one->target, &port);
	scsi_lun_init(&one->lun, config);
	assert_int_equal(scsi_attach(&one->target, 0, &one->lun, false), 0);
}

struct scsi_lun_config one_disk_config(void)
{
	return (struct scsi_lun_config){
		.type = SCSI_DISK,
		.vendor = "VIOS",
		.product = "Virtual disk",
		.revision = "0001",
		.serial = "S1",
		.naa = {0x60, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
		.naa_len = 16,
		.block_len = 512,
		.physical_exponent = 3,
		.blocks = ONE_BLOCKS,
		.unmap = true,
		.unmap_zeroes = true,
		.thin = true,
		.explicit_alua = true,
		.max_transfer_blocks = 2048,
		.optimal_transfer_blocks = 256,
		.max_unmap_blocks = 8192,
		.unmap_granularity = 8,
		.max_write_same_blocks = 4096,
		.max_compare_and_write_blocks = 16,
	};
}

void one_disk(struct one *one)
{
	const struct scsi_lun_config config = one_disk_config();

	one_init(one, &config);
}

void one_drive(struct one *one, uint64_t blocks)
{
	const struct scsi_lun_config config = {
		.type = SCSI_OPTICAL,
		.vendor = "VIOS",
		.product = "Virtual optical",
		.revision = "0001",
		.serial = "O1",
		.naa = {0x30, 0, 0, 0, 0, 0, 0, 9},
		.naa_len = 8,
		.block_len = 2048,
		.blocks = blocks,
		.read_only = true,
		.max_transfer_blocks = 512,
	};

	one_init(one, &config);
}

void one_send_to(struct one *one, unsigned lun, uint32_t in, uint32_t out, const uint8_t *cdb,
	size_t cdb_len)
{
	struct scsi_request *request = &one->request;

	memset(request, 0xEE, sizeof(*request)); /* what decode does not set shows */
	memset(one->data, 0xEE, sizeof(one->data));
	memset(request->lun_address, 0, sizeof(request->lun_address));
	request->lun_address[0] = 1;
	request->lun_address[2] = (uint8_t)(0x40 | lun >> 8);
	request->lun_address[3] = (uint8_t)lun;
	memset(request->cdb, 0, sizeof(request->cdb));
	memcpy(request->cdb, cdb, cdb_len);
	request->in_offered = in;
	request->out_offered = out;
	request->data = one->data;
	scsi_decode(&one->target, request);
}

void one_give(struct one *one, const uint8_t *params, size_t len)
{
	assert_int_equal(one->request.plan, SCSI_PARAMETERS);
	assert_int_equal(one->request.out_len, len);
	scsi_parameters(&one->target, &one->request, params);
}

void one_is_status(const struct one *one, enum scsi_status status)
{
	assert_int_equal(one->request.plan, SCSI_ANSWERED);
	assert_int_equal(one->request.status, status);
}

void one_is_good(const struct one *one)
{
	one_is_status(one, SCSI_GOOD);
	assert_int_equal(one->request.sense_len, 0);
}

void one_is_check(const struct one *one, enum sense_key key, uint16_t code)
{
	const struct scsi_request *request = &one->request;

	one_is_status(one, SCSI_CHECK_CONDITION);
	assert_true(sense_valid(request->sense, request->sense_len));
	assert_int_equal(request->sense[2], key);
	assert_int_equal(bytes_get16(request->sense + 12), code);
	assert_int_equal(request->data_len, 0);
	assert_int_equal(request->residual, request->in_offered + request->out_offered);
}

void one_is_bad_field(const struct one *one, bool parameters, unsigned byte, unsigned bit)
{
	const uint8_t *sense = one->request.sense;

	one_is_check(one, SENSE_ILLEGAL_REQUEST, parameters ? 0x2600 : 0x2400);
	assert_int_equal(sense[15], 0x80 | (parameters ? 0 : 0x40) | (bit < 8 ? 0x08 | bit : 0));
	assert_int_equal(bytes_get16(sense + 16), byte);
}

void one_is_data(const struct one *one, const uint8_t *bytes, size_t len)
{
	one_is_good(one);
	assert_int_equal(one->request.data_len, len);
	assert_memory_equal(one->data, bytes, len);
}

void one_is_plan(const struct one *one, enum scsi_plan plan, uint64_t lba, uint64_t blocks,
	uint32_t in_len, uint32_t out_len)
{
	const struct scsi_request *request = &one->request;

	assert_int_equal(request->plan, plan);
	assert_ptr_equal(request->lun, &one->lun);
	assert_int_equal(request->lba, lba);
	assert_int_equal(request->blocks, blocks);
	assert_int_equal(request->in_len, in_len);
	assert_int_equal(request->out_len, out_len);
}
