/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * leak_test.c - an answer holds nothing but what the command put there (the class of
 * CVE-2021-3545): each command, with many CDBs, on two targets whose memory held different bytes
 * before. What the client gets must be the same, to the last byte, and within the buffers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/storage/one.h"

#define ROUNDS 400 /* of each command */

static uint64_t state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

static struct one *new_one(bool disk, uint8_t fill)
{
	struct one *one = malloc(sizeof(*one));

	memset(one, fill, sizeof(*one));
	if (disk)
		one_disk(one);
	else
		one_drive(one, 1000);
	return one;
}

/* What one command may look like: mostly what its row reads. */
static void draw_cdb(const struct opcode *row, uint8_t cdb[SCSI_CDB_LEN])
{
	memset(cdb, 0, SCSI_CDB_LEN);
	for (unsigned i = 1; i < row->cdb_len; i++)
		cdb[i] = (uint8_t)(draw(256) & row->usage[i] & (draw(2) ? 0xFF : 0x0F));
	cdb[0] = row->code;
	if (row->flags & OPCODE_ACTION)
		cdb[1] = (uint8_t)((cdb[1] & 0xE0) | row->action);
	if (row->code == 0x12 && draw(2)) { /* one of the pages that there are */
		static const uint8_t page[] = {0x00, 0x80, 0x83, 0x86, 0x87, 0xB0, 0xB1, 0xB2};

		cdb[1] = 1;
		cdb[2] = page[draw(sizeof(page))];
	}
	cdb[row->cdb_len - 1] = 0;
}

static void conclude(struct one *one, const uint8_t *params, enum scsi_io io)
{
	static struct reservation_effects effects;
	struct scsi_request *r = &one->request;

	if (r->plan == SCSI_PARAMETERS)
		scsi_parameters(&one->target, r, params);
	if (r->plan == SCSI_RESERVE) {
		scsi_reservation_apply(&one->target, &one->lun, &r->event, &effects);
		scsi_reserved(r, effects.result);
	} else if (r->plan == SCSI_SET_GROUPS) {
		scsi_groups_set(r, -16);
	} else if (r->plan == SCSI_SELECT_MODES) {
		scsi_lun_modes(&one->lun, &r->modes, true);
		scsi_modes_set(r);
	} else if (r->plan > SCSI_PARAMETERS) {
		scsi_complete(r, io, 3);
	}
}

static void send(struct one *one, uint8_t fill, const uint8_t *cdb, uint32_t in, uint32_t out)
{
	struct scsi_request *r = &one->request;

	memset(r, fill, sizeof(*r));
	memset(one->data, fill, sizeof(one->data));
	memset(r->lun_address, 0, sizeof(r->lun_address));
	r->lun_address[0] = 1;
	memcpy(r->cdb, cdb, SCSI_CDB_LEN);
	r->in_offered = in;
	r->out_offered = out;
	r->data = one->data;
	scsi_decode(&one->target, r);
}

static void is_alike(const struct one *a, const struct one *b)
{
	const struct scsi_request *x = &a->request, *y = &b->request;

	assert_int_equal(x->plan, y->plan);
	if (x->plan != SCSI_ANSWERED)
		return;
	assert_int_equal(x->status, y->status);
	assert_int_equal(x->residual, y->residual);
	assert_int_equal(x->data_len, y->data_len);
	assert_int_equal(x->sense_len, y->sense_len);
	assert_true(x->data_len <= SCSI_DATA_MAX && x->sense_len <= sizeof(x->sense));
	assert_memory_equal(x->sense, y->sense, x->sense_len);
	assert_memory_equal(a->data, b->data, x->data_len);
}

static unsigned try(struct one *a, struct one *b, const struct opcode *row)
{
	uint32_t in = draw(2) ? draw(64) : draw(1 << 20), out = draw(2) ? draw(64) : draw(1 << 16);
	enum scsi_io io = draw(2) ? SCSI_IO_DONE : (enum scsi_io)draw(SCSI_IOS);
	uint8_t cdb[SCSI_CDB_LEN], *params = NULL;

	draw_cdb(row, cdb);
	send(a, 0x33, cdb, in, out);
	send(b, 0xCC, cdb, in, out);
	assert_int_equal(a->request.plan, b->request.plan);
	if (a->request.plan == SCSI_PARAMETERS) {
		assert_true(a->request.out_len <= out && a->request.out_len <= SCSI_PARAMETERS_MAX);
		params = malloc(a->request.out_len + 1); /* no longer: a sanitizer sees more */
		for (uint32_t i = 0; i < a->request.out_len; i++)
			params[i] = (uint8_t)(draw(3) ? 0 : draw(256));
	}
	conclude(a, params, io);
	conclude(b, params, io);
	free(params);
	is_alike(a, b);
	return a->request.plan == SCSI_ANSWERED ? a->request.data_len : 0;
}

static void run(bool disk)
{
	struct one *a = new_one(disk, 0x33), *b = new_one(disk, 0xCC);
	unsigned with_data = 0;

	state = (uint64_t)time(NULL) << 20 | 12345;
	if (getenv("SEED"))
		state = strtoull(getenv("SEED"), NULL, 0);
	printf("SEED=%llu\n", (unsigned long long)state);
	for (unsigned i = 0; i < opcode_count; i++) {
		unsigned bytes = 0;

		for (unsigned n = 0; n < ROUNDS; n++)
			bytes += try(a, b, &opcode_table[i]);
		with_data += bytes != 0;
	}
	assert_true(with_data >= 8); /* else the two have agreed on nothing */
	free(a);
	free(b);
}

static void test_a_disk(void **unused)
{
	run(true);
}

static void test_a_drive(void **unused)
{
	run(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_disk),
		cmocka_unit_test(test_a_drive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
