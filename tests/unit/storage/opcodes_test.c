/* SPDX-License-Identifier: BSD-3-Clause */
/* opcodes_test.c - the table of commands is complete and says the same everywhere: order, lengths
 * of usage maps, every command that a client may count on, its class and states. */
#include "tests/unit/storage/one.h"

static void test_order(void **state)
{
	for (unsigned i = 1; i < opcode_count; i++) {
		const struct opcode *a = &opcode_table[i - 1], *b = &opcode_table[i];

		assert_true(a->code < b->code || (a->code == b->code && a->action < b->action));
	}
	for (unsigned i = 0; i < opcode_count; i++) {
		const struct opcode *row = &opcode_table[i];

		assert_ptr_equal(opcode_get(row->code, row->action), row);
		assert_int_equal(opcode_first(row->code)->code, row->code);
	}
	assert_null(opcode_first(0xFF));
	assert_null(opcode_first(0x01));
	assert_null(opcode_get(0x5F, 0x07));
}

/* SPC-5: the group code of an operation code gives the CDB's length. */
static unsigned group_len(uint8_t code)
{
	static const uint8_t lens[8] = {6, 10, 10, 0, 16, 12, 0, 0};

	return lens[code >> 5];
}

static void test_every_row_is_filled(void **state)
{
	for (unsigned i = 0; i < opcode_count; i++) {
		const struct opcode *row = &opcode_table[i];

		assert_int_equal(row->cdb_len, group_len(row->code));
		assert_non_null(row->decode);
		assert_true(row->flags & (OPCODE_DISK | OPCODE_OPTICAL));
		assert_int_equal(row->usage[0], row->code);
		assert_int_equal(row->usage[row->cdb_len - 1], 0x04); /* CONTROL: NACA */
		for (unsigned at = row->cdb_len; at < OPCODE_CDB_MAX; at++)
			assert_int_equal(row->usage[at], 0);
		assert_int_equal(!!(row->flags & OPCODE_ACTION), row->action != OPCODE_NO_ACTION);
		if (row->flags & OPCODE_ACTION)
			assert_int_equal(row->usage[1] & 0x1F, row->action);
	}
}

static void test_every_command_is_there(void **state)
{
	static const uint8_t codes[] = {0x00, 0x03, 0x08, 0x0A, 0x12, 0x15, 0x16, 0x17, 0x1A, 0x1B,
		0x1E, 0x25, 0x28, 0x2A, 0x2E, 0x2F, 0x34, 0x35, 0x41, 0x42, 0x55, 0x56, 0x57, 0x5A,
		0x88, 0x89, 0x8A, 0x8B, 0x8E, 0x8F, 0x90, 0x91, 0x93, 0xA0, 0xA8, 0xAA, 0xAE, 0xAF};
	static const uint8_t actions[][2] = {{0x5E, 0}, {0x5E, 1}, {0x5E, 2}, {0x5E, 3}, {0x5F, 0},
		{0x5F, 1}, {0x5F, 2}, {0x5F, 3}, {0x5F, 4}, {0x5F, 5}, {0x5F, 6}, {0x9E, 0x10},
		{0xA3, 0x0A}, {0xA3, 0x0C}, {0xA3, 0x0D}, {0xA4, 0x0A}};
	static const uint8_t drives[] = {0x43, 0x46, 0x4A, 0x51, 0xBD};

	for (unsigned i = 0; i < sizeof(codes); i++)
		assert_true(opcode_get(codes[i], OPCODE_NO_ACTION)->flags & OPCODE_DISK);
	for (unsigned i = 0; i < sizeof(actions) / 2; i++)
		assert_true(opcode_get(actions[i][0], actions[i][1])->flags & OPCODE_DISK);
	for (unsigned i = 0; i < sizeof(drives); i++)
		assert_int_equal(opcode_get(drives[i], OPCODE_NO_ACTION)->flags &
					 (OPCODE_DISK | OPCODE_OPTICAL),
			OPCODE_OPTICAL);
	assert_int_equal(opcode_count, sizeof(codes) + sizeof(actions) / 2 + sizeof(drives));
}

/* Sends every CDB of a row that differs in one bit from zeros: a bit outside the usage map makes no
 * difference, or the map is wrong. */
static void test_usage_maps_hide_nothing(void **state)
{
	struct one one;

	one_disk(&one);
	for (unsigned i = 0; i < opcode_count; i++) {
		const struct opcode *row = &opcode_table[i];
		uint8_t cdb[OPCODE_CDB_MAX] = {row->code};
		struct scsi_request plain;

		if (!(row->flags & OPCODE_DISK))
			continue;
		cdb[1] = row->flags & OPCODE_ACTION ? row->action : 0;
		one_send_to(&one, 0, 4096, 4096, cdb, row->cdb_len);
		plain = one.request;
		for (unsigned bit = 8; bit < row->cdb_len * 8u; bit++) {
			if (row->usage[bit / 8] & 0x80 >> bit % 8)
				continue;
			/* of a service action the map has the value, not all bits that count */
			if ((row->flags & OPCODE_ACTION) && bit < 16 && bit >= 11)
				continue;
			cdb[bit / 8] ^= 0x80 >> bit % 8;
			one_send_to(&one, 0, 4096, 4096, cdb, row->cdb_len);
			cdb[bit / 8] ^= 0x80 >> bit % 8;
			assert_int_equal(one.request.plan, plain.plan);
			assert_int_equal(one.request.status, plain.status);
			assert_int_equal(one.request.lba, plain.lba);
			assert_int_equal(one.request.blocks, plain.blocks);
			assert_int_equal(one.request.sense_len, plain.sense_len);
			assert_int_equal(one.request.fua, plain.fua);
			assert_int_equal(one.request.dpo, plain.dpo);
		}
	}
}

static enum reservation_class class_of(uint8_t code, uint8_t byte1, uint8_t byte4)
{
	const uint8_t cdb[16] = {code, byte1, 0, 0, byte4};

	return opcode_class(opcode_of_cdb(cdb), cdb);
}

/* SPC-5 and SBC-4: a row of "Commands that are allowed in the presence of various reservations"
 * each. */
static void test_classes(void **state)
{
	static const struct {
		uint8_t code, action;
		enum reservation_class class;
	} rows[] = {
		{0x12, 0, RESERVATION_PASSES},
		{0xA0, 0, RESERVATION_PASSES},
		{0x03, 0, RESERVATION_PASSES},
		{0x25, 0, RESERVATION_PASSES},
		{0x9E, 0x10, RESERVATION_PASSES},
		{0xA3, 0x0A, RESERVATION_PASSES},
		{0x00, 0, RESERVATION_PASSES_PR},
		{0x1A, 0, RESERVATION_READS},
		{0x5A, 0, RESERVATION_READS},
		{0xA3, 0x0C, RESERVATION_READS},
		{0xA3, 0x0D, RESERVATION_READS},
		{0x28, 0, RESERVATION_READS},
		{0x2F, 0, RESERVATION_READS},
		{0x34, 0, RESERVATION_READS},
		{0x15, 0, RESERVATION_WRITES},
		{0x55, 0, RESERVATION_WRITES},
		{0xA4, 0x0A, RESERVATION_WRITES},
		{0x2A, 0, RESERVATION_WRITES},
		{0x2E, 0, RESERVATION_WRITES},
		{0x35, 0, RESERVATION_WRITES},
		{0x41, 0, RESERVATION_WRITES},
		{0x42, 0, RESERVATION_WRITES},
		{0x89, 0, RESERVATION_WRITES},
		{0x8B, 0, RESERVATION_WRITES},
		{0x5E, 0, RESERVATION_PR_ITSELF},
		{0x5F, 4, RESERVATION_PR_ITSELF},
		{0x16, 0, RESERVATION_SPC2_ITSELF},
		{0x57, 0, RESERVATION_SPC2_ITSELF},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(class_of(rows[i].code, rows[i].action, 0), rows[i].class);
	assert_int_equal(class_of(0x1B, 0, 0x01), RESERVATION_PASSES); /* START */
	assert_int_equal(class_of(0x1B, 0, 0x00), RESERVATION_WRITES);
	assert_int_equal(class_of(0x1B, 0, 0x31), RESERVATION_WRITES);
	assert_int_equal(class_of(0x1E, 0, 0x00), RESERVATION_PASSES); /* PREVENT 0 */
	assert_int_equal(class_of(0x1E, 0, 0x01), RESERVATION_WRITES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_every_row_is_filled),
		cmocka_unit_test(test_every_command_is_there),
		cmocka_unit_test(test_usage_maps_hide_nothing),
		cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
